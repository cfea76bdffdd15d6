"""`python -m lessons_lib` is the `lessons` command."""

from lessons_lib.cli import main

main()
