"""The lessons in order, and their companions: what each is about, and how long it takes.

A lesson is the core: `notebooks/NAME.ipynb`. A companion goes further on one subject, and no lesson
needs it: `notebooks/further/NAME.ipynb`. `tools/count_minutes.py` says how the minutes come about.
"""

from pathlib import Path
from typing import NamedTuple


class Lesson(NamedTuple):
    """A notebook of the course."""

    name: str  # of the notebook, without folder and .ipynb
    topic: str
    minutes: int  # of work, exercises included

    @property
    def file(self) -> str:
        """Where it stands below `notebooks/`."""
        return f"{self.name}.ipynb" if self in LESSONS else f"further/{self.name}.ipynb"


LESSONS = (
    Lesson("00_start_here", "how to work, shapes", 30),
    Lesson("01_sequences_and_recurrence", "sequences, recurrence, the vanilla RNN", 85),
    Lesson("02_backpropagation_through_time", "the gradient of a recurrent network", 105),
    Lesson("03_rnn_limits", "vanishing and exploding gradients", 75),
    Lesson("04_gradient_clipping", "a remedy for one of the two", 65),
    Lesson("05_lstm_gates", "the LSTM, gate by gate", 90),
    Lesson("06_why_lstm_remembers", "the gradient of an LSTM", 75),
    Lesson("07_gru", "two gates and one state", 110),
    Lesson("08_lstm_language_model", "predicting the next word", 100),
    Lesson("09_better_language_model", "layers, dropout, tied weights", 90),
    Lesson("10_from_numpy_to_pytorch", "the same numbers in PyTorch", 65),
)
FURTHER: tuple[Lesson, ...] = (
    Lesson("03_activation_functions", "which function for the state", 28),
    Lesson("03_singular_values", "singular values and the spectral radius", 35),
    Lesson("04_choosing_a_threshold", "three rules, and which threshold", 35),
    Lesson("04_the_cliff", "where the loss has a wall, and why", 26),
    Lesson("06_lstm_backward", "the LSTM backwards over a sequence", 43),
    Lesson("06_learning_to_recall", "the forget bias, and a task that needs memory", 25),
    Lesson("06_not_cured", "what the LSTM does not cure", 23),
)


def every_notebook(folder: Path) -> list[Path]:
    """The files of the lessons, then of their companions, below a folder `notebooks`."""
    return [folder / lesson.file for lesson in (*LESSONS, *FURTHER)]
