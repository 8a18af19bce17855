# Two commands do all the set-up: `make solve` and `make check`. Python 3.11 or later, pip and make are all they need.
PYTHON ?= python3
VENV ?= .venv
CASE ?= inputs/base
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet install

.PHONY: solve check bench generated lock clean

solve: $(VENV)/core  ## solve the shipped case and print the answer
	$(BIN)/supplychain solve $(CASE)

check: $(VENV)/dev  ## run every test and check
	$(BIN)/ruff format --check --quiet supplychain tests
	$(BIN)/ruff check --quiet supplychain tests
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest --numprocesses auto

bench: $(VENV)/dev  ## measure, side by side, on this machine
	$(BIN)/python tests/bench/bench_solve.py $(CASE)

generated: $(VENV)/dev  ## write inputs/README.md and every datapackage.json from the schema
	$(BIN)/python tests/generated.py --write

lock: $(VENV)/dev  ## pin the newest versions that pyproject.toml allows, with hashes; needs uv
	uv pip compile pyproject.toml --group build $(LOCK) -o requirements.lock
	uv pip compile pyproject.toml --group build --group dev $(LOCK) -c requirements.lock -o requirements-dev.lock

LOCK := --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url --quiet --upgrade

clean:
	rm -rf $(VENV)

$(VENV)/core: requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(PIP) --require-hashes -r requirements.lock
	$(PIP) --no-deps --no-build-isolation --editable .
	touch $@

$(VENV)/dev: $(VENV)/core requirements-dev.lock
	$(PIP) --require-hashes -r requirements-dev.lock
	touch $@
