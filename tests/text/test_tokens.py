"""Text piece by piece is the text as a whole."""

from hypothesis import given
from hypothesis import strategies as st

from lessons_lib.text.tokens import readable, readable_pieces

tokens = st.sampled_from(["***", "<eos>", "\n", "(", ")", '"', ".", ",", "tom", "is", "o'er", "a"])


@given(st.lists(tokens, max_size=12))
def test_the_pieces_make_the_text(words):
    words = ["first", *words]  # a token of several characters: no text of characters
    pieces = list(readable_pieces(words))
    assert len(pieces) == len(words)
    text = "".join(pieces)
    assert text == readable(words) == text.strip()


def test_a_piece_comes_as_soon_as_its_token():
    """Only blanks wait, because the text might end with them."""
    words = ["***", "tom", "left", ".", "<eos>", "<eos>", '"', "no", '"', "<eos>"]
    expected = ["***", "\n\nTom", " left", ".", "", "", '\n\n"', "No", '"', ""]
    assert list(readable_pieces(words)) == expected
    endless = readable_pieces(iter(lambda: "word", None))
    assert [next(endless) for _ in range(3)] == ["Word", " word", " word"]
