# Everything works from a fresh clone: what is missing is set up first.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON_HERE := .venv/bin/python
SETUP := .venv/.setup-stamp
SETUP_TESTS := .venv/.setup-tests-stamp
ARGS ?=

.PHONY: help setup run test check bench clean
help:
	@echo 'make setup   make this folder ready to run (done by the others where needed)'
	@echo 'make run     open the window; ARGS="--help" lists its options'
	@echo 'make test    run the tests; ARGS="-k name" chooses'
	@echo 'make check   lint, format, types, direction of imports'
	@echo 'make bench   measure, within 20 minutes; ARGS="scaling" chooses, ARGS="--quick" only tries'
	@echo 'make clean   remove what the others made, .venv too'

setup: $(SETUP)

# An environment that no longer starts is made again, whatever the stamp says.
ifeq ($(shell $(PYTHON_HERE) -c 'print("runs")' 2>/dev/null),)
.PHONY: $(SETUP)
endif
$(SETUP): pyproject.toml scripts/setup.sh
	@bash scripts/setup.sh
	@touch $@

$(SETUP_TESTS): scripts/setup.sh | $(SETUP)
	@bash scripts/setup.sh tests
	@touch $@

run: $(SETUP)
	@.venv/bin/mlp-viz $(ARGS)

test: $(SETUP) $(SETUP_TESTS)
	$(PYTHON_HERE) -m pytest $(ARGS)

check: $(SETUP)
	$(PYTHON_HERE) -m ruff check
	$(PYTHON_HERE) -m ruff format --check
	$(PYTHON_HERE) -m mypy
	.venv/bin/lint-imports

# Without a virtual display one benchmark is left out, and says so.
bench: $(SETUP)
	@bash scripts/setup.sh tests || true
	$(PYTHON_HERE) -m benchmarks $(ARGS)

clean:
	rm -rf .venv build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
