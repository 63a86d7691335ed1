# Every line is one that anyone could type. `make` builds, tests and lints.

GO      ?= go
BIN     := bin/idpsync
CACHE   := .cache
LINT    := $(CACHE)/golangci-lint-v2.15.0
TESTFLAGS ?=
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)

.PHONY: all build demo test torture lint peers generate fuzz bench sandbox examples clean

all: build test lint

build:
	$(GO) build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o $(BIN) ./cmd/idpsync

# What idpsync is, in one minute: plan, apply, drift, repair, against a sandbox.
demo: build
	@IDPSYNC=$(CURDIR)/$(BIN) $(GO) run ./examples/demo

# The race detector watches every package and the stories of whole commands. The
# matrices lead those same commands through a thousand lives, without it.
STORIES := TestScript|TestReadmeTour|TestOneApplyAtATime|TestTwoApplies|TestCrowd|TestOnePlanTwice|TestTruncatedWorld

test:
	$(GO) vet ./...
	$(GO) test -race -timeout 10m $(TESTFLAGS) $$($(GO) list ./... | grep -v /cmd/idpsync)
	$(GO) test -race -timeout 10m $(TESTFLAGS) ./cmd/idpsync -run '$(STORIES)'
	$(GO) test -timeout 10m $(TESTFLAGS) ./cmd/idpsync -skip '$(STORIES)'

# Judges from outside the project; slow, and they install what they need. The
# second module needs IDPSYNC_OPENAPI, the path of the vendor's OpenAPI file.
# Nobody else may see that variable: idpsync refuses names that it does not know.
peers:
	env -u IDPSYNC_OPENAPI $(GO) test -C test/peers -count=1 -v -timeout 20m ./...
	IDPSYNC_OPENAPI='$(abspath $(IDPSYNC_OPENAPI))' $(GO) test -C test/conformance -count=1 -v -timeout 10m ./...

lint: $(LINT)
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { echo 'gofmt would change:'; gofmt -l $$(git ls-files '*.go'); exit 1; }
	$(GO) mod tidy -diff
	$(LINT) run ./...

$(LINT):
	@mkdir -p $(CACHE)/install
	for i in 1 2 3; do GOBIN=$(CURDIR)/$(CACHE)/install $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0 && break; done
	mv $(CACHE)/install/golangci-lint $(LINT)

# Files that are derived from others; a test fails when they are stale.
generate:
	$(GO) test ./internal/schema -run TestGenerated -update
	$(GO) run ./cmd/gendocs docs/reference

# Every fuzz target, one after the other; a test fails when one is missing here.
FUZZTIME ?= 30s
FUZZ := config:FuzzLoadDocument config:FuzzWrite schema:FuzzDerive schema:FuzzRandomTemplates \
	remote:FuzzEnvelope remote:FuzzNormalise remote:FuzzSame plan:FuzzLaws report:FuzzDecodeSaved

fuzz:
	for t in $(FUZZ); do $(GO) test ./internal/$${t%:*} -run '^$$' -fuzz "^$${t#*:}$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x || exit 1; done

# The long grids: every byte, every dialect, every request; some minutes each.
torture: export IDPSYNC_TORTURE := 1
torture:
	$(GO) test ./internal/ledger -run 'TestKilledWhileWriting|TestEveryByte' -count=1 -v -timeout 20m
	$(GO) test ./cmd/idpsync -run 'TestKill|TestLateServer|TestCanary|TestDamagedLedger|TestFullDisk|TestFaults' -count=1 -v -timeout 60m

# idpsync against the floor (test/bench): a row fails when it breaks its promise.
bench: build
	$(GO) test -C test/bench ./...
	$(GO) build -C test/bench -o $(CURDIR)/$(CACHE)/bench/ ./floor ./compare
	rm -rf $(CACHE)/bench/10000 && $(CACHE)/bench/floor make 10000 $(CACHE)/bench/10000
	$(CACHE)/bench/compare -most 2.0 -peak 200 'validate 10000 files' -- $(CACHE)/bench/floor validate schemas $(CACHE)/bench/10000 -- $(BIN) validate -C $(CACHE)/bench/10000

# A sandbox to play with; the first line it prints holds its address and keys.
sandbox: build
	$(BIN) sandbox --data $(CACHE)/sandbox

examples: build
	$(BIN) validate --strict -C examples/config

clean:
	rm -rf bin $(CACHE) examples/config/.idpsync
