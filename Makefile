# The two commands are `make table`, the homework, and `make test`. `make torture` is the tests of
# faults and of bad input with large counts, an hour of them. All set up what they need in
# .venv first; set PYTHON to choose another interpreter (3.11 or later).

PYTHON ?= python3
BIN := .venv/bin

# How often `make torture` tries, such as make torture KILLS=20; SEED chooses other moments.
KILLS ?= 200
INTERRUPTS ?= 20
FOURS ?= 20
COLD_SWEEPS ?= 4
CORRUPTIONS ?= 200
DISKS ?= 3
FUZZ ?= 5000
OPTUNA_KILLS ?= 10
OPTUNA_POINTS ?= 100
SEED ?= 0
COUNTS := KILLS INTERRUPTS FOURS COLD_SWEEPS CORRUPTIONS DISKS FUZZ OPTUNA_KILLS OPTUNA_POINTS SEED

.PHONY: table test torture check clean

table: .venv/installed
	$(BIN)/sweep assignment

test: .venv/tested check
	$(BIN)/python -m pytest --numprocesses 3 --dist loadfile

torture: .venv/tested
	$(foreach name,$(COUNTS),SWEEP_$(name)=$($(name))) $(BIN)/python -m pytest -s \
		tests/studies_tests/test_faults.py tests/studies_tests/test_interruptions.py \
		tests/studies_tests/test_fuzz.py tests/studies_tests/test_extremes.py \
		tests/sweep_tests/test_store.py tests/sweep_tests/test_process_pool.py \
		tests/sweep_tests/test_optuna.py

check: .venv/tested
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

clean:
	rm -rf .venv build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

.venv/bin/python:
	$(PYTHON) -c "import sys; sys.exit('Python 3.11 or later is needed; try make PYTHON=python3.12' if sys.version_info < (3, 11) else 0)"
	$(PYTHON) -m venv .venv

.venv/installed: pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	touch $@

.venv/tested: pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[test]"
	touch $@ .venv/installed
