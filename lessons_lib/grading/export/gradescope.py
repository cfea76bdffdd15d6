"""For Gradescope: for each assignment an autograder.zip and the student version."""

import io
import json
import zipfile

from lessons_lib.grading.export import student
from lessons_lib.grading.export.assignment import Assignment, GraderFiles

SETUP = """\
#!/usr/bin/env bash
# Gradescope runs this once, when the autograder is built.
set -euo pipefail
source=$(cd "$(dirname "$0")" && pwd)

apt-get update
apt-get install -y bubblewrap libseccomp2 python3 python3-venv
python=python3
if ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    apt-get install -y python3.11 python3.11-venv
    python=python3.11
fi
$python -m venv "$source/../venv"
cd "$source"
"$source/../venv/bin/python" -m pip install --requirement requirements.txt
"""
RUN = """\
#!/usr/bin/env bash
# Gradescope runs this for each submission, as /autograder/run_autograder.
set -euo pipefail
root=$(cd "$(dirname "$0")" && pwd)
cd /  # not where a student's files lie
exec "$root/venv/bin/python" -I -m lessons_lib.grading.export.gradescope_grading "$root"
"""


def files(assignments: list[Assignment], grader: GraderFiles) -> dict[str, bytes]:
    """`NAME/autograder.zip`, and in `NAME/student` what to hand out."""
    written = {}
    for assignment in assignments:
        written[f"{assignment.name}/autograder.zip"] = _autograder(assignment, grader)
        for name, data in student.files([assignment], grader).items():
            written[f"{assignment.name}/student/{name}"] = data
    return written


def _autograder(assignment: Assignment, grader: GraderFiles) -> bytes:
    settings = {
        "assignment": assignment.name,
        "exercises": grader.exercises_name,
        "isolation": "auto",
        "feedback": "visible",
    }
    content = {
        "setup.sh": SETUP.encode(),
        "run_autograder": RUN.encode(),
        "requirements.txt": f"{grader.requirement()}\n".encode(),
        "assignment.json": f"{json.dumps(settings, indent=1)}\n".encode(),
        **grader.files(),
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in content.items():
            entry = zipfile.ZipInfo(name)
            executable = data.startswith(b"#!")
            entry.external_attr = (0o100755 if executable else 0o100644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)
    return packed.getvalue()
