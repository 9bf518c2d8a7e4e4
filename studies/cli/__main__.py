"""Runs ``python -m studies.cli``."""

from studies.cli.main import main

main()
