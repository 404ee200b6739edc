# `make help` lists the targets. What takes more than a few lines is a script in .ci/.

PORT_OFFSET ?= 0
APP         ?= main
RELEASE     ?=
DATA_DIR    ?= data
# Tools that are missing are built once into this folder, outside the repository, so that a second clone
# finds them.
TOOLS       ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/leptos-shared-sessions

.DEFAULT_GOAL := help
SHELL         := bash
.SHELLFLAGS   := -euo pipefail -c
MAKEFLAGS     += --no-print-directory

# Release builds only.
BINARYEN     := 132.0.0
ESBUILD      := 0.28.2
# `make test` and `make lint` only.
CARGO_DENY   := 0.20.2
# `make dev` only: the oldest cargo-leptos that will do, and the wasm-bindgen command it wants.
CARGO_LEPTOS := 0.3.6
WASM_BINDGEN := $(shell sed -n 's/^wasm-bindgen = "=\(.*\)"/\1/p' Cargo.toml)

profile      := $(if $(RELEASE),release,debug)
release_flag := $(if $(RELEASE),--release)
# The server half of both apps. One cargo call for all binaries, with the features the tests use too: every
# dependency is compiled once.
features     := --features main/ssr,identity/ssr
demo         := target/$(profile)/demo --data-dir "$(DATA_DIR)" $(release_flag)

export PORT_OFFSET RELEASE TOOLS CARGO_LEPTOS WASM_BINDGEN BINARYEN ESBUILD CARGO_DENY
export CARGO_TARGET_DIR := $(CURDIR)/target
export PATH := $(TOOLS)/cargo-leptos-$(CARGO_LEPTOS)/bin:$(TOOLS)/wasm-bindgen-$(WASM_BINDGEN)/bin:$(TOOLS)/binaryen-$(BINARYEN)/node_modules/.bin:$(TOOLS)/esbuild-$(ESBUILD)/node_modules/.bin:$(TOOLS)/cargo-deny-$(CARGO_DENY)/bin:$(PATH)

.PHONY: help
help: ## List the targets
	@echo 'make TARGET [PORT_OFFSET=1000] [RELEASE=1]'
	@sed -n 's/^\([a-z0-9-]*\):[^#]*## \(.*\)/  \1\t\2/p' Makefile | expand -t 16

.PHONY: run
run: build ## Build what changed, start all five processes, print where they are
	@exec $(demo)

.PHONY: run-direct
run-direct: build ## The same with partner in direct mode: see the provider refuse it (article 1)
	@echo '1. Open http://partner.localhost:$$((4203 + PORT_OFFSET)) and sign in: the provider refuses the redirect URI.'
	@echo '2. Ctrl-C, then make run, and sign in there again: now it goes through the identity app, and works.'
	@exec $(demo) --partner-direct

.PHONY: dev
dev: build dev-setup ## Run the suite with APP=main (or identity, store, partner) rebuilt and reloaded on change
	@echo '$(APP) runs under cargo leptos watch; the first time, that builds for about 5 minutes.'
	@exec $(demo) --watch $(APP)

.PHONY: build
build: setup ## Build servers and browser halves of both apps
	@.ci/say 'servers: cargo build' 'on two cores about $(if $(RELEASE),10,4) minutes when nothing is built yet, else seconds'
	@cargo build --locked --workspace --exclude bench --bins $(features) $(release_flag)
	@.ci/say 'browser halves: cargo build for WebAssembly, wasm-bindgen, style' 'about half a minute, else seconds'
	@.ci/frontends $(profile)

.PHONY: setup
setup: ## Install the build tools that are missing
	@.ci/tools wasm-target $(if $(RELEASE),wasm-opt esbuild)

.PHONY: dev-setup
dev-setup: ## Install cargo-leptos, which only `make dev` uses
	@.ci/tools cargo-leptos wasm-bindgen

.PHONY: test-cargo-leptos
test-cargo-leptos: build dev-setup ## Check that cargo-leptos builds the same files as `make build`
	@.ci/test-cargo-leptos

.PHONY: test
test: ## Everything: format, clippy, tests, wasm, dependency arrow, browser journeys
	@.ci/test

.PHONY: fuzz
fuzz: ## Random requests to every endpoint for FUZZ_SECONDS=60 from FUZZ_SEED (the time); make test does it for 3 s
	@FUZZ_SECONDS="$(or $(FUZZ_SECONDS),60)" FUZZ_SEED="$(or $(FUZZ_SEED),$(shell date +%s))" \
		cargo test --locked --package main --package identity $(features) --bins fuzz -- --nocapture

.PHONY: e2e
e2e: build e2e-setup ## Only the browser journeys; E2E='sign-in --headed' narrows them
	@cd e2e && npx --no-install playwright test $(E2E)

.PHONY: e2e-setup
e2e-setup: ## Install what the browser journeys need: Chromium, Firefox and the npm packages
	@.ci/tools browser firefox npm-packages

.PHONY: package
package: ## Build each library from the files that its package would have
	@cargo package --allow-dirty --package onesession-types --package onesession-store --package onesession-watch \
		--package onesession --package onesession-leptos

.PHONY: test-providers
test-providers: build e2e-setup ## The browser journeys against providers that others wrote (docs/providers.md), 7 minutes; PROVIDER=canaille: one of them
	@.ci/test-providers $(PROVIDER)

.PHONY: bench
bench: ## Measure the session check, tabs and pages (release build, then a quarter of an hour); BENCH=--help: options of the first
ifneq ($(filter -h --help,$(BENCH)),)
	@cargo run --quiet --locked --package bench -- $(BENCH)
else
	@.ci/tools wrk redis
	@.ci/say 'servers: cargo build --release' 'on two cores about 10 minutes when nothing is built yet, else seconds'
	@cargo build --locked --workspace --bins $(features) --release
	@target/release/bench $(BENCH)
	@$(if $(BENCH),,$(MAKE) bench-tabs)
endif

.PHONY: bench-tabs
bench-tabs: ## Only in the browser: until every tab shows a sign-out, and the bytes of each page; BENCH_ROUNDS=10
	@$(MAKE) RELEASE=1 build e2e-setup
	@cd e2e && RELEASE=1 npx --no-install playwright test --config bench.config.ts

.PHONY: lint
lint: ## Format check, clippy (server and browser half), dependencies: arrow, licences, sources, advisories
	@.ci/tools wasm-target cargo-deny
	@.ci/lint format clippy clippy-wasm dependency-arrow deny

.PHONY: deny
deny: ## Only cargo-deny: bans, licences and sources of the dependencies; advisories where they can be reached
	@.ci/tools cargo-deny
	@.ci/lint deny

.PHONY: clean-data
clean-data: ## Throw away generated secrets and databases
	@rm -rf -- "$(DATA_DIR)"
