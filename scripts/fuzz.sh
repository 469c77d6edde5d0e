#!/usr/bin/env bash
# Every fuzz target for FUZZ_FOR (default 20s) each, one after the other, and all of them before it says which
# failed. What made one fail stands in testdata/fuzz beside the test, and is from then on part of every test run.
set -euo pipefail
cd "$(dirname "$0")/.."
GO=${GO:-go}
failed=()
while IFS=: read -r file target; do
  echo "== ${file%/*}: $target"
  "$GO" test "./${file%/*}" -run '^$' -fuzz "^$target\$" -fuzztime "${FUZZ_FOR:-20s}" </dev/null || failed+=("${file%/*}: $target")
done < <(grep -rnoE --include='*_test.go' '^func Fuzz\w+' cmd internal | sed -E 's/:[0-9]+:func /:/' | sort)
[ ${#failed[@]} -eq 0 ] || { printf 'failed: %s\n' "${failed[@]}" >&2; exit 1; }
