#!/usr/bin/env bash
# All tests: Go on SQLite with the race detector and coverage, Go on PostgreSQL with the race detector,
# then the browser. Provides what they need.
set -euo pipefail
cd "$(dirname "$0")/.."
export CGO_ENABLED=1

echo "== Go tests on SQLite"
CLUBOS_TEST_DATABASE_URL='' go test -race -timeout 15m -coverpkg=./internal/... -coverprofile=coverage.out ./...

echo "== Go tests on PostgreSQL"
url=${CLUBOS_TEST_DATABASE_URL:-$(scripts/test-postgres.sh start)}
packages=$(go list -test -f '{{if not .ForTest}}{{$p := .ImportPath}}{{range .Deps}}{{if eq . "clubos/internal/store"}}{{$p}}{{end}}{{end}}{{end}}' ./... | grep '\.test$' | sed 's/\.test$//' | sort -u)
CLUBOS_TEST_DATABASE_URL=$url go test -race -timeout 15m $packages

echo "== Browser tests"
scripts/test-browser.sh
