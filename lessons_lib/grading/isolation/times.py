"""How long a submission takes, whatever else the machine is doing."""

import time
from collections.abc import Callable

# A second of a processor's may take so many on the clock: on a busy machine, or asleep.
PATIENCE = 4.0


class Stopwatch:
    """Counts the seconds that processors work, or a quarter of those that pass if that is more.

    Seconds on the clock alone would blame a submission for what else the machine does; seconds of
    processors alone would wait for ever for one that sleeps.
    """

    def __init__(self, total: Callable[[], float]) -> None:
        """Start.

        Args:
            total: tells for how many seconds processors have worked for it, from any start.
        """
        self._total, self._before, self._started = total, total(), time.monotonic()

    def read(self) -> tuple[float, bool]:
        """Seconds that count, and whether they are a quarter of those that have passed."""
        worked = self._total() - self._before
        waited = (time.monotonic() - self._started) / PATIENCE
        return max(worked, waited), waited > worked
