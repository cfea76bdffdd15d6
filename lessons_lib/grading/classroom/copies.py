"""Find submissions whose code is near to another's, whatever its names, comments and formatting.

Winnowing (Schleimer, Wilkerson and Aiken, "Winnowing: local algorithms for document
fingerprinting", SIGMOD 2003) on tokens: of the hashes of all runs of K tokens those are kept that
are least among W neighbours, so that every common run of K + W - 1 tokens is seen, wherever it is.
Whatever can be renamed counts as one token; comments, docstrings, brackets and white space as none.
As in MOSS, what many have alike is not counted: right answers to a short exercise look alike.
"""

import zlib
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from lessons_lib.grading.classroom.tokens import MOST_CODE, tokens_of

K, W = 10, 5
NEAR = 0.8  # share of what is a submission's own
LEAST = 20  # fingerprints that two have in common
RARE = 0.3  # share of all who may have a fingerprint that counts, or else
FEWEST = 20  # of them; students, however often each hands in
NEARLY_ALL = 0.8  # of the class: what more of them have was given to them
MOST_TASKS = 50  # of which it is asked what nearly all who answer them have
BASE = np.uint64(0x9E3779B97F4A7C15)
KEYWORDS = frozenset(
    "and as assert break class continue def del elif else except finally for from if import in is "
    "lambda not or pass raise return try while with yield None True False range len zip".split()
)
DEF = zlib.crc32(b"def")
Fingerprints = NDArray[np.uint64]


class Code(NamedTuple):
    """The fingerprints of a submission.

    Attributes:
        hashes: sorted, each once.
        lines: the first line of each, counted from 0 over all pieces.
    """

    hashes: Fingerprints
    lines: NDArray[np.intp]


class Pair(NamedTuple):
    """Two whose code is near to each other's; the second may be no submission of the class.

    Attributes:
        first, second: their names.
        share: of what is the first's own, 0 to 1; the first is the one that has more of it.
    """

    first: str
    second: str
    share: float


def fingerprints(pieces: Iterable[tuple[str, str]]) -> Code:
    """The fingerprints of code in pieces, as `read_submission` gives it."""
    tokens: list[int] = []
    lines: list[int] = []
    line, room = 0, MOST_CODE
    for _, source in pieces:
        for token in tokens_of(source[: max(0, room)]):
            if token.kind == "docstring":
                continue
            text = {"text": "S", "name": "V"}.get(token.kind, token.text)
            text = token.text if token.text in KEYWORDS else text
            tokens.append(zlib.crc32(text.encode(errors="replace")))
            lines.append(line + token.line)
        line += source.count("\n") + 1
        room -= len(source) + 1
    if len(tokens) < K + W:
        return Code(np.empty(0, np.uint64), np.empty(0, np.intp))
    powers = BASE ** np.arange(K, dtype=np.uint64)
    windows = sliding_window_view(np.array(tokens, np.uint64), K)
    runs = (windows * powers).sum(axis=1)
    runs ^= runs >> np.uint64(29)
    across = (windows[:, 1:] == DEF).any(axis=1)  # functions may stand in another order
    runs[across] = np.iinfo(np.uint64).max
    places = np.unique(sliding_window_view(runs, W).argmin(axis=1) + np.arange(len(runs) - W + 1))
    places = places[~across[places]]
    hashes, first = np.unique(runs[places], return_index=True)
    return Code(hashes, np.array(lines, np.intp)[places[first]])


def near_pairs(
    of_class: Mapping[str, Code],
    others: Mapping[str, Code],
    handed_out: Fingerprints,
    same: Mapping[str, str],
    asked: Mapping[str, object] | None = None,
) -> list[Pair]:
    """Pairs within a class, and of the class and others, most alike first.

    Args:
        of_class: the submissions.
        others: of earlier years, and references.
        handed_out: fingerprints that do not count.
        same: whose each submission is; a student's own are not compared.
        asked: what each answers; by default the same. Those who answer the same are a class.
    """
    names = [*of_class, *others]
    codes = [
        np.setdiff1d(code.hashes, handed_out) for code in (*of_class.values(), *others.values())
    ]
    owners = np.repeat(np.arange(len(codes)), [len(code) for code in codes])
    _, ids = np.unique(np.concatenate([*codes, np.empty(0, np.uint64)]), return_inverse=True)
    counts = np.bincount(ids)
    whose = [same[name] for name in of_class] + [f"other {name}" for name in others]
    _, students = np.unique(whose, return_inverse=True)
    task = [(asked or {}).get(name) for name in of_class]

    def by_how_many(some: NDArray[np.bool_]) -> NDArray[np.intp]:
        once = np.unique(np.stack([ids[some], students[owners[some]]]), axis=1)[0]
        return np.bincount(once, minlength=len(counts))

    rare = by_how_many(owners >= 0) <= max(FEWEST, RARE * len(set(whose)))
    for one, _ in Counter(task).most_common(MOST_TASKS):
        of_one = np.array([*(other == one for other in task), *(False for _ in others)])
        size = len(np.unique(students[of_one]))
        rare &= by_how_many(of_one[owners]) <= max(3, NEARLY_ALL * size)
    order = np.argsort(ids, kind="stable")
    ends = np.cumsum(counts)
    starts = ends - counts
    own = np.split(ids, np.cumsum([len(code) for code in codes])[:-1])
    own = [mine[rare[mine]] for mine in own]
    pairs = []
    for k, name in enumerate(of_class):
        mine = own[k]
        if not len(mine):
            continue
        who = owners[np.concatenate([order[starts[i] : ends[i]] for i in mine])]
        common = np.bincount(who, minlength=len(names))
        for j in np.flatnonzero((common >= LEAST) & (common >= NEAR * len(mine))):
            share, is_other = float(common[j] / len(mine)), j >= len(of_class)
            back = 0.0 if is_other else common[j] / len(own[j])
            if j == k or (back, -j) > (share, -k):  # told from the other side
                continue
            if is_other or same[names[j]] != same[name]:
                pairs.append(Pair(name, names[j], share))
    return sorted(pairs, key=lambda pair: -pair.share)
