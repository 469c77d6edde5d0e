.PHONY: generate
generate: ## regenerate SQL and page code
	go tool -modfile=tools/go.mod sqlc generate
	go tool -modfile=tools/go.mod templ generate -path internal/console
