"""Run the `callboard` command with `python -m callboard`."""

from callboard.cli import main

main()
