"""Which text a run is about, in a few numbers: a run is not gone on with on another one."""

import hashlib
from typing import Any

import numpy as np

from lessons_lib.text import Corpus
from lessons_lib.text.batches import let_go

_BLOCK = 1 << 20  # ids at a time: a long text lies on disk


def identity(corpus: Corpus) -> dict[str, Any]:
    """Sizes and checksums of a corpus's vocabulary, training and validation text."""
    found: dict[str, Any] = {
        "vocabulary": [len(corpus.vocab), _checksum("\0".join(corpus.vocab.tokens))]
    }
    for name, ids in (("training text", corpus.train), ("validation text", corpus.valid)):
        found[name] = [len(ids), _checksum(ids)]
    return found


def differences(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """What two identities differ in, in words; what one of them does not know is left out."""
    said = []
    for name, value in now.items():
        if name in before and before[name] != value:
            then = before[name][0]
            sizes = f"{then:,} tokens, now {value[0]:,}" if then != value[0] else "other tokens"
            said.append(f"another {name} ({sizes})")
    return said


def _checksum(content: str | np.ndarray) -> str:
    total = hashlib.sha256()
    if isinstance(content, str):
        total.update(content.encode(errors="surrogatepass"))
    else:
        for start in range(0, len(content), _BLOCK):
            total.update(content[start : start + _BLOCK].astype("<u4").tobytes())
            let_go(content)
    return total.hexdigest()[:32]
