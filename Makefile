# Each target does its own set-up first; a second run reuses what is there. `make help` lists them.

PYTHON ?= $(shell tools/find_python.sh)
BIN := .venv/bin
READY := .venv/.ready

.DEFAULT_GOAL := help
.PHONY: help setup demo pyz test lint format show bench interop soak clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 10

setup: $(READY) ## make .venv with the program: .venv/bin/pratique

$(READY): requirements-dev.lock pyproject.toml tools/make_venv.sh tools/apt.sh
	tools/make_venv.sh "$(PYTHON)"
	@touch $@

demo: $(READY) ## run the main job on three real images and keep it in build/demo
	tools/need_debian.sh demo
	$(BIN)/python -m demo

pyz: $(READY) ## build build/pratique-verify.pyz: the proof's verifier as one file, needing only cryptography
	$(BIN)/python -m tools.make_pyz build/pratique-verify.pyz

test: lint ## everything that must hold before a change lands
	tools/need_debian.sh test
	$(BIN)/pytest -n 2 --dist loadfile

lint: $(READY) ## style, types and floors
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

format: $(READY) ## rewrite what ruff can put right by itself
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

show: $(READY) ## print every figure we promise, and fail where one falls short
	tools/need_debian.sh test
	$(BIN)/python -m tools.show

bench: $(READY) ## print speeds as ratios to a yardstick in the same run
	$(BIN)/python -m bench

interop: $(READY) ## ask tools and registries that others wrote in Go, built where Go is (minutes, once)
	tests/interop/build.sh
	$(BIN)/pytest tests/interop

soak: $(READY) ## the long, exhaustive tests
	tools/need_debian.sh test
	$(BIN)/pytest -m soak

clean: ## remove what the targets made, except .venv
	rm -rf build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache src/*.egg-info
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
