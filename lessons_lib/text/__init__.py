"""Text for language models: corpora, vocabulary, batches, sampling."""

from lessons_lib.text.batches import IGNORE_INDEX, TrainingBatches, evaluation_batches
from lessons_lib.text.corpora import (
    CORPORA,
    Corpus,
    CorpusInfo,
    fetch,
    is_present,
    load_corpus,
    shakespeare_opening,
    word_corpus,
)
from lessons_lib.text.downloads import find_data_home
from lessons_lib.text.sampling import generate, sample, sampling_distribution
from lessons_lib.text.village import dependency_distances, oracle_log_probs
from lessons_lib.text.vocabulary import UNKNOWN, Vocabulary

__all__ = [
    "CORPORA",
    "IGNORE_INDEX",
    "UNKNOWN",
    "Corpus",
    "CorpusInfo",
    "TrainingBatches",
    "Vocabulary",
    "dependency_distances",
    "evaluation_batches",
    "fetch",
    "find_data_home",
    "generate",
    "is_present",
    "load_corpus",
    "oracle_log_probs",
    "sample",
    "sampling_distribution",
    "shakespeare_opening",
    "word_corpus",
]
