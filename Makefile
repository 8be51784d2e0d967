# Plantwright. `make run` and `make test` do all of their own set-up on a fresh Debian 12 with Swift 6.3.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help run build check-release test bench format lint clean

# Options of `plantwright demo`, as in: make run ARGS="--listen 127.0.0.1:8090"
ARGS ?=

help: ## Show these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## Build and run the demo plant; prints the address and a sign-in link
	@exec .build/release/plantwright demo $(ARGS)

build: ## Build .build/release/plantwright
	@Scripts/set-up run
	@Scripts/build

check-release: build ## Search the built executable for locks that the optimiser misplaced
	@Scripts/check-suspensions

test: ## Run every check and test
	@Scripts/set-up test
	@Scripts/test

bench: build ## Run the benchmarks
	@if [ -x Benchmarks/run ]; then exec Benchmarks/run; else echo "There is no Benchmarks/run yet." >&2; exit 1; fi

format: ## Format all Swift files in place
	swift format --in-place --configuration .swift-format --recursive Sources Tests Package.swift

lint: ## Run the checks that need no build
	@Scripts/set-up test
	@Scripts/check-architecture
	@Scripts/check-format
	@Scripts/check-javascript

clean: ## Remove what was built; data, browser parts and .venv stay
	rm -rf .build
