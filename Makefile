# Needs only Python 3.11 or newer and make. `make help` lists the targets.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
PYTEST := $(BIN)/python -m pytest
ONLY ?=

.DEFAULT_GOAL := help
.PHONY: help install install-dev run test bars check docs bench bench-full clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(VENV)/.installed ## Make .venv with the program in it: .venv/bin/fairlead
install-dev: $(VENV)/.installed-dev ## The same, with what tests and checks need

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Fairlead needs Python 3.11 or newer; name one with: make PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(VENV)/bin/python pyproject.toml constraints.txt
	$(PIP) install --quiet --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(PIP) install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@

run: install ## Start the server on http://127.0.0.1:8000, with its data in ./.data
	$(BIN)/fairlead serve --data .data --fall-back

test: install-dev ## Run all tests that need no system packages
	$(PYTEST) -m 'not bars and not system and not long' -n auto --dist loadfile

bars: install-dev ## Show every promise at its full size; what has passed is not run again until something changes
	$(PYTEST) -m bars --resume

check: install-dev ## Style, types, import directions, lock files
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/check_repository.py

docs: install-dev ## Make the generated pages and the schema anew
	$(BIN)/python -m fairlead.settings > docs/settings.md
	$(BIN)/python -m fairlead.http.snov.endpoints > docs/coverage.md
	$(BIN)/python -m fairlead.webhooks.schemas > docs/reference/webhooks.md
	$(BIN)/python -m fairlead.db.schema > src/fairlead/db/schema.sql

bench: install-dev ## All benchmarks at a tenth of their size, as one table
	$(BIN)/python benchmarks/all.py --scale 0.1 $(ONLY)

bench-full: install-dev ## All benchmarks, or ONLY=name, at their stated size
	$(BIN)/python benchmarks/all.py --scale 1 $(ONLY)

clean: ## Remove what was built; data stays
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .bars
