#!/usr/bin/env bash
# The browser tests: Playwright drives Debian's Chromium through a club that serves on loopback.
# Arguments are Playwright's: a file, --project phone, --headed, …
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v chromium >/dev/null; then
  echo "installing chromium" >&2
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium; } >&2 ||
    { echo "Chromium is missing and could not be installed: install the package 'chromium'" >&2; exit 1; }
fi
command -v npm >/dev/null || { echo "Node.js and npm are missing: install the packages 'nodejs' and 'npm' (Node 20 or later)" >&2; exit 1; }
[ e2e/node_modules/.package-lock.json -nt e2e/package-lock.json ] || (cd e2e && PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --no-audit --no-fund)
make -s build
export CLUBOS_CHROMIUM=${CLUBOS_CHROMIUM:-$(command -v chromium)}
cd e2e
exec node node_modules/@playwright/test/cli.js test "$@" # in place of this shell, so that a signal reaches it
