"""`python -m lessons_lib` is the `lessons` command.

Started like this, Python looks for modules in the current folder first, and a folder of submissions
may hold a `weakref.py`. From here on it looks there no more; what it has imported before may have
been such a file, so none is worked beside.
"""

import sys

if not sys.flags.safe_path:
    del sys.path[0]

    import os

    with os.scandir() as here:
        for file in here:
            is_module = file.name.endswith((".py", ".pyc", ".so", ".pyd")) or os.path.isfile(
                os.path.join(file.name, "__init__.py")
            )
            if is_module and file.name.split(".")[0] in sys.stdlib_module_names:
                said = f"{file.name!r} in the current folder goes before Python's own module"
                advice = "give the command as `lessons`, or go to another folder"
                print(f"lessons: {said}; {advice}", file=sys.stderr)
                sys.exit(2)

from lessons_lib.cli import main

main()
