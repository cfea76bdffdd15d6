"""Reports: sums, texts, and that a notebook shows each once."""

import re
import sys

import nbformat
import pytest
from nbclient import NotebookClient

from lessons_lib.grading import Report, Result
from lessons_lib.grading.as_html import as_html

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


def test_notebook_shows_a_report_once():
    stub = "def lstm_step(x, h_prev, c_prev, Wx, Wh, b):\n    raise NotImplementedError\n"
    mistake = "def lstm_step(x, h_prev, c_prev, Wx, Wh, b):\n    return x @ y\n"
    sources = [
        "from lessons_lib.grading import check",
        stub + "report = check(lstm_step)\nreport",
        "report",
        mistake + "check(lstm_step)",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(s) for s in sources])
    NotebookClient(notebook, timeout=60).execute()
    texts = ["".join(map(plain_text, cell.outputs)) for cell in notebook.cells]
    assert texts[1] == texts[2]
    assert texts[1].startswith("lstm_step: not attempted yet, 0 of 2 points.\n")
    assert texts[1].count("lstm_step") == 1
    html = [o.data.get("text/html", "") for o in notebook.cells[3].outputs if "data" in o]
    assert "return x @ y</pre>" in "".join(html)
    assert "It raised NameError: name 'y' is not defined\n" in texts[3]
    assert "    in lstm_step, line 2:  return x @ y\n" in texts[3]
