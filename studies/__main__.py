"""The command ``sweep`` where it is not on the path: ``python -m studies``."""

from studies.cli.main import main

main()
