# Tasks for this repository. Tools other than Go and Node.js are pinned here and fetched when they are needed.

GO        ?= go
REDOCLY   := @redocly/cli@2.77.0
GOLANGCI  := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
OASDIFF   := github.com/oasdiff/oasdiff@v1.35.0
GREMLINS  := github.com/go-gremlins/gremlins/cmd/gremlins@v0.6.0
VULN      := golang.org/x/vuln/cmd/govulncheck@v1.9.0
RELEASER  := github.com/goreleaser/goreleaser/v2@v2.16.0
DOCKLINT  := dockerfile-utils@0.16.3
REF       ?= HEAD
FUZZTIME  ?= 10m
MUTATE    ?= ./contract/document
# Packages with tests that are left out with the race detector.
LONGEST   = $(addprefix ./,$(shell grep -rl 'internal/racedetector"' --include='*_test.go' contract | xargs -n1 dirname | sort -u))

.DEFAULT_GOAL := help
.PHONY: help
help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | awk -F '\t' '{printf "  make %-13s %s\n", $$1, $$2}'

.PHONY: generate
generate: ## make generated/ from openapi/openapi.yaml
	$(GO) generate ./...

.PHONY: golden
golden: ## rewrite RULES.md, FORCE.md and every other file that tests compare with
	$(GO) test ./contract -run Ledger -update
	$(GO) test -timeout 30m ./contract/selftest -run Matrix -update
	$(GO) test ./contract/report ./contract/cmd/glagents -update

.PHONY: screenshot
screenshot: ## take the picture of an HTML report that the README shows; needs Chromium
	cd contract/report/browser && $(GO) test -count 1 -run Picture . -args -update

.PHONY: check
check: ## the main job: check the embedded fake GitLab, and GitLab's own recorded answers
	$(GO) run ./contract/cmd/glagents check --fake
	$(GO) run ./contract/cmd/glagents verify --quiet contract/har/testdata/gitlab-19.1.har.json

.PHONY: test
test: ## run every test with the race detector, and the longest of them without it
	$(GO) test -race -timeout 30m ./...
	$(GO) test -timeout 30m $(LONGEST)

.PHONY: lint
lint: ## run gofmt, go vet, golangci-lint and the OpenAPI linter
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); echo "run gofmt -w on these files"; exit 1; }
	$(GO) vet ./...
	$(GO) run $(GOLANGCI) run ./...
	npx --yes $(REDOCLY) lint --config .redocly.yaml openapi/openapi.yaml

.PHONY: bench
bench: ## run every benchmark; that of the client runs beside client-go, in a module of its own
	$(GO) test -run '^$$' -bench . -benchmem ./...
	cd gen/benchmark && $(GO) test -run '^$$' -bench . -benchmem ./...

.PHONY: breaking
breaking: ## show what the document breaks for clients since REF, such as REF=origin/main
	@old=$$(mktemp); trap 'rm -f "$$old"' EXIT; status=0; \
	git show "$(REF):openapi/openapi.yaml" > "$$old" || exit 2; \
	$(GO) run $(OASDIFF) breaking --fail-on ERR "$$old" openapi/openapi.yaml || status=1; \
	$(GO) run ./openapi/breaking "$$old" openapi/openapi.yaml || status=1; \
	exit $$status

.PHONY: fuzz
fuzz: ## run every fuzz target for FUZZTIME
	@set -e; for package in $$($(GO) list ./...); do \
		for target in $$($(GO) test -list '^Fuzz' $$package | grep '^Fuzz' || true); do \
			echo "$$package $$target"; $(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) $$package; \
		done; done

.PHONY: mutate
mutate: ## break a package in one place at a time, and list what no test notices, such as MUTATE=./contract/har
	$(GO) run $(GREMLINS) unleash $(MUTATE)

.PHONY: nightly
nightly: ## run the long forms of tests, package by package: a thousand bad networks, killed at each request, a thousand targets
	NIGHTLY=1 $(GO) test -p 1 -timeout 2h ./contract ./contract/cmd/glagents ./contract/internal/judge ./contract/proxy

.PHONY: compare-tools
compare-tools: ## count the faults that glagents and other tools notice, and write COMPARISON.md; takes some minutes, needs Node.js
	cd contract/fakegitlab/clients/tools && npm ci --ignore-scripts --silent --no-audit --no-fund
	$(GO) test ./contract/fakegitlab/clients/tools -run '^TestComparison$$' -count 1 -timeout 3h -v -args -compare

.PHONY: vuln
vuln: ## run govulncheck; needs a network
	$(GO) run $(VULN) ./...

.PHONY: release-check
release-check: ## try what makes a release: the configuration, a binary, the Dockerfile; its tools take minutes to build at first
	$(GO) run $(RELEASER) check
	$(GO) run $(RELEASER) build --snapshot --single-target --clean
	./bin/release/glagents_*/glagents --version
	npx --yes $(DOCKLINT) lint contract/cmd/glagents/Dockerfile

.PHONY: module
module: ## move the module, such as MODULE=gitlab.com/us/gitlab-agents
	@test -n "$(MODULE)" || { echo "name the new home: make module MODULE=gitlab.com/us/gitlab-agents"; exit 2; }
	@old=$$($(GO) list -m) && git grep -lIF "$$old" | xargs sed -i.old "s#$$old#$(MODULE)#g" && find . -name '*.old' -delete
	$(GO) build ./...
