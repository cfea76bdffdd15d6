"""Folders in folders, deeper than a path can be long."""

import os
from collections.abc import Iterator


def folders(top: str, name: str, depth: int) -> Iterator[int]:
    """Make folders of one name in each other; gives a descriptor of each as it is there."""
    here = os.open(top, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir(name, dir_fd=here)
        inner = os.open(name, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
        yield here
    os.close(here)
