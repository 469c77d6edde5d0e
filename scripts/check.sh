#!/usr/bin/env bash
# What CI runs: linters, generated files, deployment, all tests, coverage floors, ratios of speed.
# The browser tests wait for half of their time; what looks at the sources is done meanwhile, behind them.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
sources=
trap '[ -z "$sources" ] || kill -- "-$sources" 2>/dev/null || true; rm -rf "$work"' EXIT

make -s build
set -m # a group of its own, which ends with this script
nice -n 15 make lint generated deployment >"$work/sources" 2>&1 &
sources=$!
set +m
browser=0
scripts/test-browser.sh || browser=$?
read=0
wait "$sources" || read=$?
sources=
echo "== Sources"
cat "$work/sources"
[ "$browser" = 0 ] && [ "$read" = 0 ] || exit 1

scripts/test-go.sh
scripts/check-coverage.sh
make ratios
