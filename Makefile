# Thin on purpose: what takes more than a line lives in scripts/ or in the tools' configuration.

# Bytecode saves seconds at every start of TensorFlow; the others would change what Python sees.
unexport PYTHONDONTWRITEBYTECODE PYTHONHOME PYTHONPATH PYTHONSAFEPATH

.DEFAULT_GOAL := help
# What `make check` runs side by side may; of everything else one target follows the other.
ifndef SIDE_BY_SIDE
.NOTPARALLEL:
endif
.PHONY: help setup run test coverage check lint unit unit-tensorflow format bench crashes image test-cluster lock clean

BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest
# A file of tests is one process's, because its tests share what it set up. A pipeline under test takes
# 2 GB, so there are not as many processes as cores. In their own order, files that have few tests but
# slow ones do not all come last.
PARALLEL := --numprocesses=2 --dist=loadfile --no-loadscope-reorder
TESTS := $(PARALLEL) tests/unit tests/tensorflow tests/e2e

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup:  ## make or mend .venv from the lock files (PYTHON=... chooses the interpreter)
	@scripts/setup

run: setup  ## run the taxi pipeline, serve its model and query it
	@scripts/first-run

test: lint  ## everything: lint, types, layers, unit and end-to-end tests
	$(PYTEST) $(TESTS)

# With Python 3.11 a pipeline takes half as long again while it is looked at.
coverage: setup  ## the same tests, with a figure of what they cover, child processes included
	$(PYTEST) --cov --cov-report=term $(TESTS)

check:  ## the quick part: lint, types, layers, unit tests
	@$(MAKE) --no-print-directory --keep-going --jobs=3 --output-sync=line SIDE_BY_SIDE=1 lint unit unit-tensorflow

unit: setup
	$(PYTEST) $(PARALLEL) --quiet tests/unit

# Each process that collects them imports TensorFlow, for seconds: so it is one.
unit-tensorflow: setup
	$(PYTEST) --quiet tests/tensorflow

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

# What the image is made of, without a container engine; needs root and debootstrap. docs/image.md.
image: setup  ## make the image's files with scripts/image/build-tree and try them
	scripts/image/build-tree build/image
	$(PYTEST) tests/image --tree build/image

test-cluster: setup  ## run the taxi pipeline's tasks as pods of the cluster of KUBECONFIG
	@scripts/test-cluster

lock:  ## write the lock files anew from setup.py (UPGRADE=1, or UPGRADE="tfx keras", moves pins)
	@scripts/lock

clean:  ## remove caches and build leftovers, not .venv and not .tidemill
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .coverage .coverage.* build dist *.egg-info
	find components pipeline serving examples scripts tests -name __pycache__ -prune -exec rm -rf {} +
