"""Corpora fetched from a server that may misbehave, or put into the data home by hand."""

import dataclasses
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

import lessons_lib
from lessons_lib.text import CORPORA, downloads, fetch, find_data_home, is_present, load_corpus
from tests.text.local_server import TEXT, Server


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server = Server()
    yield server
    server.close()


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


@pytest.fixture
def scratch(tmp_path, monkeypatch):
    """The folder that everything temporary goes to."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def shakespeare_at(monkeypatch, scratch):
    """Function that makes TEXT at an address the file of "shakespeare"."""
    monkeypatch.setattr(downloads, "RETRIES", 0)
    monkeypatch.setattr(downloads, "TIMEOUT", 0.5)

    def point_to(address):
        file = dataclasses.replace(
            CORPORA["shakespeare"].files[0],
            address=address,
            sha256=hashlib.sha256(TEXT).hexdigest(),
            size=len(TEXT),
        )
        info = dataclasses.replace(CORPORA["shakespeare"], files=(file,))
        monkeypatch.setitem(CORPORA, "shakespeare", info)
        return file

    return point_to


def files_below(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


@pytest.mark.parametrize("path", ["/good", "/slow"])
def test_download_then_no_network(server, home, scratch, shakespeare_at, path, capfd):
    shakespeare_at(server.address + path)
    assert not is_present("shakespeare", home)
    (found,) = fetch("shakespeare", home)
    assert found == home / "shakespeare" / "input.txt"
    assert found.read_bytes() == TEXT
    assert files_below(home) == ["shakespeare/input.txt"]
    assert files_below(scratch) == []
    assert capfd.readouterr() == ("", "")  # no progress bar where there is no terminal

    assert is_present("shakespeare", home)
    assert fetch("shakespeare", home) == [found]
    assert server.requests == [path]


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/missing", "the server answered 404"),
        ("/stalls", "stood still for 0.5 seconds"),
        ("/truncated", "broke off"),
        ("/corrupted", "what came has the wrong checksum"),
        ("/off", "no connection"),
        ("/busy", "the server answered 429, too many requests; wait 120 seconds and try again"),
        ("/inn", "a web page came instead, perhaps the network's login page; open any page"),
        ("/proxy", "the proxy does not answer or refuses; set $HTTPS_PROXY"),
        ("/https", "the server's certificate cannot be verified; look at this machine's clock"),
    ],
)
def test_failed_download(server, home, scratch, shakespeare_at, monkeypatch, path, reason):
    if path == "/https":
        if not shutil.which("openssl"):
            pytest.skip("openssl makes the certificate")
        server.encrypt(scratch.parent)
    file = shakespeare_at(server.address + path)
    if path == "/off":
        server.close()
    if path == "/proxy":
        monkeypatch.setenv("NO_PROXY", "")
        monkeypatch.setenv("no_proxy", "")
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")  # where nobody listens
    begin = time.monotonic()
    with pytest.raises(FileNotFoundError) as caught:
        load_corpus("shakespeare", home)
    assert time.monotonic() - begin < 20  # a wide margin over the time limit of 0.5
    message = str(caught.value)
    for part in (reason, file.address, str(home / "shakespeare"), "input.txt", file.sha256):
        assert part in message
    assert "\n" not in message
    assert files_below(home) == files_below(scratch) == []

    (home / "shakespeare" / "input.txt").write_bytes(TEXT)  # what the message asks for
    assert len(load_corpus("shakespeare", home).train) == len(TEXT) * 90 // 100


def test_download_is_tried_again(server, home, shakespeare_at, monkeypatch):
    monkeypatch.setattr(downloads, "RETRIES", 1)
    shakespeare_at(server.address + "/second-time")
    assert fetch("shakespeare", home)[0].read_bytes() == TEXT
    assert len(server.requests) == 2


CHILD = """
import dataclasses, sys
from lessons_lib.text import corpora
address, sha256, home = sys.argv[1:]
info = corpora.CORPORA["shakespeare"]
file = dataclasses.replace(info.files[0], address=address, sha256=sha256)
corpora.CORPORA["shakespeare"] = dataclasses.replace(info, files=(file,))
print(corpora.fetch("shakespeare", home)[0])
"""


def start_fetch(address, home):
    arguments = [address, hashlib.sha256(TEXT).hexdigest(), str(home)]
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, *arguments],
        cwd=Path(lessons_lib.__file__).parents[1],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.slow
def test_two_processes_at_once(server, home):
    children = [start_fetch(server.address + "/together", home) for _ in range(2)]
    for child in children:
        out, err = child.communicate(timeout=60)
        assert child.returncode == 0, err
        assert out.strip() == str(home / "shakespeare" / "input.txt")
    assert server.requests == ["/together"] * 2
    assert files_below(home) == ["shakespeare/input.txt"]
    assert (home / "shakespeare" / "input.txt").read_bytes() == TEXT


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="signals of Unix")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_stays_of_a_download_that_is_killed(server, home, number):
    child = start_fetch(server.address + "/stalls", home)
    assert server.asked.wait(timeout=60)
    child.send_signal(number)
    child.communicate(timeout=60)
    assert child.returncode != 0
    assert files_below(home) == []


@pytest.mark.parametrize("place", CORPORA["shakespeare"].files[0].places)
def test_file_placed_by_hand(server, home, shakespeare_at, place):
    shakespeare_at(server.address + "/good")
    (home / place).parent.mkdir(parents=True)
    (home / place).write_bytes(TEXT)
    assert is_present("shakespeare", home)
    assert fetch("shakespeare", home) == [home / place]
    assert server.requests == []


def test_wrong_file_placed_by_hand_is_named_and_kept(server, home, shakespeare_at):
    file = shakespeare_at(server.address + "/good")
    home.mkdir()
    (home / "input.txt").write_bytes(b"something else")
    assert not is_present("shakespeare", home)
    with pytest.raises(ValueError) as caught:
        fetch("shakespeare", home)
    message = str(caught.value)
    assert str(home / "input.txt") in message
    assert f"expected sha256 {file.sha256}" in message
    assert f"got {hashlib.sha256(b'something else').hexdigest()}" in message
    assert (home / "input.txt").read_bytes() == b"something else"

    (home / "tinyshakespeare.txt").write_bytes(TEXT)  # a right one beside it is enough
    assert fetch("shakespeare", home) == [home / "tinyshakespeare.txt"]


def test_data_home_is_the_argument_then_the_variable_then_the_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("LESSONS_DATA_HOME", str(tmp_path / "variable"))
    assert find_data_home(tmp_path / "argument") == tmp_path / "argument"
    assert find_data_home() == tmp_path / "variable"
    for unset in ("", None):
        if unset is None:
            monkeypatch.delenv("LESSONS_DATA_HOME")
        else:
            monkeypatch.setenv("LESSONS_DATA_HOME", unset)
        assert "memory-gates" in find_data_home().parts
    assert find_data_home("~/texts") == Path.home() / "texts"


def test_data_home_that_is_a_file(tmp_path, monkeypatch):
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(ValueError, match=r"data_home: expected a folder, got the file .*file$"):
        load_corpus("shakespeare", file)
    monkeypatch.setenv("LESSONS_DATA_HOME", str(file))
    with pytest.raises(ValueError, match=r"LESSONS_DATA_HOME: expected a folder"):
        load_corpus("shakespeare")
    with pytest.raises(OSError, match="data home: cannot write there"):
        load_corpus("shakespeare", file / "below")


@pytest.mark.skipif(os.name != "posix", reason="file modes of Unix")
def test_data_home_that_cannot_be_written(server, shakespeare_at, monkeypatch):
    shakespeare_at(server.address + "/good")
    # Root may write everywhere, so become nobody, who may not enter the folders below tmp_path.
    monkeypatch.setattr(tempfile, "tempdir", None)
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        home = Path(folder, "home")
        home.mkdir(mode=0o555)
        user = os.geteuid()
        if user == 0:
            os.seteuid(65534)
        try:
            with pytest.raises(PermissionError, match="data home: cannot write there") as caught:
                fetch("shakespeare", home)
        finally:
            os.seteuid(user)
    assert str(home) in str(caught.value)
    assert server.requests == []
