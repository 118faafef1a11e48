# The things one does with this repository. Tools other than Go and Node.js are pinned here and fetched when needed.

GO        ?= go
REDOCLY   := @redocly/cli@2.77.0
GOLANGCI  := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
OASDIFF   := github.com/oasdiff/oasdiff@v1.35.0
VULN      := golang.org/x/vuln/cmd/govulncheck@v1.9.0
REF       ?= HEAD
FUZZTIME  ?= 10m

.DEFAULT_GOAL := help
.PHONY: help
help: ## say what there is to do
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | awk -F '\t' '{printf "  make %-10s %s\n", $$1, $$2}'

.PHONY: generate
generate: ## make generated/ from openapi/openapi.yaml
	$(GO) generate ./...

.PHONY: ledgers
ledgers: ## make contract/RULES.md from the rules, and contract/FORCE.md from the faults
	$(GO) test ./contract -run Ledger -update
	$(GO) test ./contract/selftest -run Matrix -update

.PHONY: check
check: ## the main job: check the embedded fake GitLab, and GitLab's own recorded answers
	$(GO) run ./contract/cmd/glagents check
	$(GO) run ./contract/cmd/glagents verify --quiet contract/har/testdata/gitlab-19.1.har.json

.PHONY: test
test: ## every test, with the race detector
	$(GO) test -race ./...

.PHONY: lint
lint: ## gofmt, go vet, golangci-lint and the OpenAPI linter
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); echo "gofmt -w these"; exit 1; }
	$(GO) vet ./...
	$(GO) run $(GOLANGCI) run ./...
	npx --yes $(REDOCLY) lint --config .redocly.yaml openapi/openapi.yaml

.PHONY: bench
bench: ## every benchmark; the client's stands beside client-go in a module of its own
	$(GO) test -run '^$$' -bench . -benchmem ./...
	cd gen/benchmark && $(GO) test -run '^$$' -bench . -benchmem ./...

.PHONY: breaking
breaking: ## what the document breaks for clients since REF, such as REF=origin/main
	@old=$$(mktemp); trap 'rm -f "$$old"' EXIT; status=0; \
	git show "$(REF):openapi/openapi.yaml" > "$$old" || exit 2; \
	$(GO) run $(OASDIFF) breaking --fail-on ERR "$$old" openapi/openapi.yaml || status=1; \
	$(GO) run ./openapi/breaking "$$old" openapi/openapi.yaml || status=1; \
	exit $$status

.PHONY: fuzz
fuzz: ## every fuzz target for FUZZTIME
	@set -e; for package in $$($(GO) list ./...); do \
		for target in $$($(GO) test -list '^Fuzz' $$package | grep '^Fuzz' || true); do \
			echo "$$package $$target"; $(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) $$package; \
		done; done

# Tests that are slow and tell no more of a mutant than the others do.
SLOW := TestKilled|TestEndless|TestHistoryIsBounded|TestBadNetwork|TestTimeout
ONLY ?= .

.PHONY: mutate
mutate: ## break the suite itself, one place at a time, such as ONLY=^rules_tokens; all of it takes hours
	@status=0; for package in ./contract/document ./contract; do \
		$(GO) run ./contract/mutants -skip '$(SLOW)' -only '$(ONLY)' $$package ./contract/document ./contract ./contract/selftest || status=$$?; \
	done; exit $$status

.PHONY: nightly
nightly: ## the tests at their full length: a thousand bad networks, killed at each request
	NIGHTLY=1 $(GO) test -timeout 2h ./contract

.PHONY: vuln
vuln: ## govulncheck; needs a network
	$(GO) run $(VULN) ./...

.PHONY: module
module: ## move the module, such as MODULE=gitlab.com/us/gitlab-agents
	@test -n "$(MODULE)" || { echo "say where to: make module MODULE=gitlab.com/us/gitlab-agents"; exit 2; }
	@old=$$($(GO) list -m) && git grep -lIF "$$old" | xargs sed -i.old "s#$$old#$(MODULE)#g" && find . -name '*.old' -delete
	$(GO) build ./...
