"""``python -m rmpl``: the same as ``rmpl``."""

from rmpl.cli.main import main

main()
