# Everything a person does with the tree. `make help` lists it; each target sets up what it needs and is quick when that is done.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules --no-print-directory
JOBS ?= $(shell nproc)

# Which engines the addon is built with. Tests want the stock one too.
ENGINES := own
test stress: ENGINES := both

TESTS := $(patsubst %.ts,dist/%.js,$(sort $(shell find test -name '*.test.ts')))
SOURCES := $(shell find src test bench -name '*.ts')
MOCHA := node_modules/.bin/mocha

.PHONY: help
help: ## This list
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile | expand -t 16

.PHONY: demo
demo: native build ## Run a threaded program, freeze it into a core, go on from the core in a new process
	@guest-images/demo.sh

.PHONY: test
test: native build guests debian ## All tests
	@$(MOCHA) --parallel --jobs $(JOBS) $(TESTS)

.PHONY: check
check: build ## Types, lint, format, and the rules of the layer table
	@node_modules/.bin/eslint --max-warnings 0 .
	@node_modules/.bin/prettier --check --log-level warn .
	@$(MOCHA) --reporter dot $(filter dist/test/structure/%,$(TESTS))

.PHONY: stress
stress: native build guests debian ## Thousands of freezes of everything: takes hours (ONLY=, FREEZES=, SEED=, MINUTES=: test/stress/README.md)
	@JOBS=$(JOBS) node dist/test/stress/main.js
	@[[ -n "$(ONLY)" ]] || VKERNEL_STRESS=1 $(MOCHA) $(filter dist/test/ckpt/% dist/test/hostile/%,$(TESTS))

.PHONY: fuzz
fuzz: native build guests ## Damage cores for so many MINUTES (default 10), and read them; what reaches something new is kept
	@node dist/test/fuzz/main.js

.PHONY: bench
bench: native build guests ## Ratios against native runs and qemu-user
	@node dist/bench/main.js $(foreach option,ONLY JSON SVG,$(if $($(option)),--$(shell echo $(option) | tr A-Z a-z) '$($(option))'))

.PHONY: docs
docs: build ## Write docs/syscalls.md from the system call table
	@node docs/generate.js

.PHONY: fixture
fixture: native build guests ## Write cores of this version's state into test/fixtures, for later versions to resume
	@node dist/test/support/make-fixture.js

.PHONY: build
build: dist/.cached ## Compile the TypeScript into dist/

.PHONY: native
native: tools node_modules/.package-lock.json ## Build the addon that holds the CPU
	@JOBS=$(JOBS) node native/build.mjs $(ENGINES)

.PHONY: guests
guests: ## Build the guest programs
	@guest-images/install-tools.sh guests
	@$(MAKE) -s -C guest-images -j $(JOBS)

.PHONY: debian
debian: ## Unpack Debian packages into a root for guests: guest-images/build/debian/root
	@guest-images/debian/build.sh

.PHONY: clean
clean: ## Remove everything that was built
	rm -rf dist native/build guest-images/build

.PHONY: tools
tools:
	@guest-images/install-tools.sh

.PHONY: node
node:
	@node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' \
	  || { echo 'vkernel needs Node 20.19 or later: https://nodejs.org/en/download' >&2; exit 1; }

node_modules/.package-lock.json: package-lock.json | node
	@npm ci --no-audit --no-fund --loglevel=error >/dev/null
	@touch $@

# tsc is incremental by itself, but takes seconds to find out that nothing changed.
dist/.built: $(SOURCES) bundle/build.mjs tsconfig.json package.json node_modules/.package-lock.json
	@node_modules/.bin/tsc -p .
	@node bundle/build.mjs
	@touch $@

# Again when there is another addon: without one, the guest whose run is kept cannot run.
dist/.cached: dist/.built bundle/code-cache.mjs bundle/guest-program.mjs $(wildcard native/build/Release/*.node)
	@node bundle/code-cache.mjs 2>/dev/null
	@touch $@
# `native` may take away the addon of another engine.
native/build/Release/%.node: ;

