"""The recipes that `lessons train --preset NAME` knows."""

from dataclasses import replace

from lessons_lib.training.recipes import Recipe

# The better model of Deep Learning from Scratch 2, after Zaremba et al. (2014) and Press and Wolf
# (2017). There it has 40 epochs, and the rate is divided by 4 on a plateau. At a rate that stays
# the weights wander, and their average, after Merity et al. (2018), gets further in 24
# (docs/performance.md).
BETTER = Recipe(
    embed_size=650,
    hidden_size=650,
    num_layers=2,
    dropout=0.5,
    tie_weights=True,
    epochs=24,
    keep="best",
    average=1.0,
)

PRESETS = {
    # The village in a lesson's time.
    "lesson": Recipe(
        embed_size=64,
        hidden_size=128,
        dropout=0.1,
        embed_scale=1.0,
        forget_bias=1.0,
        optimizer="adam",
        lr=6e-3,
        weight_decay=0.03,
        schedule="cosine",
        max_norm=1.0,
        batch_size=10,
        epochs=28,
        keep="best",
    ),
    # One layer of 100 units on Penn Treebank words, from Deep Learning from Scratch 2, chapter 6.
    "book": Recipe(),
    "better": BETTER,
    # Three to four hours on two cores for Penn Treebank words: "better" with fewer entries dropped,
    # but words and recurrent weights as well, after Gal and Ghahramani (2016) and Merity et al.
    # (2018), and with more and shorter batches. data/best has what each is worth.
    "best": replace(
        BETTER,
        dropout=0.4,
        word_dropout=0.1,
        weight_dropout=0.3,
        forget_bias=1.0,
        weight_decay=1.2e-6,
        seq_len=20,
    ),
    # Characters of tiny Shakespeare.
    "char": Recipe(
        embed_size=64,
        hidden_size=256,
        embed_scale=0.3,
        forget_bias=1.0,
        optimizer="adam",
        lr=4e-3,
        schedule="cosine",
        max_norm=1.0,
        batch_size=32,
        seq_len=100,
        reset_prob=0.05,
        epochs=10,
        keep="best",
    ),
    # A text of the user's own, of a megabyte or less, in minutes.
    "small": Recipe(
        embed_size=128,
        hidden_size=256,
        dropout=0.2,
        embed_scale=0.3,
        forget_bias=1.0,
        optimizer="adam",
        lr=3e-3,
        schedule="cosine",
        max_norm=1.0,
        batch_size=16,
        seq_len=64,
        reset_prob=0.05,
        epochs=10,
        keep="best",
    ),
}
