#!/usr/bin/env bash
# The Go tests: on SQLite with coverage, then on PostgreSQL, where things that share memory run with the race
# detector, because there transactions really run at once. Provides what they need. Nothing is vetted here:
# make lint does.
#
# The detector makes a test five times as dear, and sees only what two goroutines touch. It does not watch
#   pure       packages that neither share anything between goroutines nor open a database: not on PostgreSQL either
#   alone      packages that only put others together one after another, or whose servers are other processes
#   sometimes  packages whose tests do one thing after another, but for those in files that start goroutines:
#              these it watches. What such packages keep in memory it sees in use in the packages that run a
#              whole club: app, act, simulate, and of the demo the day.
# alone and sometimes run on PostgreSQL without it, pattern apart, which opens no database. Coverage counts there of
# these, and of inbox and store, since much in them is for PostgreSQL alone.
# Leaving other libraries out of it would find races where none are: of a generic function the linker may
# take the copy of a library that is not watched.
set -euo pipefail
cd "$(dirname "$0")/.."

pure='archtest|deploytest|rota|club|booking|phone|phrase|act/catalogue|pattern/(reliability|anomaly|lexicon|module)|console/page|connector/(embeddings|pagerduty|slack|twilio|unifi)'
alone='simulate/year|crashtest'
sometimes='api|archive|console|decide|desk|hindsight|learn|pattern'

if ! command -v caddy >/dev/null; then # the balancer before replicas
  echo "installing caddy" >&2
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends caddy; } >&2 ||
    { echo "Caddy is missing and could not be installed: install the package 'caddy'" >&2; exit 1; }
fi

CLUBOS_TEST_REDIS_URL=${CLUBOS_TEST_REDIS_URL:-$(scripts/test-redis.sh start)}
export CLUBOS_TEST_REDIS_URL CLUBOS_TEST_REDIS_REQUIRED=1

# As the program is released, so that what make build has compiled need not be compiled again. Three packages at
# once even on two processors: many tests wait for a clock or the database.
released() { CGO_ENABLED=0 go test -trimpath -vet=off -p 3 -timeout 15m "$@"; }
watched() { CGO_ENABLED=1 GORACE=atexit_sleep_ms=0 go test -race -vet=off -short -p 3 -timeout 20m "$@"; }
packages() { go list ./... | grep "$@"; }

echo "== Go tests on SQLite"
CLUBOS_TEST_DATABASE_URL='' released -coverprofile=coverage.out ./...

echo "== Go tests on PostgreSQL"
url=${CLUBOS_TEST_DATABASE_URL:-$(scripts/test-postgres.sh start)}
export CLUBOS_TEST_DATABASE_URL=$url
mapfile -t list < <(packages -E "/internal/($alone|${sometimes%|pattern}|demo)$") # the command's tests open SQLite alone
released -coverprofile=coverage-postgres.out "${list[@]}"

echo "== Go tests on PostgreSQL, with the race detector"
mapfile -t list < <(packages -vE "/internal/($pure|$alone|$sometimes|inbox|store)$|/cmd/clubos$")
watched "${list[@]}"
watched -covermode=atomic -coverprofile=coverage-watched.out ./internal/inbox ./internal/store
mapfile -t list < <(packages -E "/internal/($sometimes)$")
mapfile -t files < <(grep -lE '\.Go\(func|go func' "${list[@]/#clubos\//}" -r --include='*_test.go' --no-messages)
names=$(sed -nE 's/^func (Test[A-Za-z0-9_]+)\(.*/\1/p' "${files[@]}" | paste -sd'|')
mapfile -t list < <(printf '%s\n' "${files[@]%/*}" | sort -u)
watched -run "^($names)$" "${list[@]/#/./}"
