"""`python -m lessons_lib` is the `lessons` command.

Started like this, Python looks for modules in the current folder first, and a folder of submissions
may hold a `weakref.py`. From here on it looks there no more; what it has imported before may have
been such a file, so none is worked beside.
"""

import sys

if not sys.flags.safe_path:
    del sys.path[0]

from lessons_lib.start import main

main(looked_here=not sys.flags.safe_path)
