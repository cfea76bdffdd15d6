"""Four functions of recurrent networks, with the names and layouts of Stanford's CS231n.

Sequences have the batch first, (N, T, D). The blocks of Wx (D, 4H), Wh (H, 4H) and b (4H,) of an
LSTM stand in the order i, f, o, g.
"""

# The docstring is what students read. Grade with
#     lessons grade SUBMISSIONS --exercises examples/cs231n_assignment.py --out graded

from lessons_lib.grading import Blocks, Swapped, adapt

ORDER = Blocks(ours="i f g o", theirs="i f o g")
BATCH_FIRST = Swapped(0, 1)
LSTM_WEIGHTS = {"Wx": ORDER, "Wh": ORDER, "b": ORDER}
WEIGHTS = {"Wx": "Wx", "Wh": "Wh", "b": "b"}

rnn_step_forward = adapt(
    "rnn_step",
    name="rnn_step_forward",
    lesson="assignment3",
    arguments={"x": "x", "prev_h": "h_prev", **WEIGHTS},
    results={"next_h": "h"},
    may_follow=["cache"],
)

rnn_forward = adapt(
    "rnn_unroll",
    name="rnn_forward",
    lesson="assignment3",
    arguments={"x": "x", "h0": "h0", **WEIGHTS},
    results={"h": "hs"},
    conversions={"x": BATCH_FIRST, "h": BATCH_FIRST},
    points={"h": 2},
    may_follow=["cache"],
)

lstm_step_forward = adapt(
    "lstm_step",
    name="lstm_step_forward",
    lesson="assignment3",
    arguments={"x": "x", "prev_h": "h_prev", "prev_c": "c_prev", **WEIGHTS},
    results={"next_h": "h", "next_c": "c"},
    conversions=LSTM_WEIGHTS,
    may_follow=["cache"],
)

lstm_forward = adapt(
    "lstm_unroll",
    name="lstm_forward",
    lesson="assignment3",
    arguments={"x": "x", "h0": "h0", "c0": "c0", **WEIGHTS},
    results={"h": "hs"},
    conversions={"x": BATCH_FIRST, "h": BATCH_FIRST, **LSTM_WEIGHTS},
    points={"h": 3},
    may_follow=["cache"],
)
