# `make` lists the commands. All of them work in .venv, which is made and kept up to date on the way.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?=
WORKERS ?= 2

# Each command below finds .venv's programs first, as DVC's stages do. Nothing is sent to anybody.
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export DVC_NO_ANALYTICS := 1
# Threads of libraries that wait leave their cores to others.
export OMP_WAIT_POLICY := passive
unexport VIRTUAL_ENV PYTHONHOME PYTHONPATH PYTHONDONTWRITEBYTECODE

OURS := $(wildcard src tests benchmarks)
READY := .venv/.ready$(if $(PYTHON),-for$(subst /,_,$(PYTHON)))

.PHONY: help setup run test check lint accept bench clean

help: ## list the commands
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1\t\2/p' Makefile | expand -t 16

setup: $(READY) ## make .venv (PYTHON=python3.12 chooses the Python)

$(READY): pyproject.toml constraints.txt .ci/setup
	@.ci/setup $(PYTHON)
	@rm -f .venv/.ready* && touch $@

run: setup ## take the example from its notebook to its metrics
	@test -f .dvc/config || dvc init --quiet
	nbstage convert
	dvc repro
	@echo
	dvc metrics show --json | python -m json.tool
	@echo
	@echo 'Where to look:'
	@echo '  notebooks/churn.ipynb   the analysis, the only file edited by hand'
	@echo '  pipeline/               a module for each stage; dvc.yaml ties them together'
	@echo '  params.yaml             change a value, run `make run` again: only what depends on it runs'
	@echo '  metrics/, plots/        the numbers and the curves; predictions/ has a row for each test customer'

test: setup lint ## all tests, with coverage
	@echo 'tests'
	@# Projects of tests compile nothing, and start nbstage many hundred times.
	@python -m compileall -q src
	@pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder --cov --cov-report=term-missing:skip-covered tests
	@echo 'notebooks'
	@pytest --nbval-lax --nbval-current-env notebooks & pytest --nbval --nbval-current-env examples && wait $$!

check: setup lint ## what is fast: style, types, layers and unit tests
	@pytest -n $(WORKERS) -m 'not slow' tests/unit

lint: setup
	@echo 'style, types, layers'
	@ruff check --quiet $(OURS)
	@ruff format --check --quiet $(OURS)
	@mypy $(OURS)
	@lint-imports --no-logo > .venv/lint-imports.txt || { cat .venv/lint-imports.txt; exit 1; }
	@# What the tool writes, and what it writes from: ruff as it comes (but here it would take src/nbstage for
	@# the project's own package). Code moved into a function is 4 columns wider.
	@ruff format --check --quiet --isolated --line-length 84 notebooks examples
	@ruff check --quiet --isolated --config 'src = ["."]' notebooks pipeline
	@# The examples' imports stand in the order in which somebody came to need them.
	@ruff check --quiet --isolated --ignore I001 examples
	@ruff format --check --quiet --isolated pipeline
	@mypy pipeline

accept: setup ## rewrite the golden files with what the tool writes now
	pytest -m 'not slow' --accept tests

bench: setup ## measure the speed
	python -m benchmarks
	python -m benchmarks.repro

clean: ## remove .venv and the tools' caches
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage*
