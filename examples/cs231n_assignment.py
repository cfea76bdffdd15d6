"""The eight functions of recurrent networks in Stanford's CS231n, with its names and layouts.

Sequences have the batch first, (N, T, D). The blocks of Wx (D, 4H), Wh (H, 4H) and b (4H,) of an
LSTM stand in the order i, f, o, g; its memory cell begins at zero. A forward function returns its
cache last, whatever that is, and the backward function is called with it.
"""

# The docstring is what students read. Grade with
#     lessons grade SUBMISSIONS --exercises examples/cs231n_assignment.py --out graded

from functools import partial

import numpy as np

from lessons_lib.grading import Blocks, Swapped, adapt

ORDER, BATCH_FIRST = Blocks(ours="i f g o", theirs="i f o g"), Swapped(0, 1)
WEIGHTS, GRADIENTS = {k: k for k in ("Wx", "Wh", "b")}, {k: k for k in ("dWx", "dWh", "db")}
LSTM_WEIGHTS, LSTM_GRADIENTS = dict.fromkeys(WEIGHTS, ORDER), dict.fromkeys(GRADIENTS, ORDER)
forward = partial(adapt, lesson="assignment3", may_follow=["cache"])
backward = partial(adapt, lesson="assignment3", carry_errors=0.5)

rnn_step_forward = forward(
    "rnn_step",
    name="rnn_step_forward",
    arguments={"x": "x", "prev_h": "h_prev", **WEIGHTS},
    results={"next_h": "h"},
)
rnn_step_backward = backward(
    "rnn_step_backward",
    arguments={"dnext_h": "dh", "cache": "cache"},
    results={"dx": "dx", "dprev_h": "dh_prev", **GRADIENTS},
    cache_from={"cache": rnn_step_forward},
)
rnn_forward = forward(
    "rnn_unroll",
    name="rnn_forward",
    arguments={"x": "x", "h0": "h0", **WEIGHTS},
    results={"h": "hs"},
    conversions={"x": BATCH_FIRST, "h": BATCH_FIRST},
)
rnn_backward = backward(
    "rnn_backward",
    arguments={"dh": "dhs", "cache": "caches"},
    results={"dx": "dx", "dh0": "dh0", **GRADIENTS},
    conversions={"dh": BATCH_FIRST, "dx": BATCH_FIRST},
    cache_from={"cache": rnn_forward},
)
lstm_step_forward = forward(
    "lstm_step",
    name="lstm_step_forward",
    arguments={"x": "x", "prev_h": "h_prev", "prev_c": "c_prev", **WEIGHTS},
    results={"next_h": "h", "next_c": "c"},
    conversions=LSTM_WEIGHTS,
)
lstm_step_backward = backward(
    "lstm_step_backward",
    arguments={"dnext_h": "dh", "dnext_c": "dc", "cache": "cache"},
    results={"dx": "dx", "dprev_h": "dh_prev", "dprev_c": "dc_prev", **GRADIENTS},
    conversions=LSTM_GRADIENTS,
    cache_from={"cache": lstm_step_forward},
)
lstm_forward = forward(
    "lstm_unroll",
    name="lstm_forward",
    arguments={"x": "x", "h0": "h0", **WEIGHTS},
    results={"h": "hs"},
    conversions={"x": BATCH_FIRST, "h": BATCH_FIRST, **LSTM_WEIGHTS},
    fixed={"c0": lambda ours: np.zeros_like(ours["h0"])},
)
lstm_backward = backward(
    "lstm_backward",
    arguments={"dh": "dhs", "cache": "caches"},
    results={"dx": "dx", "dh0": "dh0", **GRADIENTS},
    conversions={"dh": BATCH_FIRST, "dx": BATCH_FIRST, **LSTM_GRADIENTS},
    cache_from={"cache": lstm_forward},
)
