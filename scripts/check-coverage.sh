#!/usr/bin/env bash
# Coverage floors, in per cent of statements, from the profiles of both databases. Generated code does not count,
# nor what tests stand on: their own packages, and simulate, which plays vendors and people.
set -euo pipefail
cd "$(dirname "$0")/.."
profiles=(coverage.out coverage-postgres.out coverage-watched.out)
for f in "${profiles[@]}"; do
  [ -f "$f" ] || { echo "$f is missing: run make test first" >&2; exit 1; }
done
awk -v floors="internal/inbox=90 internal/pattern=95 internal/learn=95 internal/decide=95 internal/act=90 internal/desk=90 ALL=85" '
  /^mode:/ { next }
  {
    split($1, at, ":"); file = at[1]; sub(/^clubos\//, "", file)
    if (file ~ /_templ\.go$|\.sql\.go$|\/store\/(db|models)\.go$|\/control\/|test\/[a-z]*\.go$|fortest\.go$|^internal\/simulate\//) next
    key = $1; n[key] = $2; if ($3 > 0) hit[key] = 1; pkg[key] = file; sub(/\/[^\/]*$/, "", pkg[key])
  }
  END {
    for (k in n) { p = pkg[k]; total[p] += n[k]; all += n[k]; if (k in hit) { got[p] += n[k]; gotall += n[k] } }
    bad = 0
    for (p in total) printf "%6.1f %%  %s\n", 100 * got[p] / total[p], p | "sort -k3"
    close("sort -k3")
    printf "%6.1f %%  all\n", 100 * gotall / all
    c = split(floors, f, " ")
    for (i = 1; i <= c; i++) {
      split(f[i], kv, "=")
      v = kv[1] == "ALL" ? 100 * gotall / all : 100 * got[kv[1]] / (total[kv[1]] ? total[kv[1]] : 1)
      if (v < kv[2]) { printf "below its floor: %s has %.1f %%, needs %d %%\n", kv[1], v, kv[2]; bad = 1 }
    }
    exit bad
  }' "${profiles[@]}"
