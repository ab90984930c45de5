# `make help` lists the targets. Everything else that is needed comes by itself.
PYTHON ?= python3
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: help env demo test soak check lint bench clean

help: ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 10

env: .venv/.ready ## build the virtual environment in .venv/ (the other targets call it)

.venv/.ready: pyproject.toml .ci/constraints.txt .ci/env
	@PYTHON="$(PYTHON)" sh .ci/env

demo: env ## fetch data and model, build the demo, and make two recommendations
	@$(BIN)/handpicked demo

test: env ## fetch what the tests need, then run them without a network
	@$(BIN)/handpicked assets fetch --quiet
	@$(BIN)/pytest -q -n 2 --dist loadfile

soak: env ## the long tests: kills in the middle, two writers, big files, full disks
	@$(BIN)/handpicked assets fetch --quiet
	@$(BIN)/pytest -q -m soak

lint: env ## formatting, lint and types
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/basedpyright

check: lint test ## all that a change must pass

bench: env ## speed and memory of each step, on the demo (run `make demo` first)
	@$(BIN)/python -m handpicked.eval.bench

clean: ## remove the environment and what tools left behind (the workspace stays)
	rm -rf .venv .pytest_cache .ruff_cache *.egg-info build dist
