"""Words are coloured by sign and size, on one scale, and said in words too."""

import re

from lessons_lib.plots.coloured_text import ColouredText


def test_sign_size_and_words():
    shown = ColouredText({"a": [-1.0, 0.25], "b": [0.0, 4.0]}, ["<to>", "hi"], full=1, unit="nats")
    assert repr(shown) == (
        "a, largest (nats): <to> -1.00, hi 0.25\nb, largest (nats): hi 4.00, <to> 0.00"
    )
    html = shown._repr_html_()
    spans = re.findall(r'rgba\((.*?)\);.*?title="(.*?)">(.*?)</span>', html)
    assert spans[:4] == [
        ("0,114,178,0.75", "-1.00 nats", "&lt;to&gt;"),
        ("230,159,0,0.38", "0.25 nats", "hi"),
        ("230,159,0,0.00", "0.00 nats", "&lt;to&gt;"),
        ("230,159,0,0.75", "4.00 nats", "hi"),
    ]
    assert len(spans) == 4 + 5  # and the legend
