# Thin on purpose: what takes more than a line lives in scripts/ or in the tools' configuration.

# Bytecode saves seconds at every start of TensorFlow; the others would change what Python sees.
unexport PYTHONDONTWRITEBYTECODE PYTHONHOME PYTHONPATH PYTHONSAFEPATH

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup run test check lint format bench crashes lock clean

BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest
# A file of tests is one process's, because its tests share what it set up. A pipeline under test takes
# 2 GB, so there are not as many processes as cores.
PARALLEL := --numprocesses=2 --dist=loadfile

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup:  ## make or mend .venv from the lock files (PYTHON=... chooses the interpreter)
	@scripts/setup

run: setup  ## run the taxi pipeline, serve its model and query it
	@scripts/first-run

test: lint  ## everything: lint, types, layers, unit and end-to-end tests, with coverage
	$(PYTEST) $(PARALLEL) --cov --cov-report=term tests/unit tests/e2e

check: lint  ## the quick part: lint, types, layers, unit tests
	$(PYTEST) $(PARALLEL) --quiet tests/unit

lint: setup  ## style, format, types and layers only
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

format: setup  ## bring the code into its format
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: setup  ## time the pipeline beside stock TFX
	$(PYTEST) --capture=no tests/benchmarks

crashes: setup  ## strike every node with every kind of crash, and hold it against docs/crashes.md
	$(PYTEST) -m crashes tests/e2e/test_crashes.py

lock:  ## write the lock files anew from setup.py (UPGRADE=1, or UPGRADE="tfx keras", moves pins)
	@scripts/lock

clean:  ## remove caches and build leftovers, not .venv and not .tidemill
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .coverage .coverage.* build dist *.egg-info
	find components pipeline serving examples scripts tests -name __pycache__ -prune -exec rm -rf {} +
