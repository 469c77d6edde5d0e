#!/usr/bin/env bash
# Generates everything again in a copy and fails when the committed files differ.
set -euo pipefail
cd "$(dirname "$0")/.."
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
git ls-files -z --cached --others --exclude-standard | xargs -0 -I{} cp --parents {} "$copy" 2>/dev/null || true
before=$(cd "$copy" && find internal docs -name '*.go' -o -name 'configuration.md' | sort | xargs sha256sum)
(cd "$copy" && make -s generate >/dev/null)
after=$(cd "$copy" && find internal docs -name '*.go' -o -name 'configuration.md' | sort | xargs sha256sum)
if [ "$before" != "$after" ]; then
  diff <(echo "$before") <(echo "$after") | sed -n 's/^[<>] [0-9a-f]*  /out of date: /p' | sort -u
  echo "run: make generate" >&2
  exit 1
fi
echo "generated files are up to date"
