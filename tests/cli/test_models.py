"""`lessons evaluate` and `lessons sample`: measuring models and letting them write."""

import json
import os
import signal

import numpy as np
import pytest

from lessons_lib.models import LanguageModel
from lessons_lib.text.tokens import readable
from tests.cli.terminal import Terminal


def save_model(path, tokens, corpus="letters", seed=0):
    model = LanguageModel(len(tokens), 4, 5, rng=np.random.default_rng(seed))
    for value in model.params.values():
        value *= 3  # so that tokens differ in probability
    model.metadata = {"corpus": corpus, "vocabulary": json.dumps(tokens)}
    model.save(path)
    return path


def test_evaluate(trained, lessons, village_of_the_run):
    folder, output = trained
    status, out, _ = lessons("evaluate", folder, "village")
    assert status == 0
    first, *tables = out.split("\n\n")
    assert first == output.splitlines()[-2]
    labels = [[line.split()[0] for line in table.splitlines()[1:]] for table in tables]
    assert labels == [
        "1 2-4 5-9 10-19 20-34 35-59 60+".split(),
        "10-99 100-999 1,000-9,999 10,000-99,999".split(),
        "1 2-3 4-7 8-15 16-31 32-63 64-127 128-255".split(),
    ]
    for table in tables:
        shares = [float(line.split()[1].rstrip("%")) for line in table.splitlines()[1:]]
        assert sum(shares) == pytest.approx(100, abs=0.5)


def test_evaluate_on_another_split(trained, lessons, short_village):
    folder, _ = trained
    file = folder / "model.safetensors"
    status, out, _ = lessons("evaluate", file, "village", "--split", "valid")
    assert status == 0 and out.startswith("valid perplexity")
    status, _, err = lessons("evaluate", folder, "village", "--split", "dev")
    assert status == 2 and "--split: expected train, valid or test, got 'dev'" in err


def test_a_strangers_vocabulary(tmp_path, lessons):
    """Its tokens move no cursor; one that is no vocabulary, or a link to a model, is refused."""
    tokens = ["\x1b[2J", "\x9b31m", "\u202eabc", "\r", "한글\u200d\n"]
    model = save_model(tmp_path / "model.safetensors", tokens)
    for more in ([], ["--explain"]):
        status, out, _ = lessons("sample", model, "--length", "60", "--temperature", "9", *more)
        assert status == 0 and "\\x1b[2J" in out and "한글" in out
        assert not set("\x1b\x9b\u202e\r") & set(out)
    for vocabulary in ("[" * 100_000, "7", '["a"]', '["a", "a", "b", "c", "d"]'):
        made = LanguageModel(5, 4, 5)
        made.metadata = {"vocabulary": vocabulary}
        made.save(tmp_path / "other")
        status, _, err = lessons("sample", tmp_path / "other")
        assert status == 2 and err.startswith("lessons: CHECKPOINT: ") and err.count("\n") == 1
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "model.safetensors").symlink_to(model)
    status, _, err = lessons("sample", tmp_path / "run")
    assert status == 2 and "is a link" in err


def test_bits_per_character(tmp_path, lessons, monkeypatch):
    from lessons_lib import text

    letters = list("abcdef")
    ids = np.random.default_rng(0).integers(0, 6, 500)
    corpus = text.Corpus(ids, ids, ids, text.Vocabulary(letters))
    monkeypatch.setattr(text, "load_corpus", lambda name: corpus)
    model = save_model(tmp_path / "model.safetensors", letters)
    status, out, _ = lessons("evaluate", model, "letters")
    line = out.splitlines()[0].split()
    assert status == 0 and line[-3:] == ["bits", "per", "character"]
    assert float(line[-4]) == pytest.approx(np.log2(float(line[2])), abs=2e-3)


def test_sample(trained, lessons):
    folder, _ = trained
    arguments = ("sample", folder, "--prompt", "Tom was in the", "--length", "30", "--seed", "3")
    status, out, _ = lessons(*arguments)
    assert status == 0 and out.startswith("Tom was in the ") and len(out.split()) > 20
    assert lessons(*arguments)[1] == out
    assert lessons(*arguments[:-1], "4")[1] != out
    greedy = lessons(*arguments, "--temperature", "0")[1]
    assert lessons(*arguments, "--top-k", "1")[1] == greedy
    assert lessons(*arguments, "--top-p", "1e-9")[1] == greedy
    assert lessons("sample", folder, "--length", "5")[1].startswith("***")


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="there are no pseudo-terminals on Windows")
def test_a_terminal_shows_tokens_as_they_are_drawn(trained, lessons):
    """What stands there after 200 characters of an endless text is how the whole text begins."""
    arguments = ["sample", str(trained[0]), "--prompt", "Tom was in the", "--seed", "3"]
    terminal = Terminal("-m", "lessons_lib", *arguments, "--length", "1000000000")
    shown = terminal.read_until(lambda shown: len(shown) >= 200)
    assert terminal.child.poll() is None
    terminal.child.send_signal(signal.SIGINT)
    assert terminal.finish() == 130
    _, whole, _ = lessons(*arguments, "--length", "300")
    words = shown.decode()[:200].split()[:-1]  # lines are broken where the terminal ends
    assert whole.split()[: len(words)] == words


def test_explain(trained, lessons):
    """The same text, with the probabilities that the model itself gives."""
    folder, _ = trained
    prompt = ["Tom", "was", "in", "the"]
    arguments = ("sample", folder, "--prompt", " ".join(prompt), "--length", "6", "--top-k", "3")
    status, out, _ = lessons(*arguments, "--explain")
    assert status == 0
    heading, *lines = out.splitlines()
    assert heading.split()[:3] == ["token", "log", "p"] and len(lines) == 6
    tokens = [line.split()[0] for line in lines]
    assert readable([*prompt, *tokens]) + "\n" == lessons(*arguments)[1]

    model = LanguageModel.load(folder / "model.safetensors")
    vocab = json.loads(model.metadata["vocabulary"])
    ids = [vocab.index(token) for token in (*prompt, *tokens)]
    with model.evaluating():
        logits = model.forward(np.array(ids)[:-1, None])[0][len(prompt) - 1 :, 0].astype(float)
    probs = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    for line, token, p in zip(lines, tokens, probs, strict=True):
        _, log_p, *best = line.split()
        assert float(log_p) == pytest.approx(np.log(p[vocab.index(token)]), abs=1e-3)
        assert best[::2] == [vocab[i] for i in np.argsort(-p)[:5]]
        assert [float(x) for x in best[1::2]] == pytest.approx(np.sort(p)[:-6:-1], abs=1e-3)


def test_characters(tmp_path, lessons):
    """Characters are written as they are; those that are not seen are shown by their names."""
    model = save_model(tmp_path / "model.safetensors", ["\n", " ", "a", "b"])
    _, out, _ = lessons("sample", model, "--prompt", "ab", "--length", "40")
    assert out.startswith("ab") and len(out) == 43
    _, out, _ = lessons("sample", model, "--prompt", "ab", "--length", "40", "--explain")
    assert "'\\n'" in out and "' '" in out and len(out.splitlines()) == 41
    status, out, err = lessons("sample", model, "--prompt", "cab, é")
    assert (status, out) == (2, "")
    assert err == "lessons: --prompt: expected characters that the model knows, got 'c', ',', 'é'\n"
    assert lessons("sample", model, "--prompt", "")[2].startswith(
        "lessons: --prompt: expected characters, got none"
    )


def test_unknown_words_are_named(tmp_path, lessons):
    """A model that has a token for them reads that; the text goes on as if it had been given."""
    model = save_model(tmp_path / "model.safetensors", ["<unk>", "the", "cat", "saw", "."])
    known = lessons("sample", model, "--prompt", "the <unk> saw <unk> <unk>", "--length", "10")
    status, out, err = lessons(
        "sample", model, "--prompt", "The zebra saw Zorro zebra", "--length", "10"
    )
    assert status == 0
    assert err == "the model does not know 'zebra', 'Zorro' and reads <unk>\n"
    written = known[1].removeprefix("The <unk> saw <unk> <unk>")
    assert out == "The zebra saw Zorro zebra" + written
    status, _, err = lessons("sample", model, "--prompt", " \t ")
    assert status == 2
    assert (
        err == "lessons: --prompt: expected words, got none; without a prompt it begins by itself\n"
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--prompt", "Tom met Zorro"], "--prompt: expected words that the model knows, got 'met"),
        (["--temperature", "-1"], "temperature: expected"),
        (["--top-k", "0"], "top_k: expected"),
        (["--length", "-5"], "length: expected"),
    ],
)
def test_sampling_errors(trained, lessons, options, message):
    status, _, err = lessons("sample", trained[0], *options)
    assert status == 2 and message in err and err.count("\n") == 1


def test_a_model_without_vocabulary_and_one_of_another_text(tmp_path, lessons):
    model = LanguageModel(6, 4, 5)
    model.save(tmp_path / "model.safetensors")
    status, _, err = lessons("sample", tmp_path)
    assert status == 2 and "holds no vocabulary" in err
    status, _, err = lessons("evaluate", tmp_path, "village")
    assert status == 2 and "knows 6 tokens, village has 241" in err
    save_model(tmp_path / "model.safetensors", list("abcdef"))
    status, _, err = lessons("evaluate", tmp_path, "village")
    assert status == 2 and "was not trained on the vocabulary of village" in err
