# What a person types. Each target installs what it needs; caches are outside the clone (scripts/env).
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
IN := . scripts/env;

.PHONY: run demo check test lint bench fmt build web sqlx faults

## Installs what is missing, builds, starts everything, brings a sample film to ready, prints where to watch it
run:
	@scripts/setup run
	@scripts/pages
	@scripts/cargo-build --profile quick --locked -p nang
	@scripts/run

## Fills the server that `make run` started with 40 made-up films; DATA=DIR names another data folder
demo:
	@scripts/cargo-build --profile quick --locked -p tools
	@scripts/demo $(DATA)

## A quick look before a commit: formatting, clippy, unit tests
check:
	@scripts/setup test
	@scripts/check

## All tests: Rust, TypeScript, the OpenAPI description, uploads, faults, browser
test:
	@scripts/setup test
	@scripts/test

## Formatting, clippy, queries, documentation, licences, TypeScript
lint:
	@scripts/setup test
	@scripts/lint

## Encoding, uploads and origin, each beside its yardstick in one run
bench: web
	@scripts/setup test
	@$(IN) cargo build --release --locked -p nang -p tools
	@tests/bench/run

fmt:
	@$(IN) cargo fmt --all
	@scripts/pnpm -C clients fmt

## The binary for a server of one's own, as small and as fast as it gets
build: web
	@scripts/cargo-build --release --locked -p nang

web:
	@scripts/pages

## Renews .sqlx, the committed record of every checked query
sqlx:
	@scripts/with-postgres scripts/sqlx prepare

## Twenty films, each with one kill -9 somewhere
faults:
	@scripts/setup test
	@NANG_FAULT_RUNS=20 scripts/test faults
