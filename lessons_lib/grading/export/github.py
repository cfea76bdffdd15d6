"""For GitHub Actions: an instructor's own repository that grades, and the student version.

A workflow that lies in a student's repository can be changed by the student. This one lies in the
instructor's, fetches one file of each student's repository and runs nothing else of it.
"""

import shlex

from lessons_lib.grading.export import student
from lessons_lib.grading.export.assignment import Assignment, GraderFiles

WORKFLOW = """\
# Grades the repositories in roster.txt. This file belongs into a repository of the instructor's,
# to which no student can write. Scores stand in its summary and in its artifact.
name: grade {name}
on:
  workflow_dispatch:
    inputs:
      give_back:
        description: Open an issue with verdicts and points in each student's repository
        type: boolean
        default: false
permissions:
  contents: read
jobs:
  grade:
    runs-on: ubuntu-24.04
    timeout-minutes: 350
    env:
      ASSIGNMENT: {name}.ipynb
    steps:
      - uses: actions/checkout@v6
        with:
          persist-credentials: false
      - uses: actions/setup-python@v6
        with:
          python-version: "3.13"
      - name: Install
        run: |
          sudo apt-get update
          sudo apt-get install -y bubblewrap libseccomp2
          # Ubuntu 24.04 forbids bubblewrap its own user namespace otherwise.
          sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0
          python -m pip install --requirement requirements.txt
      - name: Collect
        env:
          GH_TOKEN: ${{{{ secrets.SUBMISSIONS_TOKEN }}}}  # may read the students' repositories
        run: |
          python -P -m lessons_lib.grading.export.github_collecting \\
            roster.txt "$ASSIGNMENT" collected
      - name: Grade
        run: lessons grade collected{exercises} --out graded --jobs "$(nproc)" --require strong
      - name: Report
        if: ${{{{ !cancelled() }}}}
        run: python -P -m lessons_lib.grading.export.github_grading graded collected
      - name: Give back
        if: ${{{{ !cancelled() && inputs.give_back }}}}
        env:
          GH_TOKEN: ${{{{ secrets.SUBMISSIONS_TOKEN }}}}  # may write issues there
        run: python -P -m lessons_lib.grading.export.github_returning graded "$ASSIGNMENT"
      - uses: actions/upload-artifact@v7
        if: ${{{{ !cancelled() }}}}
        with:
          name: {name}
          path: graded
"""


def files(assignments: list[Assignment], grader: GraderFiles) -> dict[str, bytes]:
    """`grading`, the content of the instructor's repository, and `student`, of the students'.

    Raises:
        ValueError: if an instructor's file has exercises of several lessons.
    """
    if grader.exercises and len(assignments) > 1:
        names = ", ".join(assignment.name for assignment in assignments)
        raise ValueError(f"--exercises: expected one lesson in the file for github, got {names}")
    exercises = (
        f" --exercises {shlex.quote(grader.exercises_name)}" if grader.exercises_name else ""
    )
    written = {
        "grading/roster.txt": b"# One repository in a line: owner/name, or its address\n",
        "grading/requirements.txt": f"{grader.requirement()}\n".encode(),
    }
    written |= {f"grading/{name}": data for name, data in grader.files().items()}
    for assignment in assignments:
        workflow = WORKFLOW.format(name=assignment.name, exercises=exercises)
        written[f"grading/.github/workflows/{assignment.name}.yml"] = workflow.encode()
    # The notebook alone, since it is the one file that is fetched.
    stubs = student.files(assignments, grader)
    modules = {f"{assignment.name}.py" for assignment in assignments}
    written |= {f"student/{name}": stubs[name] for name in stubs if name not in modules}
    return written
