# The two commands are `make table`, the homework, and `make test`. Both set up what they need in
# .venv first; set PYTHON to choose another interpreter (3.11 or later).

PYTHON ?= python3
BIN := .venv/bin

.PHONY: table test check clean

table: .venv/installed
	$(BIN)/sweep assignment

test: .venv/tested check
	$(BIN)/python -m pytest --numprocesses 3 --dist loadfile

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
