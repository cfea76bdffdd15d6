"""The picture of the README is the figure that a companion of lesson 05 shows."""

from tools import make_readme_picture as tool


def test_the_picture_is_the_lessons_figure():
    found = tool.PICTURE.read_bytes()
    expected = tool.figure(tool.NOTEBOOK, tool.CELL)
    assert found == expected, "out of date: run python tools/make_readme_picture.py"
