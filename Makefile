# Every line is one that anyone could type. `make` builds, tests and lints.

GO      ?= go
BIN     := bin/idpsync
CACHE   := .cache
TOOLS   := $(CACHE)/tools
# Not default.pgo: with that every test of cmd/idpsync would compile all packages twice.
PGO     := cmd/idpsync/release.pgo
LINT    := $(TOOLS)/golangci-lint@v2.15.0
GOFUMPT := $(TOOLS)/gofumpt@v0.12.0
ACTIONLINT := $(TOOLS)/actionlint@v1.7.12
GORELEASER := $(TOOLS)/goreleaser@v2.14.0
HELM    := $(TOOLS)/helm@v3.22.0
TESTFLAGS ?=
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)

.PHONY: all build demo serve-demo test torture tools lint peers generate screenshots fuzz bench bench-docs pgo profile image sandbox examples clean

all: build test lint

build:
	GO='$(GO)' packaging/go.sh build -ldflags='-X github.com/idpsync/idpsync/internal/cli.version=$(VERSION)' -o $(BIN) ./cmd/idpsync

# What idpsync is, in one minute: plan, apply, drift, repair, against a sandbox.
demo: build
	@IDPSYNC=$(CURDIR)/$(BIN) $(GO) run ./examples/demo

# What serve is: PostgreSQL, two replicas, fifty pools; one replica is killed.
# DEMOFLAGS=-hold keeps it up, to look at its page.
serve-demo: build
	@IDPSYNC=$(CURDIR)/$(BIN) $(GO) run ./examples/serve-demo $(DEMOFLAGS)

# The race detector watches every package and the stories of whole commands. The
# matrices lead those same commands through a thousand lives, without it.
STORIES := TestScript|TestWatch|TestReadmeTour|TestOneApplyAtATime|TestTwoApplies|TestCrowd|TestOnePlanTwice|TestTruncatedWorld

test:
	$(GO) vet ./...
	$(GO) test -race -timeout 10m $(TESTFLAGS) $$($(GO) list ./... | grep -v /cmd/idpsync)
	$(GO) test -race -timeout 10m $(TESTFLAGS) ./cmd/idpsync -run '$(STORIES)'
	$(GO) test -timeout 10m $(TESTFLAGS) ./cmd/idpsync -skip '$(STORIES)'

# Judges from outside the project; slow, and they install what they need. The
# last module needs IDPSYNC_OPENAPI, the path of the vendor's OpenAPI file.
# Nobody else may see that variable: idpsync refuses names that it does not know.
PEERS ?= peers formats browser packaging serve

peers: tools
	for m in $(PEERS); do env -u IDPSYNC_OPENAPI PATH="$(CURDIR)/$(TOOLS)/bin:$$PATH" $(GO) test -C test/$$m -count=1 -v -timeout 20m ./... || exit 1; done
	IDPSYNC_OPENAPI='$(abspath $(IDPSYNC_OPENAPI))' $(GO) test -C test/conformance -count=1 -v -timeout 10m ./...

lint: $(LINT) $(GOFUMPT) $(ACTIONLINT)
	@for f in gofmt $(GOFUMPT); do test -z "$$($$f -l $$(git ls-files '*.go'))" || { echo "$$f would change:"; $$f -l $$(git ls-files '*.go'); exit 1; }; done
	$(GO) mod tidy -diff
	$(LINT) run ./...
	$(ACTIONLINT) .github/workflows/*.yml ci/github/*.yml

# The programs that judge us, each at one version; the file is named by it.
tools: $(LINT) $(GOFUMPT) $(ACTIONLINT) $(GORELEASER) $(HELM)

$(LINT): MODULE := github.com/golangci/golangci-lint/v2/cmd/golangci-lint
$(GOFUMPT): MODULE := mvdan.cc/gofumpt
$(ACTIONLINT): MODULE := github.com/rhysd/actionlint/cmd/actionlint
$(GORELEASER): MODULE := github.com/goreleaser/goreleaser/v2
$(HELM): MODULE := helm.sh/helm/v3/cmd/helm

$(TOOLS)/%:
	@mkdir -p $(TOOLS)/bin
	for i in 1 2 3; do GOBIN=$(CURDIR)/$(TOOLS)/bin $(GO) install $(MODULE)@$(lastword $(subst @, ,$*)) && break; sleep $$((i * 5)); done
	mv $(TOOLS)/bin/$(firstword $(subst @, ,$*)) $@
	ln -sf ../$* $(TOOLS)/bin/$(firstword $(subst @, ,$*))

# Files that are derived from others; a test fails when they are stale.
generate:
	$(GO) test ./internal/schema -run TestGenerated -update
	$(GO) run ./cmd/gendocs docs/reference docs/cli man

# The pictures of the docs, from real runs; a test fails when they are stale.
screenshots:
	$(GO) run ./examples/screenshots

# Every fuzz target, one after the other; a test fails when one is missing here.
FUZZTIME ?= 30s
FUZZ := diagnostic:FuzzTold config:FuzzLoadDocument config:FuzzWrite config:FuzzFormat schema:FuzzDerive schema:FuzzRandomTemplates \
	remote:FuzzEnvelope remote:FuzzNormalise remote:FuzzSame remote:FuzzDecodeJSON plan:FuzzLaws ledger:FuzzQuickObject reconcile:FuzzDecodeStatus report:FuzzDecodeSaved source:FuzzEntries source:FuzzLocate

fuzz:
	for t in $(FUZZ); do $(GO) test ./internal/$${t%:*} -run '^$$' -fuzz "^$${t#*:}$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x || exit 1; done

# The long grids: every byte, every dialect, every request; some minutes each.
torture: export IDPSYNC_TORTURE := 1
torture:
	$(GO) test ./internal/ledger -run 'TestKilledWhileWriting|TestEveryByte' -count=1 -v -timeout 20m
	$(GO) test ./cmd/idpsync -run 'TestKill|TestLateServer|TestCanary|TestDamagedLedger|TestFullDisk|TestFaults|TestSoak' -count=1 -v -timeout 60m
	$(GO) test -C test/serve -run 'TestReplicaTorture|TestScale' -count=1 -v -timeout 60m ./...

# idpsync against the floor (test/bench): a row fails when it breaks its promise.
bench: build
	$(GO) test -C test/bench ./...
	$(GO) build -C test/bench -o $(CURDIR)/$(CACHE)/bench/ ./...
	$(CACHE)/bench/table -bin $(BIN) -tools $(CACHE)/bench -work $(CACHE)/bench/work $(BENCHFLAGS)

bench-docs: BENCHFLAGS += -docs docs/performance.md
bench-docs: bench

# The profile that builds are optimised by, from a run of the bench; and where
# it says that the time goes.
pgo: build
	$(GO) build -C test/bench -o $(CURDIR)/$(CACHE)/bench/ ./...
	$(CACHE)/bench/table -bin $(BIN) -tools $(CACHE)/bench -work $(CACHE)/bench/work -pgo $(PGO)

profile:
	$(GO) tool pprof -top -cum -nodecount=60 $(PGO)

# A sandbox to play with; the first line it prints holds its address and keys.
sandbox: build
	$(BIN) sandbox --data $(CACHE)/sandbox

# A container image of this tree, by buildah, without a daemon.
image:
	packaging/image.sh

examples: build
	$(BIN) validate --strict -C examples/config

clean:
	rm -rf bin $(CACHE) examples/config/.idpsync
