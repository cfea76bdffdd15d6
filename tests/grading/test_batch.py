"""Many submissions: all of them graded, none twice, one table."""

import contextlib
import csv
import io
import json
import os
import stat
import subprocess
import sys
import textwrap
import zipfile
import zlib
from collections import Counter
from pathlib import Path

import pytest

from lessons_lib.grading import batch
from lessons_lib.grading.batch import (
    How,
    find_submissions,
    finding,
    grade_all,
    load_exercises,
    unpacking,
)
from lessons_lib.grading.batch.students import Names, what_counts
from lessons_lib.grading.classroom.students import student_from, who_is_who
from lessons_lib.grading.isolation import importable
from lessons_lib.grading.report import Report, Result
from tests.grading import deep

ASSIGNMENT = """
    import numpy as np

    from lessons_lib.grading import Output, exercise

    def make_case(rng, N):
        return {"x": rng.normal(size=N)}

    @exercise(lesson="hw1", outputs=[Output("y", "N", points=2)], make_case=make_case,
              sizes=[{"N": 3}])
    def double(x):
        return 2 * x
"""
RIGHT = "def double(x):\n    return x + x\n"
WRONG = "def double(x):\n    return x * x\n"


@pytest.fixture
def course(tmp_path):
    (tmp_path / "hw1.py").write_text(textwrap.dedent(ASSIGNMENT))
    folder = tmp_path / "in"
    (folder / "eve").mkdir(parents=True)
    (folder / "ada.py").write_text(RIGHT)
    (folder / "bob.py").write_text(WRONG)
    (folder / "eve" / "=1+1.py").write_text("gone = __import__('os')._exit(0)\n" + RIGHT)
    (folder / ".hidden.py").write_text(RIGHT)
    (folder / "notes.txt").write_text("no submission")
    return tmp_path


def scores(out):
    with (out / "grades.csv").open(encoding="utf-8-sig") as file:
        return {
            row["submission"]: f"{row['double']} {row['double status']}"
            for row in csv.DictReader(file)
        }


def test_a_batch(course):
    found = find_submissions([course / "in"])
    assert list(found.submissions) == ["ada.py", "bob.py", "eve/=1+1.py"]
    how = How(course / "hw1.py", run="all")
    graded, left_out, _ = grade_all(found, course / "out", how, jobs=2)
    assert [one.name for one in graded] == list(found.submissions)
    assert [one.report.score for one in graded] == [2, 0, 0]
    assert scores(course / "out") == {
        "ada.py": "2 passed",
        "bob.py": "0 failed",
        "eve/=1+1.py": "0 crashed",
    }
    assert list(left_out) == [".hidden.py", "notes.txt"]
    with (course / "out" / "left_out.csv").open() as file:
        assert {row["file"]: row["reason"] for row in csv.DictReader(file)} == left_out
    for path in (course / "out" / "results").iterdir():
        record = json.loads(path.read_text())
        assert record["isolation"] in ("strong", "basic") and record["seed"] > 0
    assert len(list((course / "out" / "feedback").iterdir())) == 3


def test_a_folder_may_lie_in_a_hidden_one(course):
    (course / "in").rename(course / ".in")
    assert len(find_submissions([course / ".in"]).submissions) == 3


def test_a_section_named_like_canvas_names_files_is_no_student(tmp_path):
    for section in ("cpsc_340_101_2026w", "cpsc_340_102_2026w"):
        (tmp_path / section).mkdir()
        for name in ("alice.py", "bob.py"):
            (tmp_path / section / name).write_text("")
    for paths in ([tmp_path], list(tmp_path.iterdir())):
        assert len(set(find_submissions(paths).students.values())) == 4
    for student in ("doejane_12345_67890", "roe_12346_67891"):
        folder = tmp_path / "unpacked" / f"{student}_hw"
        folder.mkdir(parents=True)
        for name in ("a.py", "b.py"):
            (folder / name).write_text("")
    found = set(find_submissions([tmp_path / "unpacked"]).students.values())
    assert found == {"doejane_12345", "roe_12346"}


def test_who_handed_in_nothing_is_named(tmp_path):
    for place in ("ann", "bob/empty", "eve", "eve.py.d"):
        (tmp_path / "in" / place).mkdir(parents=True)
    (tmp_path / "in" / "eve" / "hw.py").write_text("")
    zipfile.ZipFile(tmp_path / "in" / "dan.zip", "w").close()
    found = find_submissions([tmp_path / "in"], tmp_path / "unpacked")
    assert list(found.submissions) == ["eve/hw.py"]
    assert found.left_out == dict.fromkeys(
        ["ann/", "bob/", "dan.zip/", "eve.py.d/"], "there is no file in it"
    )
    found = find_submissions([tmp_path / "in" / name for name in ("ann", "bob", "eve")])
    assert list(found.submissions) == ["eve/hw.py"] and set(found.left_out) == {"ann/", "bob/"}


def test_folders_and_archives_that_are_named_one_by_one_are_not_one_student(tmp_path):
    for place in ("a/ann", "a/bob", "b/ann"):
        (tmp_path / place).mkdir(parents=True)
        (tmp_path / place / "hw.py").write_text("")
    with zipfile.ZipFile(tmp_path / "eve.zip", "w") as archive:
        archive.writestr("hw.py", "")
    (tmp_path / "dan.py").write_text("")
    one_by_one = [tmp_path / "a" / "ann", tmp_path / "a" / "bob", *tmp_path.glob("*.*")]
    found = find_submissions(one_by_one, tmp_path / "unpacked")
    assert sorted(found.submissions) == ["ann/hw.py", "bob/hw.py", "dan.py", "eve.zip/hw.py"]
    assert len(set(found.students.values())) == 3
    two_of_a_name = [tmp_path / "a" / "ann", tmp_path / "b" / "ann"]
    assert list(find_submissions(two_of_a_name).submissions) == ["a/ann/hw.py", "b/ann/hw.py"]
    found = find_submissions([path / "hw.py" for path in two_of_a_name])
    assert list(found.submissions) == ["a/ann/hw.py", "b/ann/hw.py"]
    found = find_submissions([tmp_path / "a", tmp_path / "a" / "ann"])
    assert list(found.submissions) == ["a/ann/hw.py", "a/bob/hw.py"]
    assert found.left_out == {"ann/hw.py": "it is a/ann/hw.py"}
    assert len(find_submissions([tmp_path / "a"] * 2).submissions) == 2
    (tmp_path / "eve").mkdir()
    (tmp_path / "eve" / "hw.py").write_text("")
    found = find_submissions([tmp_path / "eve", tmp_path / "eve.zip"], tmp_path / "unpacked")
    assert list(found.submissions) == ["eve/hw.py", "eve.zip/hw.py"]


def test_archives_among_others_are_students_or_of_a_platform(tmp_path):
    """As a shell writes them in place of `*.zip`; nobody's own says that it is a class's."""

    def found_in(**archives):
        paths = [tmp_path / f"{name}.zip" for name in archives]
        for path, names in zip(paths, archives.values(), strict=True):
            path.write_bytes(zipped(dict.fromkeys(names, RIGHT)))
        found = find_submissions(paths, tmp_path / "unpacked")
        return list(found.submissions), set(found.students.values())

    anns, bobs = "ann_101_90001_hw.py", "bob_102_90002_hw.py"
    assert found_in(ann=[bobs], bob=["hw.py"]) == (
        ["ann.zip/" + bobs, "bob.zip/hw.py"],
        {"ann.zip", "bob.zip"},
    )
    sections = [f"monday/{anns}", f"monday/{bobs}", "tuesday/eve_103_90003_hw.py"]
    monday, tuesday = [anns, bobs, "notes.txt"], ["eve_103_90003_hw.py"]
    assert found_in(monday=monday, tuesday=tuesday) == (sections, {"ann_101", "bob_102", "eve_103"})
    for inside in (["hw.py", "utils.py"], [anns, bobs]):
        with pytest.raises(
            ValueError, match=r"^PATH: .*ann\.zip among others may be a student's or"
        ):
            found_in(ann=inside, bob=["hw.py"])
    assert found_in(ann=["hw.py", "utils.py"])[0] == ["hw.py", "utils.py"]
    with pytest.raises(ValueError, match=r"^PATH: .*ann\.zip among others"):
        found_in(bob=["report.pdf"], ann=[anns, bobs])  # the other's says nothing of a class
    mac = ["hw.py", "__MACOSX/._hw.py", ".ipynb_checkpoints/hw-checkpoint.ipynb"]
    assert found_in(ann=mac, bob=mac)[0] == ["ann.zip/hw.py", "bob.zip/hw.py"]
    (tmp_path / "link").symlink_to(tmp_path)
    through = [tmp_path / "link" / f"{name}.zip" for name in ("ann", "bob")]
    found = find_submissions(through, tmp_path / "unpacked")
    assert set(found.students.values()) == {"ann.zip", "bob.zip"}


CLASSES = [
    ["ann/cs_101_2026_hw.py", "bob/cs_101_2026_hw.py"],
    ["CS_101_202610_A/ann.py", "CS_101_202610_A/bob.py"],
    ["CS_101_202610_A/ann.py", "CS_101_202610_B/ann.py"],
    ["cs_101_2026_ann.py", "cs_101_2026_bob.py"],
    # Before a student's number; what everybody's begins with is no name.
    [f"cs_101_123456{k}_{name}.py" for k, name in enumerate(("ann", "bob", "eve"))],
    [f"hw2_20260305_123456{k}.ipynb" for k in range(3)],
    [f"hw_20260305_123456{k}.ipynb" for k in range(5)],
    [f"cs_{section}_123456{k}.py" for section in (101, 102) for k in range(section % 100, 9)],
    ["hw2 (1234567).py", "hw2 (1234568).py"],
    # The same number behind several names is nobody's.
    [f"{name}_101_2026_hw.py" for name in ("doe", "roe")],
    [f"{name}_202610_20260305_hw.py" for name in ("doe", "roe", "lee")],
    [f"{name}_2026_234567{k}_hw.py" for k, name in enumerate(("doe", "roe"))],
    [f"cs101_{n}_202610_hw/{name}.py" for n in (10101, 10102) for name in ("doe", "roe")],
    [f"cs_101_2026_A/cs_10101_234567{k}_hw.py" for k in range(8)],
    [f"cs_{n}_123456{k}.py" for n in (10101, 10102) for k in range(n % 100, 9)],
    ["ann/cs_101_2026_hw.py", "bob/hw.py"],
    ["cs_101_2026_hw.py", "hw.py"],
]


@pytest.mark.parametrize("names", CLASSES)
def test_a_task_or_section_with_a_course_and_a_term_is_no_student(tmp_path, names):
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(RIGHT)
    for paths in ([tmp_path], sorted(tmp_path.iterdir())):
        found = find_submissions(paths)
        number = len(names)
        assert len(found.submissions) == number
        assert len(set(found.students.values())) in (0, number)
        who = who_is_who(found.submissions, handed_in_as=found.handed_in_as, names=found.names)
        assert not any(student.platform for student in who.students.values())


@pytest.mark.parametrize(
    ("name", "student"),
    [
        ("doejane_12345_67890_hw.py", "12345"),
        ("รัตน์ใจ_12345_67890_hw.py", "12345"),
        ("nguye\u0302\u0303n_LATE_123_67890_hw.py", "123"),
        ("o_neill_12345_67890_hw.py", "12345"),
        ("_12345_67890_hw.py", "12345"),  # of whom nothing but signs is the name
        ("anon_aB3dE_67890_hw.py", "anon_aB3dE"),
        ("LATE_anon_aB3dE_67890_hw.py", "anon_aB3dE"),
    ],
)
def test_whom_canvas_names(name, student):
    found = student_from(name)
    assert (found.id, found.platform, found.is_late) == (student, "canvas", "LATE" in name)


def test_students_folders_of_a_platform_s_that_are_named_one_by_one(tmp_path):
    names = ["Jane Doe_11_assignsubmission_file_", "Bob_12_assignsubmission_file_"]
    names += ["HW_joe_attempt_2026-03-05-10-15-00", "doejane_12345_67890_hw", "roe_12346_67891_hw"]
    for name in names:
        (tmp_path / name).mkdir()
        for file in ("a.py", "b.py"):
            (tmp_path / name / file).write_text(RIGHT)
    for paths in ([tmp_path], sorted(tmp_path.iterdir())):
        found = find_submissions(paths)
        who = who_is_who(found.submissions, handed_in_as=found.handed_in_as, names=found.names)
        ids = {student.id for student in who.students.values()}
        assert ids == {"11", "12", "joe", "12345", "12346"}
        assert len(set(found.students.values())) == 5


def test_a_section_is_no_student_whatever_its_archive_is_called(tmp_path):
    paths = [tmp_path / f"gradebook_1010{k}_202610_HW_2026-03-06-09-00-00.zip" for k in (1, 2)]
    for path, names in zip(paths, ("ab", "cd"), strict=True):
        files = [f"HW_{name}_attempt_2026-03-05-10-15-00_hw.py" for name in names]
        path.write_bytes(zipped(dict.fromkeys(files, RIGHT)))
    for given in (paths, paths[:1]):
        found = find_submissions(given, tmp_path / "unpacked")
        who = who_is_who(found.submissions, handed_in_as=found.handed_in_as, names=found.names)
        assert [who.students[name].id for name in found.submissions] == [*"abcd"][: 2 * len(given)]


def test_an_archive_that_canvas_calls_a_students_is_no_class(tmp_path):
    """`d/*.zip` names one archive where all others handed in a notebook."""
    archive = tmp_path / "mallory_33333_44444_hw.zip"
    files = {"doejane_11111_99999_hw.py": WRONG, "roe_11112_99998_hw.py": RIGHT}
    archive.write_bytes(zipped(files))
    with pytest.raises(ValueError, match=r"^PATH: .* may be a whole class's or, by its name, one"):
        find_submissions([archive], tmp_path / "unpacked")
    del files["roe_11112_99998_hw.py"]
    archive.write_bytes(zipped({**files, "hw.py": RIGHT}))
    found = find_submissions([archive], tmp_path / "unpacked")
    assert set(found.students.values()) == {"mallory_33333"}
    who = who_is_who(found.submissions, handed_in_as=found.handed_in_as, names=found.names)
    assert {student.id for student in who.students.values()} == {"33333"}


def test_a_class_s_archive_may_be_called_by_a_course_and_a_year(tmp_path):
    names = [f"{name}_120{k}_assignsubmission_file_/hw.py" for k, name in enumerate("abc")]
    for name in ("cs_101_2026_hw3.zip", "INF_101_2026_WS-Homework 3-12345.zip"):
        (tmp_path / name).write_bytes(zipped(dict.fromkeys(names, RIGHT)))
        found = find_submissions([tmp_path / name], tmp_path / "unpacked")
        assert len(set(found.students.values())) == 3
    both = [tmp_path / f"cs_101_1010{k}_hw3.zip" for k in (1, 2)]
    for path, some in zip(both, (names[:2], names[2:]), strict=True):
        path.write_bytes(zipped(dict.fromkeys(some, RIGHT)))
    found = find_submissions(both, tmp_path / "unpacked")
    assert len(set(found.students.values())) == 3
    terms = [both[0].rename(tmp_path / "algebra_12345_20261_hw.zip")]
    terms += [both[1].rename(tmp_path / "calculus_12346_20261_hw.zip")]
    found = find_submissions(terms, tmp_path / "unpacked")
    assert set(found.students.values()) == {"algebra_12345", "calculus_12346"}
    found = find_submissions(terms, tmp_path / "unpacked", named_by="moodle")
    assert set(found.students.values()) == {"a_1200", "b_1201", "c_1202"}
    terms[1].write_bytes(zipped({"c_1202_assignsubmission_file_/hw.pdf": b""}))
    found = find_submissions(terms, tmp_path / "unpacked", named_by="moodle")
    assert set(found.students.values()) == {"a_1200", "b_1201"}, "a section without any code"
    short = [tmp_path / f"{name}_10{k}_20{k}_hw.zip" for k, name in enumerate(("doe", "roe"))]
    for path in short:
        path.write_bytes(zipped({"a.py": RIGHT, "b.py": RIGHT}))
    found = find_submissions(short, tmp_path / "unpacked", named_by="canvas")
    assert set(found.students.values()) == {"doe_100", "roe_101"}


def test_sections_that_are_called_by_a_course_and_a_term_are_no_students(tmp_path):
    for k, word in enumerate(("MATH", "PHYS")):
        for name in ("a", "b"):
            path = tmp_path / f"{word}_4123{k}_202610_hw1" / f"{name}{word}_1234{k}_67890_hw.py"
            path.parent.mkdir(exist_ok=True)
            path.write_text(RIGHT)
    found = find_submissions([tmp_path])
    assert len(set(found.students.values())) == 4


def test_whose_canvas_numbers_are_short_is_known_beside_every_name(tmp_path):
    names = ["doejane_1201_313_hw.py", "mal_lory_1203_314_hw.py"]
    names += ["roe_1202_315_x_9_assignsubmission_file_a.py"]
    (tmp_path / "class.zip").write_bytes(zipped(dict.fromkeys(names, RIGHT)))
    found = find_submissions([tmp_path / "class.zip"], tmp_path / "unpacked")
    assert set(found.students.values()) == {"doejane_1201", "mal_lory_1203", "roe_1202"}


def test_one_student_s_archives_share_their_room_if_nobody_else_has_any(tmp_path, monkeypatch):
    monkeypatch.setattr(unpacking, "MOST_OF_A_STUDENT", 3)
    for k in range(6):
        (tmp_path / f"{'abcdef'[k]}_1111{k}_22222_hw.py").write_text(RIGHT)
        files = zipped({f"{j}.py": "" for j in range(2)})
        (tmp_path / f"mallory_66666_4000{k}_hw.zip").write_bytes(files)
    found = find_submissions([tmp_path], tmp_path / "../u")
    assert sum(name.startswith("mallory") for name in found.submissions) == 3


def test_one_student_s_many_archives_are_that_student_s_and_stop_nobody(tmp_path):
    (tmp_path / "doe_20001_300001_hw.py").write_text(RIGHT)
    for k in range(6):
        forged = {f"roe_2000{k}_300001_hw.py": RIGHT, f"lee_2001{k}_300002_hw.py": RIGHT}
        (tmp_path / f"mallory_66666_40000{k}_hw.zip").write_bytes(zipped(forged))
    (tmp_path / "kim_20009_300003_hw.zip").write_bytes(zipped({"hw.py": RIGHT}))
    others = "HW_joe_attempt_2026-03-05-10-15-00_hw.zip", "moe_7_assignsubmission_file_.zip"
    for name in others:
        (tmp_path / name).write_bytes(zipped({"hw.py": RIGHT}))
    for paths in (sorted(tmp_path.iterdir()), sorted(tmp_path.glob("*.zip"))):
        found = find_submissions(paths, tmp_path / "../u")
        who = who_is_who(found.submissions, handed_in_as=found.handed_in_as, names=found.names)
        ids = {student.id for student in who.students.values()}
        assert ids - {"20001"} == {"66666", "20009", "joe", "7"}


def test_a_namesake_takes_nobody_s_number():
    names = ["doejane_20001_300001_hw.py", "roe_20002_300002_hw.py"]
    names += [f"doejane_66666_4000{k:02}_hw{k}.py" for k in range(20)]
    who = who_is_who(names)
    assert [who.students[name].id for name in names[:2]] == ["20001", "20002"]
    pictures = [f"kim_66666_4000{k:02}_plot.png" for k in range(25)]
    who = who_is_who(["kim_66666_400100_hw.py", *names[:1]], pictures)
    assert {student.id for student in who.students.values()} == {"66666", "20001"}


def test_students_folders_with_archives_that_are_called_alike_have_room_each(tmp_path, monkeypatch):
    monkeypatch.setattr(unpacking, "MOST_OF_A_STUDENT", 2)
    for name in "abcde":
        (tmp_path / name).mkdir()
        archive = tmp_path / name / f"cs_10101_202610_{name}.zip"
        archive.write_bytes(zipped({"hw.py": RIGHT, "notes.py": ""}))
    for paths in ([tmp_path], sorted(tmp_path.iterdir())):
        assert len(find_submissions(paths, tmp_path / "../unpacked").submissions) == 10


def test_a_folder_without_end_hides_nobody_else_s(tmp_path):
    (tmp_path / "in" / "ann").mkdir(parents=True)
    (tmp_path / "in" / "ann" / "hw.py").write_text(RIGHT)
    deep = tmp_path / "in" / "eve"
    deep.mkdir()
    chain = "import os\nfor _ in range(1100): os.mkdir('d'); os.chdir('d')"  # longer than a path
    subprocess.run([sys.executable, "-c", chain], cwd=deep, check=True)
    found = find_submissions([tmp_path / "in"], tmp_path / "unpacked")
    assert list(found.submissions) == ["ann/hw.py"]
    (reason,) = found.left_out.values()
    assert reason == "it lies in more than 30 folders"
    subprocess.run(["rm", "-r", deep], check=True)


def test_many_small_members_are_not_more_than_a_large_one_may_be(tmp_path, monkeypatch):
    monkeypatch.setattr(unpacking, "RATIO_FROM", 1000)
    (tmp_path / "in").mkdir()
    bomb = zipped({f"{k}.py": "\n" * 1000 for k in range(100)})
    assert 100_000 > 200 * len(zipped({"0.py": "\n" * 100_000}))
    (tmp_path / "in" / "eve.zip").write_bytes(zipped({"0.py": "\n" * 900}))
    assert list(find_submissions([tmp_path / "in"], tmp_path / "u").submissions) == ["eve.zip/0.py"]
    monkeypatch.setattr(unpacking, "MOST_RATIO", 100_000 / len(bomb) * 0.9)
    (tmp_path / "in" / "eve.zip").write_bytes(bomb)
    (tmp_path / "in" / "ann.py").write_text(RIGHT)
    found = find_submissions([tmp_path / "in"], tmp_path / "u")
    assert found.left_out == {"eve.zip/": "it unpacks to 100,000 bytes"}


def test_whoever_is_called_dot_is_somebody(tmp_path):
    names = [
        ". Kumar_102_assignsubmission_file_/hw.py",
        ".NET_roe_attempt_2026-03-05-10-15-00_a.py",
    ]
    macs = {f"._{name.split('/')[0]}": "" for name in names}
    (tmp_path / "class.zip").write_bytes(zipped(dict.fromkeys(names, RIGHT) | macs))
    found = find_submissions([tmp_path / "class.zip"], tmp_path / "unpacked")
    assert sorted(found.submissions) == sorted(names)


def test_what_canvas_has_named_remains_that_students(tmp_path):
    names = ["doejane_12345_67890_hw.py", "doejane_12345_67890_hw (1).py", "roe_123_456_hw.py"]
    eves = {f"roe_123_456_x_attempt_2026-03-05-10-15-00_{k}.py": RIGHT for k in "ab"}
    for name in names:
        (tmp_path / name).write_text(RIGHT)
    (tmp_path / "eve_124_457_hw.zip").write_bytes(zipped(eves))
    found = find_submissions([tmp_path], tmp_path / "unpacked")
    assert set(found.students.values()) == {"doejane_12345", "roe_123", "eve_124"}


def test_what_a_student_has_closed_costs_nobody_else_anything(tmp_path, monkeypatch):
    """As a user that is not root: a path that cannot be looked at, and a folder neither."""
    for name in ("ann", "bob"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "hw.py").write_text(RIGHT)

    def closed(method):
        def call(path, *given, **named):
            if "bob" in path.parts[:-1]:
                raise PermissionError(13, "Permission denied", str(path))
            return method(path, *given, **named)

        return call

    for method in ("lstat", "stat", "is_dir", "is_file"):
        monkeypatch.setattr(Path, method, closed(getattr(Path, method)))
    for paths in (["ann", "bob/hw.py"], ["ann", "bob"]):
        found = find_submissions([tmp_path / path for path in paths])
        assert list(found.submissions) == ["ann/hw.py"]
        assert list(found.left_out.values()) == ["it cannot be opened: Permission denied"]


def test_what_the_system_puts_into_an_archive_takes_no_room(tmp_path, monkeypatch):
    monkeypatch.setattr(unpacking, "MOST_OF_A_STUDENT", 3)
    monkeypatch.setattr(unpacking, "MOST_TOLD", 2)
    for place in (".venv", "env/lib/python3.11/site-packages"):
        venv = {f"{place}/{k}.py": "" for k in range(9)}
        (tmp_path / "in").mkdir(exist_ok=True)
        (tmp_path / "in" / "ann.zip").write_bytes(zipped({**venv, "./hw.py": RIGHT}))
        found = find_submissions([tmp_path / "in"], tmp_path / "unpacked")
        assert list(found.submissions) == ["ann.zip/hw.py"]
        assert found.left_out == {f"ann.zip/{place}/": "of the system, no answer"}
    deeper = {f"deep/er/{k}.py": "" for k in range(3)}
    (tmp_path / "in" / "ann.zip").write_bytes(zipped({**deeper, "hw.py": RIGHT}))
    assert "ann.zip/hw.py" in find_submissions([tmp_path / "in"], tmp_path / "u").submissions


def test_archives_of_a_task_that_is_called_as_canvas_calls_a_student(tmp_path, monkeypatch):
    monkeypatch.setattr(unpacking, "MOST_OF_A_STUDENT", 2)
    for name in "abc":
        archive = tmp_path / f"CS_101_2026_HW_{name}_attempt_2026-03-05-10-15-00_hw.zip"
        archive.write_bytes(zipped({"hw.py": RIGHT, "notes.py": ""}))
    assert len(find_submissions([tmp_path], tmp_path / "unpacked").submissions) == 6


@pytest.mark.parametrize("name", ["-" * 3000 + "(1)" * 1000, " " * 60_000, "(1)" * 20_000])
def test_of_a_name_no_more_is_looked_at_than_a_file_may_have(name):
    """Marks of copies are taken off one by one: an hour for a member with a name of 65,000."""
    assert len(Names().student_of(f"{name}.txt")) <= 255


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"x = 1\ny = (\n", "line 2: SyntaxError: "),
        (b"x = 1\n\n1 / 0\n", "line 3: ZeroDivisionError: division by zero"),
        (b"import no_such_module\n", "line 1: ModuleNotFoundError: No module named"),
        ("é".encode("latin-1"), "SyntaxError: "),
    ],
)
def test_a_file_of_exercises_that_does_not_run(tmp_path, text, words):
    file = tmp_path / "hw3.py"
    file.write_bytes(text)
    with pytest.raises(ValueError, match=r"^--exercises: ") as caught:
        load_exercises(file)
    assert f"{file}" in str(caught.value) and words in str(caught.value)
    file.write_text(textwrap.dedent(ASSIGNMENT))
    assert len(load_exercises(file)) == 1, "mended, it is run again"


def test_students_get_the_hint_that_they_cannot_ask_for(course):
    text = ASSIGNMENT.replace("sizes=", 'hints=["Twice is two times.", "More."], sizes=')
    (course / "hw1.py").write_text(textwrap.dedent(text))
    found = find_submissions([course / "in" / "bob.py"])
    ((_, report),) = grade_all(found, course / "out", How(course / "hw1.py")).rows
    message = report.results[0].message
    assert "A hint on how to begin: Twice is two times." in message and "hint(" not in message


def test_bad_input(course):
    with pytest.raises(FileNotFoundError, match="PATH: there is no file or folder"):
        find_submissions([course / "nowhere"])
    (course / "empty").mkdir()
    with pytest.raises(ValueError, match=r"PATH: expected \.py or \.ipynb files, found none"):
        find_submissions([course / "empty"])
    with pytest.raises(FileNotFoundError, match="--exercises: there is no file"):
        load_exercises(course / "hw2.py")
    with pytest.raises(ValueError, match="defines no exercise"):
        load_exercises(course / "in" / "ada.py")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Jane Doe_123_assignsubmission_file_/a.ipynb", "Jane Doe_123_assignsubmission_file_/b.py"),
        (
            "x/Jane Doe_123_assignsubmission_file/d/a.py",
            "y/Jane Doe_123_assignsubmission_file_/a.py",
        ),
        ("doejane_12345_67890_assignment3.ipynb", "doejane_LATE_12345_67999_assignment3-1.ipynb"),
        (
            "HW 1_jdoe_attempt_2026-03-05-10-15-00_a.py",
            "HW 1_jdoe_attempt_2026-03-06-09-00-00_b.py",
        ),
        ("in/doejane_12345_67890_a.ipynb", "in/doejane_12345_67890_b.py"),
        ("class/jane.zip/a.ipynb", "class/jane.zip/deep.zip/b.py"),
        ("jane.zip/doejane_12345_67890_a.py", "jane.zip/HW_jdoe_attempt_2026-03-05-10-15-00.py"),
        ("doejane_12345_67890_x_12346_assignsubmission_file_a.py", "doejane_12345_67891_b.py"),
        (
            "J_1_assignsubmission_file_x_2_assignsubmission_file_a.py",
            "J_1_assignsubmission_file_/b.py",
        ),
        (
            "HW_jdoe_attempt_2026-03-05-10-15-00_x_roe_attempt_2026-03-05-10-15-00.py",
            "HW_jdoe_attempt_2026-03-05-10-15-00_2_3_assignsubmission_file_a.py",
        ),
        ("homework.ipynb", "homework (1).ipynb"),
        ("homework.py", "homework-Copy1.ipynb"),
        ("homework.py", "Copy of homework (2).py"),
        ("homework.py", "homework copy 2.py"),
        ("homework.py", "homework - Kopie (2).py"),
        ("homework.py", "homework (Ada's conflicted copy 2026-03-05).py"),
    ],
)
def test_files_of_one_student(one, other):
    names = Names((one, other))
    assert names.student_of(one) == names.student_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ada.py", "bob.py"),
        ("ada/a.py", "bob/a.py"),
        ("section1/ada.py", "section1/bob.py"),
        ("doejane_12345_67890_a.py", "doejane_12346_67890_a.py"),
        ("exam_2024_03_ada.py", "exam_2024_03_bob.py"),
        ("J_1_assignsubmission_file_/a.py", "J_2_assignsubmission_file_/a.py"),
        ("ada.zip/a.py", "bob.zip/a.py"),
        ("rnn 1.py", "rnn 2.py"),
        ("HW_a_doe_attempt_2026-03-05-10-15-00.py", "HW_b_doe_attempt_2026-03-05-10-15-00.py"),
        (
            "Eve_1_assignsubmission_file_/hw.zip/Ada_2_assignsubmission_file_/a.py",
            "Ada_2_assignsubmission_file_/a.py",
        ),
    ],
)
def test_files_of_two_students(one, other):
    names = Names((one, other))
    assert names.student_of(one) != names.student_of(other)


def test_of_two_files_of_a_student_the_better_one_counts(course):
    folder = course / "in"
    (folder / "ada (1).py").write_text("def double(x):\n    pass\n")
    (folder / "bob (1).py").write_text(RIGHT)
    for name, text in (("a.py", WRONG), ("b.py", RIGHT), ("c.py", RIGHT), ("utils.py", "y = 1")):
        path = folder / "Jane Doe_1_assignsubmission_file_" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        os.utime(path, (1e9, 1e9 + 86400 * (name == "b.py")))
    found = find_submissions([folder])
    rows, left_out, _ = grade_all(found, course / "out", How(course / "hw1.py"))
    jane = "Jane Doe_1_assignsubmission_file_/"
    assert [row.name for row in rows] == [f"{jane}b.py", "ada.py", "bob (1).py", "eve/=1+1.py"]
    assert scores(course / "out")["bob (1).py"] == "2 passed"
    assert left_out["ada (1).py"] == "ada.py of the same student counts; it has more points"
    assert left_out["bob.py"] == "bob (1).py of the same student counts; it has more points"
    assert left_out[f"{jane}c.py"].endswith("it has as many points")
    assert {f"{jane}a.py", f"{jane}utils.py"} < set(left_out)


def test_files_on_different_exercises_count_both(tmp_path):
    rows = [
        batch.Graded(name, Report([Result(exercise, "passed", score, 1.0, "")]))
        for name, exercise, score in (("a", "f", 1.0), ("b", "g", 0.0), ("c", "f", 0.5))
    ]
    paths = {name: tmp_path / name for name in "abc"}
    counts, left_out = what_counts(rows, paths)
    assert left_out == {"c": "a of the same student counts; it has more points"}
    assert counts == {"a": ["f"], "b": ["g"]}
    late = {"a": (0.5, -5), "b": (0.0, 0), "c": (0.5, 0)}  # half of the points of a are taken off
    _, left_out = what_counts(rows, paths, lambda row: late[row.name])
    assert left_out == {"a": "c of the same student counts; it has as many points left"}


def test_what_is_split_over_two_files_is_added_up(course, lessons):
    """As Canvas gives them: each answers one exercise, and a third nothing."""
    second = ASSIGNMENT[ASSIGNMENT.index("    @exercise") :].replace("points=2", "points=3")
    second = second.replace("def double(x):\n        return 2", "def triple(x):\n        return 3")
    more = f"{ASSIGNMENT}\n{second}"
    (course / "hw2.py").write_text(textwrap.dedent(more))
    folder = course / "split"
    folder.mkdir()
    begin = "doejane_12345_6789"
    (folder / f"{begin}0_one.py").write_text(RIGHT)
    (folder / f"{begin}1_two.py").write_text("def triple(x):\n    return 3 * x\n")
    (folder / f"{begin}2_stubs.py").write_text("def triple(x):\n    raise NotImplementedError\n")
    rows, left_out, _ = grade_all(
        find_submissions([folder]), course / "out", How(course / "hw2.py")
    )
    found = {row.name[-6:]: (row.report.score, row.report.max_score) for row in rows}
    assert found == {"one.py": (2, 2), "two.py": (3, 3)}
    assert [*left_out] == [f"{begin}2_stubs.py"]
    said = lessons("statistics", course / "out")[1].splitlines()
    assert [line.split()[1:3] for line in said[-2:]] == [["1", "1.00"], ["1", "1.00"]]

    # So it is where a shell names them, or a roster knows whose they are.
    (folder / "jane_1.py").write_text(RIGHT)
    (folder / "jane_2.py").write_text("def triple(x):\n    return 3 * x\n")
    (course / "roster.csv").write_text("id,name\njane,Jane Doe\n")
    for k, names in enumerate((sorted(folder.glob("doe*")), sorted(folder.glob("jane*")))):
        asked = ("--exercises", course / "hw2.py", "--out", course / f"shell{k}")
        told = ("--roster", course / "roster.csv") if k else ()
        assert lessons("grade", *names, *asked, *told)[0] == 0
        table = (course / f"shell{k}" / "grades.csv").read_text(encoding="utf-8-sig")
        points = [(r["score"], r["max_score"]) for r in csv.DictReader(table.splitlines())]
        assert points == [("2", "2"), ("3", "3")]


def zipped(members):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            entry = zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            if name.startswith("link"):
                entry.external_attr = (stat.S_IFLNK | 0o777) << 16
            archive.writestr(entry, data)
    return packed.getvalue()


def test_a_mac_packs_names_without_saying_that_they_are_utf_8(tmp_path):
    names = ["José García.py", "王伟.py"]
    packed = zipped(dict.fromkeys(names, RIGHT))
    for name in names:
        at = -1
        while (at := packed.find(name.encode(), at + 1)) >= 0:  # local header, table of contents
            flags = at - (30 if packed[at - 30 : at - 26] == b"PK\3\4" else 46) + 6
            flags += 2 * (packed[at - 46 : at - 42] == b"PK\1\2")
            packed = packed[:flags] + b"\0\0" + packed[flags + 2 :]
    (tmp_path / "class.zip").write_bytes(packed)
    with zipfile.ZipFile(tmp_path / "class.zip") as archive:
        assert not set(archive.namelist()) & set(names), "Python's own reading"
    found = find_submissions([tmp_path / "class.zip"], tmp_path / "unpacked")
    assert set(found.submissions) == set(names) and not found.left_out


def test_archives(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    inner = zipped({"hw.PY": RIGHT, "__MACOSX/._hw.py": b"\0", ".ipynb_checkpoints/hw.py": WRONG})
    hostile = {
        "../up.py": RIGHT,
        "/absolute.py": RIGHT,
        "C:\\drive.py": RIGHT,
        "a\\..\\..\\b.py": RIGHT,
        "link.py": "/etc/passwd",
        "bomb.py": b" " * 15_000_000,
        "notes.pdf": b"",
        "d/" * 2000 + "deep.py": RIGHT,
        "deep/fine.py": RIGHT,
        "deep": b"",
    }
    (folder / "jane.zip").write_bytes(inner)
    (folder / "class.zip").write_bytes(zipped({"roe.zip": inner, **hostile}))
    (folder / "none.zip").write_bytes(b"PK no archive")
    rotten = zipped({"half.py": RIGHT}).replace(
        zlib.crc32(RIGHT.encode()).to_bytes(4, "little"), b"1234"
    )
    (folder / "rotten.zip").write_bytes(rotten)
    found = find_submissions([folder], tmp_path / "unpacked")
    assert list(found.submissions) == [
        "class.zip/deep/fine.py",
        "class.zip/roe.zip/hw.PY",
        "jane.zip/hw.PY",
    ]
    assert set(found.students.values()) == {"class.zip", "jane.zip"}, "in a folder it is one's"
    reasons = found.left_out
    out = "its path leads out of the archive"
    names = ["../up.py", "/absolute.py", "C:\\drive.py", "a\\..\\..\\b.py"]
    assert [reasons[f"class.zip/{name}"] for name in names] == [out] * 4
    assert reasons["class.zip/link.py"] == "a link"
    (deep,) = (name for name in reasons if name.startswith("class.zip/d/d/"))
    assert reasons[deep] == "it lies in more than 30 folders" and len(deep) < 600
    assert reasons["class.zip/bomb.py"] == "it unpacks to 15,000,000 bytes"
    assert reasons["none.zip/"] == "it is no .zip file"
    assert "Bad CRC-32" in reasons["rotten.zip/half.py"]
    assert {"class.zip/notes.pdf", "jane.zip/__MACOSX/", "jane.zip/.ipynb_checkpoints/"} < set(
        reasons
    )
    inside = {p.name for p in (tmp_path / "unpacked").rglob("*.[pP][yY]")}
    assert inside == {"fine.py", "hw.PY"}
    assert {p.name for p in tmp_path.iterdir()} == {"in", "unpacked"}

    direct = find_submissions([folder / "class.zip"], tmp_path / "unpacked")
    assert list(direct.submissions) == ["deep/fine.py", "roe.zip/hw.PY"]


@pytest.mark.parametrize(
    ("limit", "reason"),
    [
        ("MOST_UNPACKED", "it unpacks to more than there is room for"),
        ("MOST_BYTES", "it unpacks to 200 bytes"),
        ("MOST_MEMBERS", "it holds more than 1 files"),
        ("MOST_INDEX", "it holds more than 10,000 files"),
    ],
)
def test_archives_take_no_more_than_they_may(tmp_path, monkeypatch, limit, reason):
    monkeypatch.setattr(unpacking, limit, {"MOST_MEMBERS": 1, "MOST_INDEX": 50}.get(limit, 100))
    (tmp_path / "a.zip").write_bytes(zipped({"a.py": os.urandom(100).hex(), "b.py": b"x" * 200}))
    with pytest.raises(ValueError, match=f"found none.*{reason}"):
        find_submissions([tmp_path / "a.zip"], tmp_path / "unpacked")


@pytest.mark.parametrize(
    ("limit", "most", "reason"),
    [
        ("MOST_UNPACKED_OF_A_STUDENT", 1000, "it unpacks to more than there is room for"),
        ("MOST_OF_A_STUDENT", 3, "there are too many files for one student"),
    ],
)
def test_no_archive_takes_the_room_of_others(tmp_path, monkeypatch, limit, most, reason):
    monkeypatch.setattr(unpacking, limit, most)
    files = {f"{k}.py": "#" * 300 for k in range(8)}
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.zip").write_bytes(zipped({**files, "more.zip": zipped(files)}))
    (tmp_path / "in" / "b.zip").write_bytes(zipped({"mine.py": RIGHT}))
    found = find_submissions([tmp_path / "in"], tmp_path / "unpacked")
    assert sorted(found.submissions) == ["a.zip/0.py", "a.zip/1.py", "a.zip/2.py", "b.zip/mine.py"]
    assert {why.partition(";")[0] for why in found.left_out.values()} == {reason}


@pytest.mark.parametrize(("limit", "most"), [("MOST_ARCHIVE", 1000), ("MOST_OF_A_STUDENT", 3)])
def test_nobody_takes_the_room_of_others_in_the_archive_of_a_class(
    tmp_path, monkeypatch, limit, most
):
    monkeypatch.setattr(unpacking, limit, most)
    monkeypatch.setattr(unpacking, "MOST_UNPACKED", 1500)
    monkeypatch.setattr(unpacking, "MOST_MEMBERS", 20)
    files = {f"aaron_101_9000{k}_hw.py": "#" * 300 for k in range(8)}
    (tmp_path / "class.zip").write_bytes(zipped({**files, "bob_102_80000_hw.py": RIGHT}))
    found = find_submissions([tmp_path / "class.zip"], tmp_path / "unpacked")
    assert list(found.submissions) == [*list(files)[:3], "bob_102_80000_hw.py"]


def test_a_task_that_is_called_as_canvas_calls_a_student_is_no_student(tmp_path, monkeypatch):
    monkeypatch.setattr(unpacking, "MOST_OF_A_STUDENT", 3)
    when = "attempt_2026-03-05-10-15-00_a.py"
    files = {f"CS_101_202610_{name}_{when}": RIGHT for name in "abcde"}
    (tmp_path / "class.zip").write_bytes(zipped(files))
    found = find_submissions([tmp_path / "class.zip"], tmp_path / "unpacked")
    assert list(found.submissions) == list(files)


def test_a_name_that_looks_like_one_that_is_written_out_takes_no_line_of_another(tmp_path):
    names = ["a.py", "alice  smith.txt", "alice \\x20smith.txt", "b\x1b.txt", "b\\x1b.txt"]
    names += ["c\t.txt", "c\\t.txt"]
    (tmp_path / "class.zip").write_bytes(zipped(dict.fromkeys(names, "")))
    found = find_submissions([tmp_path / "class.zip"], tmp_path / "unpacked")
    assert len(found.left_out) == 6


def test_what_a_student_hands_in_by_the_thousand_fills_no_table(tmp_path, monkeypatch):
    monkeypatch.setattr(unpacking, "MOST_TOLD", 5)
    monkeypatch.setattr(unpacking, "MOST_MEMBERS", 40)
    inner = zipped({f"{k}.txt": "" for k in range(9)})
    files = {f"{k}.zip": inner for k in range(8)} | {"a.py": RIGHT}
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.zip").write_bytes(zipped(files))
    found = find_submissions([tmp_path / "in"], tmp_path / "unpacked")
    assert list(found.submissions) == ["a.zip/a.py"]
    reasons = Counter(why.lstrip("0123456789 ") for why in found.left_out.values())
    assert reasons == {  # after three of the inner archives
        "neither a .py nor an .ipynb file": 5,
        "others in it are not graded either": 3,
        "the student's archives hold too many files": 5,
    }


def test_the_archives_of_a_student_share_a_room(tmp_path, monkeypatch):
    monkeypatch.setattr(unpacking, "MOST_OF_A_STUDENT", 3)
    own = tmp_path / "in" / "Jane Doe_123_assignsubmission_file_"
    own.mkdir(parents=True)
    for k in range(4):
        (own / f"{k}.zip").write_bytes(zipped({"a.py": RIGHT, "b.py": RIGHT}))
    found = find_submissions([tmp_path / "in"], tmp_path / "unpacked")
    assert len(found.submissions) == 3
    assert len(found.left_out) == 5


def test_a_folder_of_a_student_holds_as_many_files_as_an_archive_may(tmp_path, monkeypatch):
    monkeypatch.setattr(finding, "MOST_OF_A_STUDENT", 3)
    for name in ("Jane Doe_123", "Roe_456"):
        folder = tmp_path / "in" / f"{name}_assignsubmission_file_"
        folder.mkdir(parents=True)
        for k in range(5 if name.startswith("Jane") else 1):
            (folder / f"{k}.py").write_text(RIGHT)
    found = find_submissions([tmp_path / "in"])
    assert len(found.submissions) == 4
    assert list(found.left_out.values()) == ["there are too many files for one student"] * 2


def test_what_is_called_a_copy_of_anothers_takes_no_room_of_theirs(tmp_path, monkeypatch):
    monkeypatch.setattr(unpacking, "MOST_OF_A_STUDENT", 3)
    (tmp_path / "in").mkdir()
    for name in ("alice", "alice (1)", "copy of alice"):
        files = {f"{k}.py": "" for k in range(3)} if name != "alice" else {"a.py": RIGHT}
        (tmp_path / "in" / f"{name}.zip").write_bytes(zipped(files))
        (tmp_path / "in" / f"{name}.py").write_text(RIGHT)
    monkeypatch.setattr(finding, "MOST_OF_A_STUDENT", 2)
    found = find_submissions([tmp_path / "in"], tmp_path / "unpacked")
    assert {"alice.zip/a.py", "alice.py"} < set(found.submissions) and not found.left_out


def test_a_member_without_a_name(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.zip").write_bytes(zipped({"\0.py": RIGHT, "b.py": RIGHT}))
    found = find_submissions([tmp_path / "in"], tmp_path / "unpacked")
    assert list(found.submissions) == ["a.zip/b.py"]
    assert list(found.left_out.values()) == ["its path leads out of the archive"]


def test_an_index_is_looked_for_where_python_looks(tmp_path, monkeypatch):
    """The mark of the end record stands once more in that record, as the index's place."""
    data = bytearray(zipped({f"{k}.py": RIGHT for k in range(5)}))
    data[-6:-2] = b"PK\x05\x06"
    (tmp_path / "a.zip").write_bytes(data)
    monkeypatch.setattr(unpacking, "MOST_MEMBERS", 4)
    with pytest.raises(ValueError, match="it holds more than 4 files"):
        find_submissions([tmp_path / "a.zip"], tmp_path / "unpacked")


@pytest.mark.skipif(os.name != "posix", reason="other systems have no such paths")
def test_a_path_that_is_longer_than_can_be_opened(tmp_path):
    with importable.Folder() as folder:
        for here in deep.folders(folder, "d" * 250, 20):
            for name in ("a.py", "b.txt"):
                os.close(os.open(name, os.O_CREAT | os.O_WRONLY, dir_fd=here))
        found = find_submissions([Path(folder)])
    assert 0 < len(found.submissions) < 20
    assert any("cannot be opened: File name too long" in why for why in found.left_out.values())


@pytest.mark.parametrize("method", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_archives_packed_in_another_way(tmp_path, method):
    """A damaged one raised what the batch did not expect, and stopped it."""
    with zipfile.ZipFile(tmp_path / "a.zip", "w", method) as archive:
        archive.writestr("a.py", RIGHT * 100)
    data = bytearray((tmp_path / "a.zip").read_bytes())
    data[60:90] = b"\xff" * 30
    (tmp_path / "a.zip").write_bytes(data)
    (tmp_path / "b.py").write_text(RIGHT)
    found = find_submissions([tmp_path], tmp_path / "unpacked")
    assert list(found.submissions) == ["b.py"]
    assert "packed by another method" in found.left_out["a.zip/a.py"]


def test_a_size_that_is_not_true(tmp_path):
    """An archive that says that a file of 30 MB has 10 bytes."""
    data = bytearray(zipped({"a.py": os.urandom(1_000).hex() * 15_000}))
    for signature, at in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        start = data.index(signature) + at
        data[start : start + 4] = (10).to_bytes(4, "little")
    (tmp_path / "a.zip").write_bytes(data)
    with contextlib.suppress(ValueError):  # taken as cut off, or refused
        find_submissions([tmp_path / "a.zip"], tmp_path / "unpacked")
    assert not [p for p in (tmp_path / "unpacked").rglob("*.py") if p.stat().st_size > 100]
