"""Files that are downloaded once, or put into the data home by hand; checked at each use."""

import hashlib
import os
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs

from lessons_lib.files import write_atomically

TIMEOUT = 15  # seconds without a single byte before a download is given up
RETRIES = 1


@dataclass(frozen=True)
class SourceFile:
    """A file that is downloaded once, or put into the data home by hand.

    Attributes:
        address: where it is downloaded from.
        sha256: checksum of the whole file, in hexadecimal.
        size: in bytes.
        places: where it may lie below the data home; a download goes to the first.
    """

    address: str
    sha256: str
    size: int
    places: tuple[str, ...]


def find_data_home(data_home: str | os.PathLike[str] | None = None) -> Path:
    """The folder for downloaded texts; it need not exist yet.

    Args:
        data_home: the folder; None stands for $LESSONS_DATA_HOME, or if that is not set for the
            platform's cache folder.

    Raises:
        ValueError: if it is a file.
    """
    source = "data_home"
    if data_home is None:
        source = "$LESSONS_DATA_HOME"
        data_home = os.environ.get("LESSONS_DATA_HOME") or platformdirs.user_cache_dir(
            "memory-gates", appauthor=False
        )
    home = Path(data_home).expanduser().absolute()
    if home.exists() and not home.is_dir():
        raise ValueError(f"{source}: expected a folder, got the file {home}")
    return home


def is_in_home(file: SourceFile, home: Path) -> bool:
    """Whether the file, with the right checksum, lies in the data home."""
    return any(_checksum(path) == file.sha256 for path in _found(file, home))


def obtain(file: SourceFile, home: Path) -> Path:
    """Path of the file in the data home, after downloading it if it is not there yet.

    Args:
        file: what is wanted.
        home: the data home, as `find_data_home` gives it.

    Raises:
        FileNotFoundError: if it cannot be downloaded; the message names the address, the place to
            put the file by hand, and its checksum.
        ValueError: if another file lies in this one's place.
        OSError: if the data home cannot be written.
    """
    found = _found(file, home)
    for path in found:
        if _checksum(path) == file.sha256:
            return path
    if found:
        raise ValueError(
            f"{found[0]}: wrong checksum, expected sha256 {file.sha256}, "
            f"got {_checksum(found[0])}; move the file away or put the right one there"
        )
    target = home / file.places[0]
    _check_writable(target.parent)
    _download(file, target)
    return target


def _found(file: SourceFile, home: Path) -> list[Path]:
    return [home / place for place in file.places if (home / place).is_file()]


def _checksum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _download(file: SourceFile, target: Path) -> None:
    import pooch  # here, so that a reader who has the files does not wait for these imports
    from tqdm import tqdm

    pooch.get_logger().setLevel("WARNING")  # the progress bar says it all
    # disable=None: no bar where standard error is not a terminal
    progress = tqdm(total=file.size, desc=target.name, unit="B", unit_scale=True, disable=None)
    answers: list[Any] = []  # the last one is what came, those before it led there
    try:
        # Elsewhere first, so that even a killed process leaves no part of a file in the data home.
        with progress, tempfile.TemporaryDirectory() as scratch, ExitStack() as responses:
            store = pooch.create(
                scratch,
                base_url="",
                registry={target.name: f"sha256:{file.sha256}"},
                urls={target.name: file.address},
                retry_if_failed=RETRIES,
            )
            downloader = pooch.HTTPDownloader(
                progressbar=progress,
                timeout=TIMEOUT,
                hooks={
                    "response": lambda response, **_: answers.append(
                        responses.enter_context(response)
                    )
                },
            )
            downloaded = Path(store.fetch(target.name, downloader=downloader))
            write_atomically(target, downloaded.read_bytes())
    except (OSError, ValueError) as error:  # requests' errors are OSErrors
        raise FileNotFoundError(
            f"could not download {file.address}: {_reason(error, answers)}; get the file some "
            f"other way and put it into the folder {target.parent} as {target.name} "
            f"(sha256 {file.sha256})"
        ) from error


def _check_writable(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        reason = (
            f"data home: cannot write there ({error.strerror}); "
            "name another folder in $LESSONS_DATA_HOME"
        )
        raise OSError(error.errno, reason, str(folder)) from error


def _reason(error: Exception, answers: list[Any]) -> str:
    """Why a download failed and what helps, in a few words; the error itself tells the details."""
    from requests import exceptions

    response = getattr(error, "response", None)
    if response is not None and response.status_code == 429:
        wait = response.headers.get("Retry-After", "")
        wait = f"{wait} seconds" if wait.isdecimal() else "some minutes"
        return f"the server answered 429, too many requests; wait {wait} and try again"
    if response is not None and response.status_code == 511:
        return f"the network wants a login (511); {_LOG_IN}"
    if response is not None:
        return f"the server answered {response.status_code} {response.reason}"
    if isinstance(error, exceptions.ProxyError):
        return (
            "the proxy does not answer or refuses; set $HTTPS_PROXY to one that works, or unset it"
        )
    if isinstance(error, exceptions.SSLError):
        return (
            "the server's certificate cannot be verified; look at this machine's clock, or if your "
            "network inspects connections name its certificates in $REQUESTS_CA_BUNDLE"
        )
    if isinstance(error, OSError) and error.errno:
        return str(error.strerror)
    if isinstance(error, OSError):
        return f"no connection, or it broke off or stood still for {TIMEOUT} seconds"
    if answers and answers[-1].headers.get("Content-Type", "").startswith("text/html"):
        return f"a web page came instead, perhaps the network's login page; {_LOG_IN}"
    return "what came has the wrong checksum"


_LOG_IN = "open any page in a browser, log in there, and try again"
