"""Sizes of cases that several lessons share."""

# The first case gives every axis a length of its own. Later ones: D = H, so that exchanged weights
# fit and can be recognised; N = 4, so that rows can be cut in four; a single row; a single input
# and unit, so that a squeeze is noticed wherever it stands.
STEP_SIZES = [
    {"N": 3, "D": 2, "H": 5},
    {"N": 2, "D": 4, "H": 3},
    {"N": 4, "D": 3, "H": 3},
    {"N": 1, "D": 3, "H": 2},
    {"N": 3, "D": 1, "H": 1},
]
# Here also a single step, and T = N, so that exchanged axes fit.
SEQUENCE_SIZES = [
    {"T": 4, "N": 3, "D": 2, "H": 5},
    {"T": 1, "N": 2, "D": 4, "H": 3},
    {"T": 4, "N": 4, "D": 3, "H": 3},
    {"T": 5, "N": 1, "D": 3, "H": 2},
    {"T": 3, "N": 2, "D": 1, "H": 1},
]
