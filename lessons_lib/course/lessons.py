"""The lessons in order: what each is about, and how long it takes."""

from typing import NamedTuple


class Lesson(NamedTuple):
    """A notebook of the course."""

    name: str  # of the notebook, without .ipynb
    topic: str
    minutes_to_read: int
    minutes_to_practise: int


LESSONS = (
    Lesson("00_start_here", "how to work, shapes", 15, 15),
    Lesson("01_sequences_and_recurrence", "sequences, recurrence, the vanilla RNN", 45, 40),
    Lesson("02_backpropagation_through_time", "the gradient of a recurrent network", 45, 60),
    Lesson("03_rnn_limits", "vanishing and exploding gradients", 50, 50),
    Lesson("04_gradient_clipping", "a remedy for one of the two", 35, 30),
    Lesson("05_lstm_gates", "the LSTM, gate by gate", 45, 45),
    Lesson("06_why_lstm_remembers", "the gradient of an LSTM", 45, 60),
    Lesson("07_gru", "two gates and one state", 60, 50),
    Lesson("08_lstm_language_model", "predicting the next word", 50, 50),
    Lesson("09_better_language_model", "layers, dropout, tied weights", 45, 45),
    Lesson("10_from_numpy_to_pytorch", "the same numbers in PyTorch", 35, 30),
)
