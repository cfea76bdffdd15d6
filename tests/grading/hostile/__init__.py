"""Submissions that cheat or do harm, by class; docs/isolation.md has the table of them.

Every one answers `lstm_gates`, wrongly unless `twin` says otherwise, and attacks beside it.
"""

from tests.grading.hostile import answers, exhausting, files, kernel, processes, seeing
from tests.grading.hostile.attack import Attack

ATTACKS: tuple[Attack, ...] = (
    *seeing.ATTACKS,
    *answers.ATTACKS,
    *exhausting.ATTACKS,
    *kernel.ATTACKS,
    *processes.ATTACKS,
    *files.ATTACKS,
)
