#!/usr/bin/env bash
# All tests: Go on SQLite with coverage, Go on PostgreSQL with the race detector, then the browser.
# Provides what they need. The race detector runs on PostgreSQL because there transactions really
# run at once; with both on one engine the run would take twice as long and see no more. Left out of it
# are packages that neither share anything between goroutines nor open a database, and those that only put
# others together one after another, which run on PostgreSQL without it; of the demo it watches the day.
# Leaving other libraries out of it would find races where none are: of a generic function the linker may
# take the copy of a library that is not watched.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v caddy >/dev/null; then # the balancer before replicas
  echo "installing caddy" >&2
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends caddy; } >&2 ||
    { echo "Caddy is missing and could not be installed: install the package 'caddy'" >&2; exit 1; }
fi

CLUBOS_TEST_REDIS_URL=${CLUBOS_TEST_REDIS_URL:-$(scripts/test-redis.sh start)}
export CLUBOS_TEST_REDIS_URL CLUBOS_TEST_REDIS_REQUIRED=1

echo "== Go tests on SQLite"
CLUBOS_TEST_DATABASE_URL='' go test -timeout 15m -coverprofile=coverage.out ./...

echo "== Go tests on PostgreSQL, with the race detector"
url=${CLUBOS_TEST_DATABASE_URL:-$(scripts/test-postgres.sh start)}
export CLUBOS_TEST_DATABASE_URL=$url
mapfile -t packages < <(go list ./... | grep -vE '/internal/(archtest|rota|act/catalogue|pattern/(reliability|anomaly|lexicon)|simulate/year)$|/cmd/clubos$')
# Three at once even on two processors: many tests wait for a clock or the database.
CGO_ENABLED=1 GORACE=atexit_sleep_ms=0 go test -race -short -p 3 -timeout 20m "${packages[@]}"
go test ./cmd/clubos ./internal/simulate/year ./internal/demo

echo "== Browser tests"
scripts/test-browser.sh
