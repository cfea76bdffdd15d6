"""This package as a wheel, for graders that cannot install it by its name: no index has it yet."""

import csv
import importlib.metadata
import importlib.util
import io
import subprocess
import sys
import zipfile
from pathlib import Path

from lessons_lib.grading.export.assignment import PACKAGE

CHECKOUT = Path(__file__).resolve().parents[3]  # unless the package is installed as a wheel
OF_THE_INSTALLER = ("INSTALLER", "REQUESTED", "direct_url.json")


def make_wheel(folder: Path) -> Path:
    """Make a wheel of this package: built in its checkout, or of the files that are installed.

    Raises:
        RuntimeError: if it cannot be built.
    """
    if not (CHECKOUT / "pyproject.toml").is_file():
        return pack(PACKAGE, folder)
    if importlib.util.find_spec("hatchling"):  # what pip would fetch
        build = ["hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    else:
        build = ["pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(CHECKOUT)]
    done = subprocess.run(
        [sys.executable, "-m", *build], cwd=CHECKOUT, capture_output=True, text=True
    )
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip() or "it failed").splitlines()[-1]
        raise RuntimeError(f"--wheel: the wheel cannot be built ({said}); give one with --wheel")
    (wheel,) = folder.glob("*.whl")
    return wheel


def pack(name: str, folder: Path) -> Path:
    """An installed distribution as the wheel that it was installed from."""
    installed = importlib.metadata.distribution(name)
    (tag,) = (installed.read_text("WHEEL") or "").partition("Tag: ")[2].splitlines()[:1]
    stem = f"{name.replace('-', '_')}-{installed.version}"
    record = io.StringIO()
    writer = csv.writer(record, lineterminator="\n")
    path = folder / f"{stem}-{tag}.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in installed.files or ():
            # What lies elsewhere are commands, which an installer makes anew.
            if ".." in file.parts or file.suffix == ".pyc" or file.name in OF_THE_INSTALLER:
                continue
            is_record = file.name == "RECORD"
            coded = f"{file.hash.mode}={file.hash.value}" if file.hash else ""
            writer.writerow([file, "" if is_record else coded, file.size or ""])
            if not is_record:
                archive.write(str(installed.locate_file(file)), str(file))
        archive.writestr(f"{stem}.dist-info/RECORD", record.getvalue())
    return path
