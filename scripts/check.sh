#!/usr/bin/env bash
# What CI runs: linters, generated files, deployment, all tests, coverage floors, ratios of speed.
# The browser tests wait for half of their time; what looks at the sources is done meanwhile, behind them.
# Whoever sees only the end of a long log finds there what failed.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
sources=

ended() {
  local status=$?
  [ -z "$sources" ] || kill -- "-$sources" 2>/dev/null || true
  if [ "$status" != 0 ]; then
    echo "== Failed"
    grep -hE '^ *(--- FAIL|FAIL|panic:|WARNING: DATA RACE|make.*\*\*\*|.*_test\.go:[0-9]+: |[0-9]+\) \[|Error: |Timed out )|below|✘' "$work"/* | tail -n 40 || true
  fi
  rm -rf "$work"
}
trap ended EXIT
part() { echo "== $1"; "${@:2}" 2>&1 | tee "$work/${1// /-}"; }

make -s build
set -m # a group of its own, which ends with this script
nice -n 15 make lint generated deployment >"$work/sources" 2>&1 &
sources=$!
set +m
browser=0
part Browser scripts/test-browser.sh || browser=$?
read=0
wait "$sources" || read=$?
sources=
echo "== Sources"
cat "$work/sources"
[ "$browser" = 0 ] && [ "$read" = 0 ] || exit 1

part "Go tests" scripts/test-go.sh
part Coverage scripts/check-coverage.sh
part Ratios make ratios
