# make test   everything, on both databases, with the race detector, and the browser tests
# make check  what CI runs: lint, generated files, deployment, tests, coverage floors, ratios of speed
GO ?= go
TOOL := $(GO) tool -modfile=tools/go.mod
# How the program is compiled for a release. Whatever compiles it as well does so in this way: once is enough.
RELEASED := CGO_ENABLED=0 GOFLAGS="$(GOFLAGS) -trimpath"
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)

.PHONY: build
build: ## build bin/clubos
	$(RELEASED) $(GO) build -ldflags "-s -w -X clubos/internal/app.Version=$(VERSION)" -o bin/clubos ./cmd/clubos

.PHONY: generate
generate: ## regenerate SQL code, pages and the configuration reference
	$(TOOL) sqlc generate
	$(TOOL) templ generate -path internal/console
	$(RELEASED) $(GO) run ./cmd/clubos config --markdown > docs/configuration.md

.PHONY: lint
lint: ## formatting, vet and linters
	@test -z "$$(gofmt -l cmd internal)" || { gofmt -l cmd internal; echo "run gofmt -w on these"; exit 1; }
	$(RELEASED) $$($(TOOL) -n golangci-lint) run ./...

.PHONY: generated
generated: ## generated files are what their sources say
	scripts/check-generated.sh

.PHONY: deployment
deployment: ## the charts, the balancer's configuration and the systemd unit, by their own tools
	scripts/check-deploy.sh

.PHONY: test
test: ## all tests; installs PostgreSQL, Chromium and Playwright when they are missing
	scripts/test-go.sh
	scripts/test-browser.sh

.PHONY: test-fast
test-fast: ## Go tests on SQLite only
	$(RELEASED) $(GO) test ./...

.PHONY: crash
crash: ## end the program, its databases and its wires over and over for CLUBOS_CRASH_FOR (default 15m), cut off 10 000 acts (CLUBOS_CRASH_RUNS), and print the figures; runs add up in bin/crash-ENGINE.json
	CLUBOS_CRASH_RUNS=$${CLUBOS_CRASH_RUNS:-10000} $(GO) test -v -count 1 -timeout 1h ./internal/act -run TestActsThatAreCutOff
	CLUBOS_CRASH_SUMS=$${CLUBOS_CRASH_SUMS:-$(CURDIR)/bin/crash-$(if $(CLUBOS_TEST_DATABASE_URL),postgres,sqlite).json} \
	CLUBOS_CRASH_FOR=$${CLUBOS_CRASH_FOR:-15m} CLUBOS_CRASH_KILLS=$${CLUBOS_CRASH_KILLS:-1000} CLUBOS_CRASH_STOPS=$${CLUBOS_CRASH_STOPS:-50} \
		$(GO) test -v -count 1 -timeout 4h -parallel 1 ./internal/crashtest

.PHONY: year
year: build ## live three simulated years and one with a hostile operator, some seven minutes each; fails where a promise is not kept
	for seed in 1 2 3; do bin/clubos simulate year --seed $$seed || exit 1; done
	bin/clubos simulate year --seed 3 --hostile

.PHONY: fuzz
fuzz: ## every fuzz target for FUZZ_FOR (default 20s) each
	scripts/fuzz.sh

.PHONY: e2e
e2e: ## browser tests only
	scripts/test-browser.sh

.PHONY: cover
cover: ## coverage floors, from the last make test
	scripts/check-coverage.sh

.PHONY: ratios
ratios: build ## processor time against plain references: twice as much of it as before fails
	bin/clubos bench --scenario ratio

.PHONY: check
check: ## what CI runs
	scripts/check.sh

.PHONY: bench
bench: build ## measure this machine
	bin/clubos bench
