"""Start JupyterLab on the page of all lessons: python tools/start_lab.py [JupyterLab options]

Without a display, over SSH, in CI and as root no browser is opened: JupyterLab prints the address.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


# Defaults of JupyterLab's, which a reader's own settings go before: no question about news and none
# before all is run anew, Markdown shown as it reads, dials kept with a notebook that is saved.
DEFAULTS = ROOT / "tools" / "lab"
FIRST_PAGE = "notebooks/README.md"


def config_path(environ: Mapping[str, str]) -> str:
    """Return where Jupyter looks for settings, besides those of the reader."""
    return os.pathsep.join(filter(None, [str(DEFAULTS), environ.get("JUPYTER_CONFIG_PATH")]))


def threads(environ: Mapping[str, str]) -> dict[str, str]:
    """Return how many threads NumPy's and PyTorch's products have, where the reader says nothing.

    One is the quickest for the lessons' small matrices: a second has little to do, and where
    another program wants its core the first waits for it.
    """
    names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS")
    return {name: environ.get(name, "1") for name in names}


def has_browser(environ: Mapping[str, str], platform: str) -> bool:
    """Tell whether a browser that is opened here would be seen by the reader."""
    if "CI" in environ or "SSH_CONNECTION" in environ:
        return False
    return platform != "linux" or "DISPLAY" in environ or "WAYLAND_DISPLAY" in environ


def lab_options(root: Path, environ: Mapping[str, str], platform: str, is_root: bool) -> list[str]:
    """Return the options that JupyterLab is started with."""
    if not (root / FIRST_PAGE).is_file():
        sys.exit(f"start_lab: there is no {FIRST_PAGE} in {root}")
    options = [f"--ServerApp.root_dir={root}", f"--LabApp.default_url=/lab/tree/{FIRST_PAGE}"]
    if is_root:
        options.append("--allow-root")
    if is_root or not has_browser(environ, platform):
        options.append("--no-browser")
    return options


def main() -> None:
    from jupyterlab.labapp import LabApp

    os.environ["JUPYTER_CONFIG_PATH"] = config_path(os.environ)
    os.environ |= threads(os.environ)
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    options = lab_options(ROOT, os.environ, sys.platform, is_root)
    given = {option.partition("=")[0] for option in sys.argv[1:]}  # these go before ours
    options = [option for option in options if option.partition("=")[0] not in given]
    LabApp.launch_instance(options + sys.argv[1:])


if __name__ == "__main__":
    main()
