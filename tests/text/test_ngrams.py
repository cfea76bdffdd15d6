"""The counting models give probabilities, and find what two tokens of context can tell."""

import numpy as np
import pytest

from lessons_lib.text.ngrams import NGram

RNG = np.random.default_rng(0)
NOISE = RNG.integers(0, 5, 20_000)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_probabilities_sum_to_one(n):
    """Half of the held-out text is like the counted one, half noise: every share matters."""
    cycle = np.tile([0, 1, 2], 100)
    model = NGram(n, cycle, np.concatenate([cycle, NOISE[:300]]), 5)
    assert model.weights[0] > 0.1 and model.weights[1:].sum() > 0.1
    for context in ([0, 1], [1, 2]):
        total = sum(np.exp(-model.token_losses([*context, token])[-1]) for token in range(5))
        assert total == pytest.approx(1, abs=1e-12)


def test_pure_noise_costs_log_of_the_vocabulary():
    loss = NGram(3, NOISE[:10_000], NOISE[10_000:15_000], 5).token_losses(NOISE[15_000:]).mean()
    assert loss == pytest.approx(np.log(5), abs=0.01)


def test_a_trigram_knows_what_two_tokens_decide_and_a_unigram_does_not():
    text = NOISE.copy()
    text[2::3] = (text[::3][: len(text[2::3])] + text[1::3][: len(text[2::3])]) % 5
    splits = text[:12_000], text[12_000:16_000]
    every_third = slice(1, None, 3)  # token_losses leaves the first token out
    uni, tri = (NGram(n, *splits, 5).token_losses(text[16_002:])[every_third] for n in (1, 3))
    assert uni.mean() == pytest.approx(np.log(5), abs=0.02)
    assert tri.mean() < uni.mean() - 0.3  # the place in the triple is not known to it


def test_a_token_never_seen_is_not_impossible():
    model = NGram(3, NOISE[:100], NOISE[100:200], 6)
    losses = model.token_losses([0, 5, 5, 1])
    assert np.isfinite(losses).all() and losses[0] > 3
