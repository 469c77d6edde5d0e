#!/usr/bin/env bash
# All tests: Go on SQLite with coverage, Go on PostgreSQL with the race detector, then the browser.
# Provides what they need. The race detector runs on PostgreSQL because there transactions really
# run at once; with both on one engine the run would take twice as long and see no more. Packages
# that neither share anything between goroutines nor open a database are left out of it, and the
# simulated year, which does one thing after another, is run there without it.
set -euo pipefail
cd "$(dirname "$0")/.."

echo "== Go tests on SQLite"
CLUBOS_TEST_DATABASE_URL='' go test -timeout 15m -coverprofile=coverage.out ./...

echo "== Go tests on PostgreSQL, with the race detector"
url=${CLUBOS_TEST_DATABASE_URL:-$(scripts/test-postgres.sh start)}
mapfile -t packages < <(go list ./... | grep -vE '/internal/(archtest|rota|act/catalogue|pattern/(reliability|anomaly|lexicon)|simulate/year)$')
# Three at once even on two processors: many tests wait for a clock or the database.
CLUBOS_TEST_DATABASE_URL=$url CGO_ENABLED=1 go test -race -p 3 -timeout 20m "${packages[@]}"
CLUBOS_TEST_DATABASE_URL=$url go test ./internal/simulate/year

echo "== Browser tests"
scripts/test-browser.sh
