"""Element-wise functions, softmax and the cross-entropy loss.

Every function keeps the dtype of a floating-point input, takes integers as float64, never writes
into its input, and gives finite numbers for any finite input. Sums run in float64, and float16 is
computed in float32: however long an axis, the result is right to the last digits of its dtype.
"""

import numpy as np
import numpy.typing as npt


def sigmoid(x: npt.ArrayLike) -> np.ndarray:
    """Logistic sigmoid, 1 / (1 + exp(-x)), in (0, 1); any shape in, the same shape out.

    Written with tanh, which cannot overflow: sigmoid(x) = (1 + tanh(x / 2)) / 2.
    """
    return 0.5 * np.tanh(np.multiply(x, 0.5)) + 0.5


def tanh(x: npt.ArrayLike) -> np.ndarray:
    """Hyperbolic tangent, in (-1, 1); any shape in, the same shape out."""
    x = np.asarray(x)
    return np.tanh(x if x.dtype.kind == "f" else x.astype(np.float64))  # of int8, not float16


def relu(x: npt.ArrayLike) -> np.ndarray:
    """Rectified linear unit, max(x, 0); any shape in, the same shape out."""
    return np.maximum(x, 0)


def softmax(x: npt.ArrayLike, axis: int = -1) -> np.ndarray:
    """Turn scores into probabilities that sum to 1 along an axis.

    Args:
        x: array of scores, any shape.
        axis: the axis along which the probabilities sum to 1.

    Returns:
        Array of the same shape, entries in [0, 1].
    """
    x = _floats(x)
    e = np.exp(_minus_max(x, axis))  # the largest entry becomes exp(0) = 1: no overflow
    return (e / _sum(e, axis)).astype(x.dtype, copy=False)


def log_softmax(x: npt.ArrayLike, axis: int = -1) -> np.ndarray:
    """Logarithm of `softmax`, in nats; never the logarithm of a number that has become 0."""
    x = _floats(x)
    log_probs = _log_softmax(x, axis)
    return np.maximum(log_probs, np.finfo(x.dtype).min).astype(x.dtype, copy=False)


def _log_softmax(x: np.ndarray, axis: int) -> np.ndarray:
    """`log_softmax`, of float16 in float32."""
    shifted = _minus_max(x, axis)
    return shifted - np.log(np.maximum(_sum(np.exp(shifted), axis), 1))  # 0 if the axis is empty


def _floats(x: npt.ArrayLike) -> np.ndarray:
    """x in this machine's byte order, integers as float64: NumPy's tanh makes float16 of int8."""
    x = np.asarray(x)
    dtype = np.float64 if x.dtype.kind in "iub" else x.dtype.newbyteorder("=")
    return x.astype(dtype, copy=False)


def _minus_max(x: np.ndarray, axis: int) -> np.ndarray:
    """x minus its largest entry along the axis, in float32 or better."""
    x = x.astype(np.result_type(x, np.float32), copy=False)
    with np.errstate(over="ignore"):  # only scores further apart than the dtype's range overflow
        shifted = x - x.max(axis=axis, keepdims=True, initial=-np.inf)
    # Half the range leaves room for the log of the sum that log_softmax still takes away.
    return np.maximum(shifted, np.finfo(x.dtype).min / 2)


def _sum(x: np.ndarray, axis: int) -> np.ndarray:
    """The sum along an axis, which stays, added up in float64 or better."""
    wide = np.result_type(x, np.float64)
    return x.sum(axis=axis, keepdims=True, dtype=wide).astype(x.dtype)


def one_hot(
    ids: npt.ArrayLike, num_classes: int, *, dtype: npt.DTypeLike = np.float64
) -> np.ndarray:
    """Turn each id into a row with a single 1 at the place of the id.

    Args:
        ids: integers from 0 to num_classes - 1, any shape.
        num_classes: length of each row.
        dtype: dtype of the result.

    Returns:
        Array of shape ids.shape + (num_classes,).

    Raises:
        TypeError: if ids are not integers.
        ValueError: if an id lies outside 0 … num_classes - 1.
    """
    ids = check_ids(ids, num_classes, "ids")
    rows = np.zeros((*ids.shape, num_classes), dtype)
    np.put_along_axis(rows, ids[..., None], 1, axis=-1)
    return rows


def cross_entropy(
    logits: npt.ArrayLike, targets: npt.ArrayLike, *, ignore_index: int | None = None
) -> tuple[float, np.ndarray]:
    """Mean cross entropy of softmax(logits), and its gradient.

    The mean runs over every target that is not ignored, so each token counts the same whatever
    batch it stands in.

    Args:
        logits: scores before the softmax, (..., V).
        targets: the right class for each row, integers of shape (...,).
        ignore_index: targets with this value count neither in the loss nor in the gradient.

    Returns:
        The loss in nats and its gradient dlogits (..., V).

    Raises:
        TypeError: if targets are not integers.
        ValueError: if shapes do not fit, a target is out of range, or no target counts.
    """
    logits = np.asarray(logits)
    targets = np.asarray(targets)
    if logits.ndim < 1 or logits.shape[-1] == 0:
        raise ValueError(f"logits: expected shape (..., V) with V at least 1, got {logits.shape}")
    if targets.shape != logits.shape[:-1]:
        raise ValueError(f"targets: expected shape {logits.shape[:-1]}, got {targets.shape}")
    counted = np.ones(targets.shape, bool) if ignore_index is None else targets != ignore_index
    targets = check_ids(np.where(counted, targets, 0), logits.shape[-1], "targets")
    count = counted.sum()
    if count == 0:
        raise ValueError("targets: expected at least one that counts, got none")

    logits = _floats(logits)
    log_probs = _log_softmax(logits, -1)
    picked = np.take_along_axis(log_probs, targets[..., None], axis=-1)[..., 0]  # (...,)
    loss = -float(picked[counted].mean(dtype=np.float64))

    dlogits = np.exp(log_probs)  # the gradient of each row is its softmax …
    np.put_along_axis(
        dlogits, targets[..., None], np.exp(picked)[..., None] - 1, axis=-1
    )  # … minus 1 at the target
    dlogits *= (counted / count)[..., None].astype(dlogits.dtype)
    return loss, dlogits.astype(logits.dtype, copy=False)


def check_ids(ids: npt.ArrayLike, num_classes: int, name: str) -> np.ndarray:
    """Return ids as an integer array, or say in one line what is wrong with them.

    Args:
        ids: integers, any shape.
        num_classes: ids must lie in 0 … num_classes - 1.
        name: the argument's name, for the message.

    Raises:
        TypeError: if ids are not integers.
        ValueError: if an id is out of range.
    """
    try:
        ids = np.asarray(ids)
    except ValueError:
        raise ValueError(f"{name}: expected an array of integers, got ragged rows") from None
    if ids.size == 0 and ids.dtype.kind == "f":
        ids = ids.astype(np.int64)  # np.array([]) is float64; there is nothing in it to misread
    if ids.dtype.kind not in "iu":
        raise TypeError(f"{name}: expected integers, got dtype {ids.dtype}")
    if ids.size and not 0 <= ids.min() <= ids.max() < num_classes:
        raise ValueError(
            f"{name}: expected values from 0 to {num_classes - 1}, "
            f"got values from {ids.min()} to {ids.max()}"
        )
    return ids
