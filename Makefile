# What a person types. Each target installs what it needs; caches are outside the clone (scripts/env).
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
IN := . scripts/env;

.PHONY: run test lint bench fmt build web sqlx faults

## Installs what is missing, builds, starts everything, brings a sample film to ready, prints where to watch it
run:
	@scripts/setup run
	@$(MAKE) --no-print-directory build
	@scripts/run

## All tests: Rust, TypeScript, the OpenAPI description, uploads, faults, browser
test:
	@scripts/setup test
	@scripts/test

## Formatting, clippy, queries, licences, TypeScript
lint:
	@scripts/setup test
	@$(MAKE) --no-print-directory web
	@$(IN) cargo fmt --all --check
	@$(IN) cargo clippy --workspace --all-targets --locked -- -D warnings
	@$(IN) RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --document-private-items --locked --quiet
	@scripts/with-postgres scripts/sqlx check
	@scripts/deny
	@scripts/pnpm -C clients lint

## Encoding, uploads and origin, each beside its yardstick in one run
bench:
	@scripts/setup test
	@$(MAKE) --no-print-directory build
	@tests/bench/run

fmt:
	@$(IN) cargo fmt --all
	@scripts/pnpm -C clients fmt

build: web
	@$(IN) cargo build --release --locked -p nang

web:
	@scripts/pnpm -C clients install --frozen-lockfile --loglevel=error
	@scripts/pnpm -C clients build

## Renews .sqlx, the committed record of every checked query
sqlx:
	@scripts/with-postgres scripts/sqlx prepare

## Twenty films, each with one kill -9 somewhere
faults:
	@scripts/setup test
	@NANG_FAULT_RUNS=20 scripts/test faults
