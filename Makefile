# The commands of a developer. Each target installs what it needs; caches are outside the clone (scripts/env).
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
IN := . scripts/env;

.PHONY: run demo check test lint bench fmt build web sqlx faults sync deb deb-trial book

## Installs missing packages, builds and starts Nang, imports a sample film, and prints where to watch it
run:
	@scripts/setup run
	@scripts/pages
	@scripts/cargo-build --profile quick --locked -p nang
	@scripts/run

## Adds 40 made-up films to the server that `make run` started; DATA=DIR names another data folder
demo:
	@scripts/cargo-build --profile quick --locked -p tools
	@scripts/demo $(DATA)

## Quick checks before a commit: formatting, clippy, unit tests
check:
	@scripts/setup test
	@scripts/check

## All tests: Rust, TypeScript, the OpenAPI description, uploads, faults, browser
test:
	@scripts/setup test
	@scripts/test

## Formatting, clippy, queries, documentation, licences, TypeScript, deployment and book
lint:
	@scripts/setup test
	@scripts/lint

## Benchmarks: each measures Nang and its yardstick in the same run
bench: web
	@scripts/setup test
	@$(IN) cargo build --release --locked -p nang -p tools
	@tests/bench/run

fmt:
	@$(IN) cargo fmt --all
	@scripts/pnpm -C clients fmt

## Builds the optimised binary for a server
build: web
	@scripts/cargo-build --release --locked -p nang

## Makes the Debian package
deb: build
	@scripts/setup deb
	@scripts/deb

## Tries the package on bare Debian 12 machines (as root): installs, plays a film, upgrades, downgrades, purges; then moves the film to an
## object store, adds workers, kills roles and restores a backup. FORMER=FILE is an older package
deb-trial: deb
	@scripts/deb-trial $(FORMER)
	@scripts/deb-trial-several

## Builds the book (docs/) in target/book
book:
	@"$$(scripts/deploy-tools)"/bin/mdbook build docs

web:
	@scripts/pages

## Updates .sqlx, the committed record of every checked query
sqlx:
	@scripts/with-postgres scripts/sqlx prepare

## Fault tests: twenty films, each with one kill -9 at a random moment
faults:
	@scripts/setup test
	@NANG_FAULT_RUNS=20 scripts/test faults

## Audio, video and subtitles in every player: all frame rates and profiles, and a film of two hours
sync: web
	@scripts/setup sync
	@$(IN) cargo build --release --locked -p nang
	@$(IN) NANG_SYNC=all NANG_SHAKA="$$(tests/sync/shaka)" NANG_BIN="$$CARGO_TARGET_DIR/release/nang" node --test --test-concurrency=1 tests/sync/*.test.mjs
