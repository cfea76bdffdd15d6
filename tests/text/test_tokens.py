"""Text piece by piece is the text as a whole."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lessons_lib.models import LanguageModel
from lessons_lib.text import generate
from lessons_lib.text.sampling import generate_with_logits
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


def test_tokens_and_the_scores_that_they_were_drawn_from():
    model = LanguageModel(9, 4, 5, rng=np.random.default_rng(0), dtype=np.float64)
    for value in model.params.values():
        value *= 3
    options = {"temperature": 1.5, "top_k": 4}
    drawn = list(generate_with_logits(model, [1, 2], 20, np.random.default_rng(3), **options))
    ids = list(generate(model, [1, 2], 20, np.random.default_rng(3), **options))
    assert [token.id for token in drawn] == ids
    whole, _ = model.forward(np.array([1, 2, *ids])[:, None])
    for token, logits in zip(drawn, whole[1:, 0], strict=False):
        np.testing.assert_allclose(token.logits, logits, atol=1e-12)
        np.testing.assert_allclose(np.exp(token.log_probs()).sum(), 1)
        np.testing.assert_allclose(token.log_probs() - logits, token.log_probs()[0] - logits[0])
        assert (token.logits > token.logits[token.id]).sum() < 4
