# Qianshou. `make run` and `make test` need only Go; they install the rest.
GO ?= go
STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOVULNCHECK = golang.org/x/vuln/cmd/govulncheck@v1.9.0
PACKAGES ?= ./...
export CGO_ENABLED = 0

.DEFAULT_GOAL := help
.PHONY: help run build test lint pictures bench fuzz golden

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' Makefile

run: ## install what is missing, start private services, load the demo, serve
	@scripts/install.sh run
	@$(GO) build -o bin/qianshou ./cmd/qianshou
	@exec bin/qianshou serve

build: ## bin/qianshou
	$(GO) build -trimpath -o bin/qianshou ./cmd/qianshou

test: ## everything, against real private services and a headless browser
	@scripts/install.sh test
	$(GO) run ./app/kit/private/with $(GO) test -p 2 -timeout 20m $(PACKAGES)

lint: ## format, vet, staticcheck, known vulnerabilities
	@bad=$$(gofmt -l app cmd migrations static views); [ -z "$$bad" ] || { echo "gofmt: $$bad"; exit 1; }
	$(GO) vet ./...
	$(GO) run $(STATICCHECK) ./...
	@$(GO) run $(GOVULNCHECK) ./... || { [ $$? -eq 3 ] && exit 1; echo "govulncheck: its database cannot be reached from here; not checked"; }

pictures: ## every page at two sizes and in both languages, into pictures/
	@scripts/install.sh test
	$(GO) run ./app/kit/private/with $(GO) test ./cmd/qianshou -run TestPictures -count 1 -v -pictures $(CURDIR)/pictures

bench: ## figures, as ratios to a limit measured in the same run
	@scripts/install.sh test
	$(GO) run ./app/kit/private/with $(GO) test -run '^$$' -bench . -benchtime 2s ./...

fuzz: ## each fuzz target for a while
	@scripts/install.sh test
	@for target in $$(grep -rho '^func Fuzz[A-Za-z]*' app | sed 's/func //' | sort -u); do \
	  dir=$$(dirname $$(grep -rl "func $$target(" app | head -1)); \
	  $(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime 30s ./$$dir || exit 1; done

golden: ## write the expected files anew
	@scripts/install.sh test
	$(GO) run ./app/kit/private/with $(GO) test $$(grep -rl 'flag.Bool("update"' app cmd --include=*_test.go | xargs -n1 dirname | sort -u | sed 's|^|./|') -update
