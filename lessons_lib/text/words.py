"""Text to words, as each kind of text has them."""

import re
import unicodedata

import regex

# Between two of Unicode's word boundaries (UAX 29) stands a word with its accents, apostrophes and
# the commas in its digits, or one mark, or an emoji of several characters. Hyphens hold words
# together, and `<unk>` is whole, too.
_WORD = regex.compile(
    r"<\w+> | \n | \b\w.*?\b(?:-\w.*?\b)* | \S.*?\b",
    flags=regex.WORD | regex.VERSION1 | regex.VERBOSE | regex.DOTALL,
)


_ACCENTS = regex.compile(r"(\p{M}{30})\p{M}+")
_FLAGS = regex.compile(r"(\p{Regional_Indicator}{64,})")


def composed(text: str) -> str:
    """A text in which an accent is part of its letter (NFC), however it was typed.

    Of more than 30 accents on one letter the rest is left out: no language has so many, and to put
    them in order takes as many steps as their number squared.
    """
    return unicodedata.normalize("NFC", _ACCENTS.sub(r"\1", text))


def words(text: str) -> list[str]:
    """Words, marks and line ends of a text in any language, composed (NFC); blanks are left out.

    Languages that write no blanks between words come out in short pieces: characters or subwords
    suit them better.
    """
    found: list[str] = []
    for part in _FLAGS.split(composed(text)):
        if _FLAGS.fullmatch(part):  # two letters are a flag; the expression would count them anew
            found += [part[k : k + 2] for k in range(0, len(part), 2)]
        else:
            found += _WORD.findall(part)
    return found


def words_of(text: str) -> list[str]:
    """Words of Shakespeare's plays in small letters, marks and line ends, without empty lines.

    Apostrophes belong to their word at its ends too ('tis, th'), and hyphens part two words. The
    figures for "shakespeare-words" were measured with this.
    """
    return re.findall(r"[a-z']+|[^\sa-z]|\n", re.sub(r"\n+", "\n", text.lower()))


def village_words(text: str) -> list[str]:
    """Words and marks of the village, and its `***` between two scenes."""
    return re.findall(r"\*\*\*|<\w+>|[\w'-]+|[^\w\s]", text)


_CLITIC = re.compile(r"(?<=\w)(n't|'(?:s|re|ve|ll|d|m))\b", re.IGNORECASE)
_NUMBER = re.compile(r"\d[\d.,]*")


def penn_words(text: str) -> list[str]:
    """English as Mikolov's version of the Penn Treebank has it, in small letters.

    "isn't" and "Tom's" are two words each (is n't, tom 's), a number is N, a line end `<eos>`, and
    marks are left out, but for $, %, & and #. Words keep a full stop that may be part of them:
    "mr.", "u.s.".
    """
    text = _CLITIC.sub(r" \1", text.replace("\u2019", "'")).replace("\n", " <eos> ")
    found = re.findall(r"<\w+>|\d[\d.,]*(?!\w)|[$%&#]|[\w'][\w'./&*-]*", text)
    return ["N" if word == "N" or _NUMBER.fullmatch(word) else word.lower() for word in found]
