"""A real cluster of processes: a worker is killed, the client is killed, strangers are kept out."""

import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest

from lessons_lib.grading.batch import How, find_submissions, grade_all
from lessons_lib.grading.report import Report, Result
from tests.grading.test_batch import ASSIGNMENT, RIGHT, WRONG

distributed = pytest.importorskip("distributed", reason="Dask is not installed")
pytest.importorskip("cryptography", reason="for certificates")
from lessons_lib.grading.classroom import cluster  # noqa: E402

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

NUMBER = 6


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    """Certificates, as the variables that Dask reads."""
    folder = tmp_path_factory.mktemp("certificates")
    made = distributed.Security.temporary()
    found = {}
    for name, text in (
        ("CA_FILE", made.tls_ca_file),
        *((f"{who}__CERT", made.tls_client_cert) for who in ("CLIENT", "WORKER", "SCHEDULER")),
        *((f"{who}__KEY", made.tls_client_key) for who in ("CLIENT", "WORKER", "SCHEDULER")),
    ):
        (folder / name).write_text(text)
        found[f"DASK_DISTRIBUTED__COMM__TLS__{name}"] = str(folder / name)
    return found


@pytest.fixture(scope="module")
def security(settings):
    def of(name):
        return settings[f"DASK_DISTRIBUTED__COMM__TLS__{name}"]

    return distributed.Security(
        tls_ca_file=of("CA_FILE"),
        require_encryption=True,
        **{f"tls_{who.lower()}_cert": of(f"{who}__CERT") for who in ("CLIENT", "WORKER")},
        **{f"tls_{who.lower()}_key": of(f"{who}__KEY") for who in ("CLIENT", "WORKER")},
        tls_scheduler_cert=of("SCHEDULER__CERT"),
        tls_scheduler_key=of("SCHEDULER__KEY"),
    )


@pytest.fixture(scope="module")
def there(security):
    """Two workers, each a process, over TLS."""
    with distributed.LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        protocol="tls://",
        security=security,
        dashboard_address=None,
        memory_limit=0,
        silence_logs=50,
    ) as local:
        yield local


@pytest.fixture(scope="module")
def client(there, security):
    with distributed.Client(there.scheduler_address, security=security) as client:
        client.run_on_scheduler(cluster._limit_retries)
        yield client


@pytest.fixture
def course(tmp_path):
    (tmp_path / "cluster_helper.py").write_text("points = 2\n")
    text = textwrap.dedent(ASSIGNMENT).replace("points=2", "points=cluster_helper.points")
    (tmp_path / "hw1.py").write_text("import cluster_helper\n" + text)
    (tmp_path / "in").mkdir()
    for k in range(NUMBER):
        (tmp_path / "in" / f"s{k:02}.py").write_text(WRONG if k % 3 else RIGHT)
    (tmp_path / "in" / "link.py").symlink_to("s00.py")
    (tmp_path / "in" / "s05.py").write_text("__import__('os')._exit(0)\n" + RIGHT)
    return tmp_path


def test_a_worker_is_killed(client, course):
    """None is lost, none graded twice, and each has the grade that it has on one machine."""
    found = find_submissions([course / "in"])
    how = How(course / "hw1.py", "basic", seed=5, run="all")
    done = []

    def kill_one(graded):
        done.append(graded.name)
        if len(done) == 2:
            os.kill(next(iter(client.run(os.getpid).values())), signal.SIGKILL)

    pool = cluster.graded_by_dask(client)
    batch = grade_all(found, course / "out", how, on_graded=kill_one, pool=pool)
    assert sorted(done) == sorted(found.submissions) and len(done) == NUMBER + 1
    here = grade_all(found, course / "here", how)
    assert list(batch.rows) == list(here.rows) and batch[1:] == here[1:]
    statuses = {row.name: row.report.results[0].status for row in batch.rows}
    assert statuses["s05.py"] == "crashed" and statuses["link.py"] == "error"
    assert client.run(lambda: len(cluster._idle)) == dict.fromkeys(client.nthreads(), 0)


def grading(address, course, out, settings):
    given = ["grade", course / "in", "--exercises", course / "hw1.py", "--isolation", "basic"]
    return subprocess.Popen(
        [sys.executable, "-m", "lessons_lib", *given, "--out", out, "--dask", address],
        env=os.environ | settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_the_client_is_killed(there, client, course, settings):
    out = course / "out"
    first = grading(there.scheduler_address, course, out, settings)
    while len(kept := list((out / "results").glob("*.json"))) < 3 and first.poll() is None:
        time.sleep(0.01)
    first.kill()
    first.communicate()
    before = {path: path.stat().st_mtime_ns for path in kept}
    second = grading(there.scheduler_address, course, out, settings)
    said, err = second.communicate()
    assert (second.returncode, err) == (0, "") and f"{NUMBER + 1} graded with basic" in said
    assert {path: path.stat().st_mtime_ns for path in kept} == before, "none was graded twice"
    assert len(list((out / "results").glob("*.json"))) == NUMBER + 1


def test_whoever_has_no_certificate_is_refused(there, course, monkeypatch, lessons):
    monkeypatch.setattr(cluster, "SECONDS_TO_START", 2)
    given = ["grade", course / "in", "--out", course / "out", "--dask", there.scheduler_address]
    status, out, err = lessons(*given)
    assert (status, out) == (2, "") and err.startswith("lessons: --dask: no cluster with a worker")
    assert err.count("\n") == 1 and not (course / "out").exists()


def test_another_version_is_refused(client, course, monkeypatch):
    monkeypatch.setattr(cluster, "fingerprint", lambda how: "of another version")
    pool = cluster.graded_by_dask(client)
    found = find_submissions([course / "in"])
    with pytest.raises(ValueError, match="--dask: a worker has another version of Python"):
        grade_all(found, course / "out", How(course / "hw1.py", "basic"), pool=pool)
    assert not list((course / "out" / "results").iterdir())


class Workers:
    """Stands for a client: what its workers lack for strong isolation."""

    def __init__(self, *missing):
        self.missing = {f"tls://w{k}": why for k, why in enumerate(missing)}

    def run(self, function):
        return self.missing


def test_the_isolation_of_the_workers():
    assert cluster.level_there(Workers("", ""), "auto") == "strong"
    assert cluster.level_there(Workers("", "no bwrap"), "auto") == "basic"
    assert cluster.level_there(Workers(""), "basic") == "basic"
    with pytest.raises(ValueError, match="strong isolation does not work on tls://w1: no b"):
        cluster.level_there(Workers("", "no bwrap"), "strong")


def test_what_a_worker_sends_is_checked():
    class Done:
        def __init__(self, text):
            self.text = text

        def exception(self):
            return None

        def result(self):
            return self.text

    more = Report([Result("f", "passed", 9.0, 2.0, "")], 1, "strong")
    text = cluster.json.dumps(cluster.dataclasses.asdict(more))
    with pytest.raises(OSError, match="what is no report"):
        cluster._report(Done(text))


@pytest.mark.thorough  # Dask's own counting: it starts three workers anew, which takes 20 s
def test_a_task_that_kills_its_workers(client):
    """It is tried three times, and told."""
    future = client.submit(os._exit, 1, pure=False)
    assert cluster._report(future).results == [cluster.LOST]


def test_a_file_is_tried_three_times_and_told(client):
    assert client.run_on_scheduler(lambda dask_scheduler: dask_scheduler.allowed_failures) == 2

    class Killed:
        def exception(self):
            return distributed.scheduler.KilledWorker("s00.py", "tcp://w", 2)

    assert cluster._report(Killed()).results == [cluster.LOST]
