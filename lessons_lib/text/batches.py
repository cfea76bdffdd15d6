"""Batches of text in which every row goes on where it stopped in the batch before.

The text is cut into N lanes, and each batch holds the next T tokens of every lane. So the hidden
state at the end of a batch is the right one to start the next batch with: truncated
backpropagation through time with carried state. All batches are time-major, (T, N), and a target
is always the token after its input.
"""

import mmap
import sys
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from lessons_lib.layers.base import check_size

IGNORE_INDEX = -1  # the target of a padded place: `cross_entropy(..., ignore_index=-1)` skips it


class TrainingBatches:
    """Training batches, each a function of its step number alone.

    Lane i starts at i * ((len(ids) - 1) // N) and runs on for ever: after an epoch it continues
    into the text of the next lane, and after the last token it starts over at the first, which is
    the one place where the carried state does not fit the text (harmless, as it happens once per
    pass over the whole text). Because a batch depends on nothing but its step number, a run can
    be continued from that number.

    For epochs that all start at the heads of the lanes, loop over the object itself: it gives
    the batches of steps 0 to len - 1, and the state should be reset before each such loop.

    Args:
        ids: the text, integers, 1-D.
        batch_size: N, lanes read side by side.
        seq_len: T, time steps per batch.

    Raises:
        TypeError: if ids are not integers, or a size is not a whole number.
        ValueError: if ids are not 1-D or too few for one batch, or a size is below 1.
    """

    def __init__(self, ids: npt.ArrayLike, batch_size: int, seq_len: int) -> None:
        self.batch_size = check_size(batch_size, "batch_size")
        self.seq_len = check_size(seq_len, "seq_len")
        self._ids = _check_text(ids, self.batch_size * self.seq_len + 1)
        self._pairs = len(self._ids) - 1  # (input, target) pairs
        self._starts = np.arange(self.batch_size) * (self._pairs // self.batch_size)  # (N,)

    def __len__(self) -> int:
        """Steps per epoch: full batches that the text holds."""
        return self._pairs // (self.batch_size * self.seq_len)

    def batch(self, step: int) -> tuple[np.ndarray, np.ndarray]:
        """The batch of a step.

        Args:
            step: 0, 1, 2, …; counts on from epoch to epoch.

        Returns:
            inputs and targets, int64, both (T, N).

        Raises:
            ValueError: if step is negative or not a whole number.
        """
        if not isinstance(step, int | np.integer) or step < 0:
            raise ValueError(f"step: expected a whole number of 0 or more, got {step!r}")
        times = step * self.seq_len + np.arange(self.seq_len)  # (T,)
        places = (times[:, None] + self._starts) % self._pairs  # (T, N)
        return self._ids[places].astype(np.int64), self._ids[places + 1].astype(np.int64)

    def __iter__(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        return (self.batch(step) for step in range(len(self)))


def evaluation_batches(
    ids: npt.ArrayLike, batch_size: int, seq_len: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Batches that predict every token of a text but the first, each exactly once.

    The len(ids) - 1 predictions are shared out over N lanes, whose lengths differ by at most one.
    The last batch has fewer time steps if the length asks for it, and where a lane ends one step
    before the others its last target is IGNORE_INDEX, to be left out of every sum and count.

    A text with fewer predictions than batch_size gets fewer lanes. Arguments and errors are those
    of `TrainingBatches`, but 2 ids are enough.

    Returns:
        Iterator over inputs and targets, int64, both (T, N), the last ones perhaps shorter in T.
    """
    check_size(batch_size, "batch_size")
    check_size(seq_len, "seq_len")
    ids = _check_text(ids, 2)
    predictions = len(ids) - 1
    N = min(batch_size, predictions)
    short, longer_lanes = divmod(predictions, N)  # the first lanes have one prediction more
    lengths = np.full(N, short)
    lengths[:longer_lanes] += 1
    starts = np.cumsum(lengths) - lengths

    def batches() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for begin in range(0, lengths[0], seq_len):
            times = np.arange(begin, min(begin + seq_len, lengths[0]))[:, None]  # (T, 1)
            places = starts + times  # (T, N)
            targets = ids[np.minimum(places + 1, predictions)].astype(np.int64)
            yield ids[places].astype(np.int64), np.where(times < lengths, targets, IGNORE_INDEX)

    return batches()


def _check_text(ids: npt.ArrayLike, at_least: int) -> np.ndarray:
    ids = np.asarray(ids)
    if ids.ndim != 1:
        raise ValueError(f"ids: expected a 1-D array, got shape {ids.shape}")
    if len(ids) < at_least:
        raise ValueError(f"ids: expected at least {at_least} tokens, got {len(ids)}")
    if ids.dtype.kind not in "iu":
        raise TypeError(f"ids: expected integers, got dtype {ids.dtype}")
    return ids  # not copied: a long text lies in a file


def let_go(ids: np.ndarray) -> None:
    """Give back the memory of what was read of a text that lies in a file; it is read again then.

    Without this a run would come to hold the whole file, as fast as it reads it.
    """
    file = getattr(ids, "_mmap", None)
    if file is not None and sys.platform != "win32":  # which does it by itself
        file.madvise(mmap.MADV_DONTNEED)
