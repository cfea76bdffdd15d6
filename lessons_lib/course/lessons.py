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
    Lesson("00_start_here", "how to work, shapes", 44),
    Lesson("01_sequences_and_recurrence", "sequences, recurrence, the vanilla RNN", 75),
    Lesson("02_backpropagation_through_time", "the gradient of a recurrent network", 75),
    Lesson("03_rnn_limits", "vanishing and exploding gradients", 75),
    Lesson("04_gradient_clipping", "a remedy for one of the two", 64),
    Lesson("05_lstm_gates", "the LSTM, gate by gate", 75),
    Lesson("06_why_lstm_remembers", "the gradient of an LSTM", 71),
    Lesson("07_gru", "two gates and one state", 74),
    Lesson("08_lstm_language_model", "predicting the next word", 75),
    Lesson("09_better_language_model", "layers, dropout, tied weights", 74),
    Lesson("10_from_numpy_to_pytorch", "the same numbers in PyTorch", 45),
)
FURTHER: tuple[Lesson, ...] = (
    Lesson("00_arrays_that_surprise", "views, equal lengths, and how far float32 counts", 20),
    Lesson("01_embeddings", "a learned embedding as a map, and reused", 23),
    Lesson("01_four_requirements", "window, bag of words and RNN, put to the test", 32),
    Lesson("02_how_small_may_eps_be", "how far a gradient check can be trusted", 25),
    Lesson("02_truncated_bptt", "what a gradient in chunks leaves out", 45),
    Lesson("02_what_the_way_back_costs", "memory, work, and what a step promises", 22),
    Lesson("03_activation_functions", "which function for the state", 29),
    Lesson("03_singular_values", "singular values and the spectral radius", 37),
    Lesson("04_choosing_a_threshold", "three rules, and which threshold", 35),
    Lesson("04_the_cliff", "where the loss has a wall, and why", 26),
    Lesson("05_gates_while_reading", "what a trained memory tells, with controls", 39),
    Lesson("06_learning_to_recall", "the forget bias, and a task that needs memory", 27),
    Lesson("06_lstm_backward", "the LSTM backwards over a sequence", 43),
    Lesson("06_not_cured", "what the LSTM does not cure", 27),
    Lesson("06_what_a_network_remembers", "words swapped, beside the gradient", 45),
    Lesson("07_cell_under_other_names", "weights from other libraries and courses", 35),
    Lesson("07_gru_gates_at_work", "two solutions of one task, and gates on text", 28),
    Lesson("07_gru_two_variants", "reset after the product, and before it", 31),
    Lesson("07_three_cells_at_equal_parameters", "RNN, GRU and LSTM compared fairly", 28),
    Lesson("08_carried_state", "a bug that makes the best model the worst", 30),
    Lesson("08_looking_inside", "meaning in single units, with a control", 23),
    Lesson("08_new_names", "is what a network writes real, and is it new?", 22),
    Lesson("08_sampling", "temperature, and texts that are checked", 37),
    Lesson("08_where_models_differ", "a loss split by distance, and repeated", 25),
    Lesson("09_real_texts", "Shakespeare's letters, and the Penn Treebank", 23),
    Lesson("09_same_mask", "dropout along time, and one mask for all steps", 33),
    Lesson("09_stacked_layers", "an LSTM on an LSTM", 23),
    Lesson("09_step_sizes", "Adam, the plateau rule, the cosine", 26),
    Lesson("09_three_projects", "questions with no single right answer", 28),
    Lesson("10_carrying_weights_elsewhere", "round trips, training, files, swapped words", 36),
)


def every_notebook(folder: Path) -> list[Path]:
    """The files of the lessons, then of their companions, below a folder `notebooks`."""
    return [folder / lesson.file for lesson in (*LESSONS, *FURTHER)]


def what_comes_after(name: str) -> str:
    """What a learner does after a lesson or a companion, in words."""
    core = [lesson.name for lesson in LESSONS]
    if name not in core:
        return "Go on in the lessons."
    number = name.partition("_")[0]
    further = [lesson.file for lesson in FURTHER if lesson.name.startswith(f"{number}_")]
    after = LESSONS[core.index(name) + 1 :][:1]
    said = [f"Next: {lesson.file} ({lesson.topic})." for lesson in after]
    if further:
        said.append(f"Or go further: {', '.join(further)}.")
    return " ".join(said)
