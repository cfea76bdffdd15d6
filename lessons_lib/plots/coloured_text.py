"""Words coloured by a value, blue below 0 and orange above: text that can be read and copied."""

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
import numpy.typing as npt

BLUE, ORANGE = "0,114,178", "230,159,0"


class ColouredText:
    """One text for each row of values, all on one scale, as the last line of a cell.

    Args:
        rows: by the name of a row a value for each word, (T,).
        words: the text, T words.
        full: the size of a value that is shown in full colour.
        unit: of the values.
    """

    def __init__(
        self, rows: Mapping[str, npt.ArrayLike], words: Sequence[str], *, full: float, unit: str
    ) -> None:
        self.rows = {name: np.asarray(values, float) for name, values in rows.items()}
        self.words, self.full, self.unit = list(words), full, unit

    def _largest(self, values: np.ndarray) -> str:
        """The three words with the largest values, for those who do not see the colours."""
        order = np.argsort(-abs(values), kind="stable")[:3]
        return ", ".join(f"{self.words[k]} {values[k]:.2f}" for k in order)

    def __repr__(self) -> str:
        return "\n".join(
            f"{name}, largest ({self.unit}): {self._largest(values)}"
            for name, values in self.rows.items()
        )

    def _span(self, value: float, text: str) -> str:
        strength = 0.75 * min(1.0, np.sqrt(abs(value) / self.full))  # a root: small ones show
        colour = BLUE if value < 0 else ORANGE
        style = f"background:rgba({colour},{strength:.2f});padding:0 0.1em"
        return f'<span style="{style}" title="{value:.2f} {self.unit}">{escape(text)}</span>'

    def _repr_html_(self) -> str:
        parts = []
        for name, values in self.rows.items():
            spans = map(self._span, values.tolist(), self.words)
            parts.append(
                f"<p><em>{escape(name)}</em><br>{' '.join(spans)}<br>"
                f"<small>Largest: {escape(self._largest(values))}</small></p>"
            )
        legend = " ".join(
            self._span(share * self.full, f"{share * self.full:+.2f}")
            for share in (-1, -0.25, 0, 0.25, 1)
        )
        # White below, since black words on these colours are told apart in dark pages, too.
        style = "background:white;color:black;padding:0.5em;print-color-adjust:exact"
        return f'<div style="{style}">{"".join(parts)}<p>{legend} {escape(self.unit)}</p></div>'
