# `make table` runs the homework, and `make test` the linters and tests. `make torture` repeats the
# tests of faults and invalid input many times, for about an hour; `make reference` trains what
# `sweep check` compares tables of the homework with; `make lowest` tries the lowest
# versions of all libraries that pyproject.toml allows. Each command first sets up what it needs; set
# PYTHON to choose the interpreter (3.11 or later).

PYTHON ?= python3
BIN := .venv/bin
INSTALL = VIRTUAL_ENV=.venv $(BIN)/uv pip install --compile-bytecode # in half of the time of pip

# How often `make torture` repeats each test, as in `make torture KILLS=20`; SEED varies the timing.
KILLS ?= 200
INTERRUPTS ?= 20
FOURS ?= 20
COLD_SWEEPS ?= 4
CORRUPTIONS ?= 200
DISKS ?= 3
FUZZ ?= 5000
OPTUNA_KILLS ?= 10
OPTUNA_POINTS ?= 100
OPTUNA_WORKERS ?= 8
POOL_KILLS ?= 20
AXE_VARIANTS ?= 4
FIGURES ?= 1
ENGINES ?= 200
LAB_EPOCHS ?= 10000
SEED ?= 0
COUNTS := KILLS INTERRUPTS FOURS COLD_SWEEPS CORRUPTIONS DISKS FUZZ OPTUNA_KILLS OPTUNA_POINTS \
	OPTUNA_WORKERS POOL_KILLS AXE_VARIANTS FIGURES ENGINES LAB_EPOCHS SEED

.PHONY: table test pytest torture reference lowest check clean

table: .venv/installed
	$(BIN)/sweep assignment
	@echo "From now on: $(BIN)/sweep --help, or source $(BIN)/activate and then sweep --help"

test: .venv/tested
	$(MAKE) --jobs 2 check pytest

pytest: .venv/tested
	$(BIN)/python -m pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder

torture: .venv/tested
	$(foreach name,$(COUNTS),SWEEP_$(name)=$($(name))) $(BIN)/python -m pytest -s -m "" \
		tests/studies_tests/test_faults.py tests/studies_tests/test_interruptions.py \
		tests/studies_tests/test_fuzz.py tests/studies_tests/test_extremes.py \
		tests/studies_tests/test_forged.py tests/studies_tests/test_links.py \
		tests/studies_tests/test_current_folder.py tests/studies_tests/test_shared.py \
		tests/studies_tests/test_surroundings.py tests/reports_tests/test_other_texts.py \
		tests/sweep_tests/test_store.py tests/sweep_tests/test_process_pool.py \
		tests/sweep_tests/test_optuna.py tests/sweep_tests/test_dask_runner.py \
		tests/studies_tests/test_assignment.py tests/studies_tests/test_ranges.py \
		tests/studies_tests/test_page.py tests/studies_tests/test_study_pages.py \
		tests/studies_tests/test_lab.py tests/studies_tests/test_listening.py \
		tests/studies_tests/test_benchmark.py \
		tests/reports_tests/test_page_training.py tests/network_tests/test_engines_agree.py

reference: .venv/installed
	$(BIN)/python -m studies.checking.references.shipped

lowest: .venv-lowest/installed
	.venv-lowest/bin/python -m pytest -W default -k "same_bytes or homeworks_grid or test_store" \
		tests/studies_tests/test_assignment.py tests/studies_tests/test_shared.py \
		tests/network_tests/test_engines_agree.py tests/sweep_tests/test_store.py
	.venv-lowest/bin/sweep assignment --quiet --out .venv-lowest/run

check: .venv/tested
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

clean:
	rm -rf .venv .venv-lowest build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

.venv/bin/python:
	$(PYTHON) -c "import sys; sys.exit('Python 3.11 or later is needed; try make PYTHON=python3.12' if sys.version_info < (3, 11) else 0)"
	$(PYTHON) -m venv .venv

.venv/bin/uv: | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv

.venv/installed: pyproject.toml | .venv/bin/uv
	$(INSTALL) --editable .
	touch $@

.venv/tested: pyproject.toml | .venv/bin/uv
	$(INSTALL) --editable ".[test]"
	touch $@ .venv/installed

# The oldest versions have wheels for Python 3.11 and 3.12 only.
.venv-lowest/installed: pyproject.toml
	$(PYTHON) -m venv .venv-lowest
	.venv-lowest/bin/python -m pip install --quiet --disable-pip-version-check uv
	VIRTUAL_ENV=.venv-lowest .venv-lowest/bin/uv pip install --quiet \
		--resolution lowest-direct --only-binary :all: --editable ".[dask,postgres]" \
		"pytest>=8.2" "hypothesis>=6.100"
	touch $@
