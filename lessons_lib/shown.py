"""Text that a stranger wrote, as a terminal, a table or a page may show it."""

# Not printable in Python's eyes, and at home in real texts: line ends, tabs, blanks of other
# widths, joiners of emoji and of Persian, and marks of direction, which override nothing.
OF_TEXTS = "\n\t\xa0\xad\u200c\u200d\u200e\u200f\u2009\u202f\u3000\ufeff"


def shown(text: str, keep: str = "\n") -> str:
    """The text with what moves a cursor, reorders letters or cannot be seen written out: "\\x1b".

    Args:
        text: anything, lone surrogates too.
        keep: characters that stay although they are not printable.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in keep else ascii(c)[1:-1] for c in text)
