"""A folder that is exchanged for a link, after it was listed, leads nowhere."""

import os

import pytest

from lessons_lib.course import exercises
from lessons_lib.grading import grade
from lessons_lib.grading.batch import find_submissions
from lessons_lib.grading.batch.keeping import digest_of
from lessons_lib.grading.grader import grade_in_place
from lessons_lib.grading.isolation.submission import UnreadableError, read_submission

ASKED = [exercises.find("sigmoid")]


@pytest.mark.skipif(os.open not in os.supports_dir_fd, reason="needs folders' descriptors")
def test_a_folder_exchanged_for_a_link(tmp_path):
    for name, text in (("in/eve/hw", "return x"), ("solved/hw", "return 1 / (1 + np.exp(-x))")):
        path = tmp_path / f"{name}.py"
        path.parent.mkdir(parents=True)
        path.write_text(f"import numpy as np\ndef sigmoid(x):\n    {text}\n")
    (path,) = find_submissions([tmp_path / "in"]).submissions.values()
    before = digest_of(path)
    (tmp_path / "in" / "eve").rename(tmp_path / "away")
    (tmp_path / "in" / "eve").symlink_to(tmp_path / "solved")
    assert digest_of(path).startswith("unread: ") and not before.startswith("unread: ")
    with pytest.raises(UnreadableError):
        read_submission(path)
    (result,) = grade_in_place(path, exercises=ASKED, isolation="basic").results
    assert (result.score, result.status) == (0, "error")
    # Who names a file may name it by way of links, and so may a batch's folder be.
    assert grade(path, exercises=ASKED, isolation="basic").score == ASKED[0].points
    (linked,) = find_submissions([tmp_path / "in" / "eve"]).submissions.values()
    assert grade_in_place(linked, exercises=ASKED, isolation="basic").score == ASKED[0].points
