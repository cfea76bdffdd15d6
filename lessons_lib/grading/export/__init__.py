"""Hand out exercises on the platform that a course has, and grade them there.

`student` writes what students get: stubs, without solutions, expected results or misconceptions.
`nbgrader`, `otter`, `gradescope` and `github` write that and a grader for the platform. Each of
these graders calls `lessons_lib.grading.grade`, which runs a submission in a process of its own.

The modules named `…_grading` run on the platform; the others write the files.
"""

from lessons_lib.grading.export.exporting import TARGETS, export

__all__ = ["TARGETS", "export"]
