"""Start JupyterLab on the first page of the course: python tools/start_lab.py [JupyterLab options]

Without a display, over SSH, in CI and as root no browser is opened: JupyterLab prints the address.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

ROOT = Path(__file__).resolve().parent.parent


def first_page(root: Path) -> str:
    """Return the address of the first notebook below JupyterLab's own."""
    notebooks = sorted(path.name for path in (root / "notebooks").glob("*.ipynb"))
    if not notebooks:
        sys.exit(f"start_lab: there is no notebook in {root / 'notebooks'}")
    return f"/lab/tree/notebooks/{quote(notebooks[0])}"


def has_browser(environ: Mapping[str, str], platform: str) -> bool:
    """Tell whether a browser that is opened here would be seen by the reader."""
    if "CI" in environ or "SSH_CONNECTION" in environ:
        return False
    return platform != "linux" or "DISPLAY" in environ or "WAYLAND_DISPLAY" in environ


def lab_options(root: Path, environ: Mapping[str, str], platform: str, is_root: bool) -> list[str]:
    """Return the options that JupyterLab is started with."""
    options = [f"--ServerApp.root_dir={root}", f"--LabApp.default_url={first_page(root)}"]
    if is_root:
        options.append("--allow-root")
    if is_root or not has_browser(environ, platform):
        options.append("--no-browser")
    return options


def main() -> None:
    from jupyterlab.labapp import LabApp

    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    options = lab_options(ROOT, os.environ, sys.platform, is_root)
    LabApp.launch_instance(options + sys.argv[1:])


if __name__ == "__main__":
    main()
