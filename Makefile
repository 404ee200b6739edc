# `make help` lists the targets. Longer recipes are scripts in .ci/.

PORT_OFFSET ?= 0
APP         ?= main
RELEASE     ?=
DATA_DIR    ?= data
# Missing tools are installed here once. The folder is outside the repository, so other clones use them too.
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
# `make dev` only: the oldest cargo-leptos that works, and the wasm-bindgen version it needs.
CARGO_LEPTOS := 0.3.6
WASM_BINDGEN := $(shell sed -n 's/^wasm-bindgen = "=\(.*\)"/\1/p' Cargo.toml)

profile      := $(if $(RELEASE),release,debug)
release_flag := $(if $(RELEASE),--release)
# The server half of the apps. One cargo call builds all binaries, with the features of the tests, so every
# dependency is compiled once.
features     := --features main/ssr,identity/ssr,partner/ssr,leptos-islands/ssr
demo         := target/$(profile)/demo --data-dir "$(DATA_DIR)" $(release_flag)

export PORT_OFFSET RELEASE TOOLS CARGO_LEPTOS WASM_BINDGEN BINARYEN ESBUILD CARGO_DENY
export CARGO_TARGET_DIR := $(CURDIR)/target
export PATH := $(TOOLS)/cargo-leptos-$(CARGO_LEPTOS)/bin:$(TOOLS)/wasm-bindgen-$(WASM_BINDGEN)/bin:$(TOOLS)/binaryen-$(BINARYEN)/node_modules/.bin:$(TOOLS)/esbuild-$(ESBUILD)/node_modules/.bin:$(TOOLS)/cargo-deny-$(CARGO_DENY)/bin:$(PATH)

.PHONY: help
help: ## List the targets
	@echo 'make TARGET [PORT_OFFSET=1000] [RELEASE=1]'
	@sed -n 's/^\([a-z0-9-]*\):[^#]*## \(.*\)/  \1\t\2/p' Makefile | expand -t 16

.PHONY: run
run: build ## Build what changed, start all five processes, print their addresses
	@exec $(demo)

.PHONY: run-direct
run-direct: build ## Start the suite with partner in direct mode: the provider refuses it (article 1)
	@echo '1. Open http://partner.localhost:$$((4203 + PORT_OFFSET)) and sign in: the provider refuses the redirect URI.'
	@echo '2. Ctrl-C, then make run, and sign in there again: the sign-in goes through the identity app and works.'
	@exec $(demo) --partner-direct

.PHONY: dev
dev: build dev-setup ## Run the suite; rebuild and reload APP=main (or identity, store, partner) on change
	@echo '$(APP) runs under cargo leptos watch; the first build takes about 5 minutes.'
	@exec $(demo) --watch $(APP)

.PHONY: build
build: setup ## Build servers and browser halves of all apps
	@.ci/say 'servers: cargo build' 'first build: about $(if $(RELEASE),10,4) minutes on two cores; later: seconds'
	@cargo build --locked --workspace --exclude bench --bins $(features) $(release_flag)
	@.ci/say 'browser halves: cargo build for WebAssembly, wasm-bindgen, style' 'first build: half a minute; later: seconds'
	@.ci/frontends $(profile)

.PHONY: setup
setup: ## Install the build tools that are missing
	@.ci/tools wasm-target $(if $(RELEASE),wasm-opt esbuild)

.PHONY: dev-setup
dev-setup: ## Install cargo-leptos, for `make dev`
	@.ci/tools cargo-leptos wasm-bindgen

.PHONY: test-cargo-leptos
test-cargo-leptos: build dev-setup ## Check that cargo-leptos builds the same files as `make build`
	@.ci/test-cargo-leptos

.PHONY: test
test: ## Run everything: format, clippy, tests, wasm, dependency arrow, browser journeys
	@.ci/test

.PHONY: test-mixed-version
test-mixed-version: ## Check that an earlier version of main and this one share a store; COMMIT=(the newest tag). Builds twice
	@.ci/test-mixed-version $(COMMIT)

.PHONY: fuzz
fuzz: ## Send random requests to every endpoint; FUZZ_SECONDS=60, FUZZ_SEED=(the time). make test does it for 3 s
	@FUZZ_SECONDS="$(or $(FUZZ_SECONDS),60)" FUZZ_SEED="$(or $(FUZZ_SEED),$(shell date +%s))" \
		cargo test --locked --package main --package identity $(features) --bins fuzz -- --nocapture

.PHONY: e2e
e2e: build e2e-setup ## Run the browser journeys only; E2E='sign-in --headed' selects some
	@cd e2e && ../.ci/services npx --no-install playwright test $(E2E)

.PHONY: e2e-setup
e2e-setup: ## Install Chromium, Firefox, nginx, Caddy and the npm packages for the browser journeys
	@.ci/tools browser firefox nginx caddy openssl npm-packages

.PHONY: screenshots
screenshots: build e2e-setup ## Take a picture of every page and state (target/screenshots), and the README's moving picture, 1 minute
	@cd e2e && ../.ci/services npx --no-install playwright test --config screenshots.config.ts

.PHONY: package
package: ## Build each library from the files in its package
	@cargo package --allow-dirty --package onesession-types --package onesession-store --package onesession-watch \
		--package onesession --package onesession-leptos

.PHONY: dist
dist: ## Build what a server needs, as a folder and an archive in target/dist (release build, 10 minutes)
	@$(MAKE) RELEASE=1 build
	@.ci/dist release

.PHONY: test-providers
test-providers: build e2e-setup ## Run journeys against third-party providers (docs/tested-providers.md), 7 minutes; PROVIDER=canaille: one of them
	@.ci/test-providers $(PROVIDER)

.PHONY: bench
bench: ## Measure the session check, tabs and pages (release build, then 15 minutes); BENCH=--help: options of the session check
ifneq ($(filter -h --help,$(BENCH)),)
	@cargo run --quiet --locked --package bench -- $(BENCH)
else
	@.ci/tools wrk redis
	@.ci/say 'servers: cargo build --release' 'first build: about 10 minutes on two cores; later: seconds'
	@cargo build --locked --workspace --bins $(features) --release
	@target/release/bench $(BENCH)
	@$(if $(BENCH),,$(MAKE) bench-tabs)
endif

.PHONY: bench-tabs
bench-tabs: ## Measure in the browser only: time until every tab shows a sign-out, bytes of each page; BENCH_ROUNDS=10
	@$(MAKE) RELEASE=1 build e2e-setup
	@.ci/frontends release bare
	@cd e2e && RELEASE=1 npx --no-install playwright test --config bench.config.ts

.PHONY: lint
lint: ## Check format, clippy (server and browser half), the docs (words, links, code, diagrams, error codes), and dependencies: arrow, licences, sources, advisories
	@.ci/tools wasm-target cargo-deny browser npm-packages
	@.ci/lint format plain-words links articles code-blocks error-codes diagrams clippy clippy-wasm dependency-arrow deny

.PHONY: deny
deny: ## Run cargo-deny only: bans, licences and sources of dependencies; advisories if their list is reachable
	@.ci/tools cargo-deny
	@.ci/lint deny

.PHONY: reference
reference: ## Write docs/configuration.md, docs/metrics.md and .env.example again, from the code
	@UPDATE_REFERENCE=1 cargo test --quiet --locked --package main --features main/ssr --test configuration
	@UPDATE_REFERENCE=1 cargo test --quiet --locked --package identity --features identity/ssr -- the_document_has_every_metric

.PHONY: clean-data
clean-data: ## Delete generated secrets and databases
	@rm -rf -- "$(DATA_DIR)"
