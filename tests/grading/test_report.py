"""Reports: sums, texts, and that a notebook shows each once."""

import re
import sys

import nbformat
import pytest
from nbclient import NotebookClient

from lessons_lib.course.lessons import LESSONS, what_comes_after
from lessons_lib.grading import Report, Result, notebook
from lessons_lib.grading.as_html import as_html
from lessons_lib.grading.card import card
from lessons_lib.grading.result import Progress

PASSED = Result("rnn_step", "passed", 2.0, 2.0, "")
FAILED = Result("sigmoid", "failed", 0.5, 1.0, "word " * 30 + "\n    x = 1  " + "# code " * 20, "h")


def test_scores_add_up():
    report = Report([PASSED, FAILED])
    assert (report.score, report.max_score) == (2.5, 3)
    assert repr(report) == "<Report: 2.5 of 3 points>"
    assert (Report([]).score, Report([]).max_score) == (0, 0)


@pytest.mark.parametrize("width", [80, 60])
def test_text_wraps_sentences_and_leaves_code_alone(width, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", str(width))
    blocks = str(Report([PASSED, FAILED])).split("\n\n")
    assert blocks[0] == "rnn_step: passed, 2 of 2 points."
    lines = blocks[1].splitlines()
    assert lines[0] == "sigmoid: not right yet, 0.5 of 1 point."
    assert [len(line) <= width for line in lines[:-1]] == [True] * (len(lines) - 1)
    assert len(lines[-1]) > 80


def test_results_cannot_be_changed():
    with pytest.raises(AttributeError):
        PASSED.score = 3.0


def plain_text(output):
    return output.text if output.output_type == "stream" else output.data["text/plain"]


def test_a_mistake_is_shown_with_a_table_and_nothing_of_it_is_html():
    message = "\n".join(
        [
            "h <b>is</b> wrong.",
            "    h[0, 1]",
            "        expected   0.1425",
            "        got        0.1475",
            "Hint: squash <c>.",
            "    in f, line 2:  return x < y",
        ]
    )
    html = as_html(message)
    assert "<p>h &lt;b&gt;is&lt;/b&gt; wrong.</p><table>" in html
    cells = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", html)
    assert cells == ["", "h[0, 1]", "expected", "0.1425", "got", "0.1475"]
    assert "<p><strong>Hint:</strong> squash &lt;c&gt;.</p>" in html
    assert ">    in f, line 2:  return x &lt; y</pre>" in html
    assert set(re.findall(r"</?(\w+)", html)) == {
        "div", "p", "table", "tr", "th", "td", "strong", "pre"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("status", "score", "words"),
    [
        ("passed", 2.0, ("✓", "Passed")),
        ("failed", 1.0, ("½", "Partly")),
        ("error", 0.0, ("✗", "Not yet")),
        ("not_attempted", 0.0, ("○", "Not attempted")),
    ],
)
def test_a_card_says_it_by_sign_word_and_colour(status, score, words):
    result = Result("f", status, score, 2.0, "h <b>\nHint: squash.")
    html = card(result, Progress("05", 2, 3, "Next: 06."))
    assert f'<span aria-hidden="true">{words[0]}</span> {words[1]}</span>' in html
    assert html.count(re.search("background: (#\\w+)", html)[1]) == 2  # of the frame, too
    assert f"<strong>{result.headline}</strong>" in html
    assert '>h &lt;b&gt;</p><p style="margin: 0.3em 0"><strong>Hint:</strong> squash.</p>' in html
    assert "2 of 3 exercises of 05 solved. </small>" in html
    assert "3 of 3 exercises of 05 solved. Next: 06." in card(
        result, Progress("05", 3, 3, "Next: 06.")
    )


def test_progress_counts_what_has_passed_in_this_session(monkeypatch):
    monkeypatch.setattr(notebook, "_solved", set())
    names = ["lstm_gates", "lstm_step", "lstm_unroll"]
    solved = []
    for name in [*names, "lstm_step"]:
        status = "failed" if solved == [1, 2, 3] else "passed"
        progress = notebook._progress(Result(name, status, 0.0, 2.0, ""))
        solved.append(progress.solved)
    assert solved == [1, 2, 3, 2]
    assert (progress.lesson, progress.asked) == ("05_lstm_gates", 3)
    assert progress.then.startswith("Next: 06_why_lstm_remembers.ipynb (")
    assert "further/05_gates_while_reading.ipynb" in progress.then
    assert "Next" not in what_comes_after(LESSONS[-1].name)
    assert notebook._progress(Result("check", "error", 0.0, 0.0, "")) is None


def test_notebook_shows_a_report_once():
    stub = "def lstm_step(x, h_prev, c_prev, Wx, Wh, b):\n    raise NotImplementedError\n"
    mistake = "def lstm_step(x, h_prev, c_prev, Wx, Wh, b):\n    return x @ y\n"
    sources = [
        "from lessons_lib.grading import check",
        stub + "report = check(lstm_step)\nreport",
        "report",
        mistake + "check(lstm_step)",
        "import os; os.environ['JPY_SESSION_NAME'] = 'a.ipynb'",  # Jupyter's server sets it
        "check(lstm_step)",
    ]
    ran = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(s) for s in sources])
    NotebookClient(ran, timeout=60).execute()
    texts = ["".join(map(plain_text, cell.outputs)) for cell in ran.cells]
    assert texts[1] == texts[2]
    assert texts[1].startswith("lstm_step: not attempted yet, 0 of 2 points.\n")
    assert texts[1].count("lstm_step") == 1
    html = [o.data.get("text/html", "") for o in ran.cells[3].outputs if "data" in o]
    assert "return x @ y</pre>" in "".join(html)
    assert "It raised NameError: name 'y' is not defined\n" in texts[3]
    assert "    in lstm_step, line 2:  return x @ y\n" in texts[3]
    (shown,) = ran.cells[5].outputs
    assert shown.data["text/plain"] == texts[3]
    assert "✗</span> Not yet" in shown.data["text/html"]
    assert "0 of 3 exercises of 05_lstm_gates solved" in shown.data["text/html"]
