"""Text and formulas come first: pictures when the reader gets near them, long scripts at the end.

The sizes of pictures are written down, so that nothing moves when one arrives.
"""

import hashlib
import re
from pathlib import Path
from typing import Any

from docutils import nodes
from PIL import Image
from sphinx.application import Sphinx

LONG = 20_000  # characters of a script; on a slow line a tenth second


def load_late(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Give each picture of a page its size, and let a browser load it and long scripts late."""
    pictures = {name: Path(app.srcdir, uri) for uri, name in app.builder.images.items()}
    folder = app.builder.get_relative_uri(page, "index").replace("index.html", "_static/")

    def with_size(found: re.Match[str]) -> str:
        tag = found[0]
        source = re.search(r'src="[^"]*?([^"/]+)"', tag)
        file = pictures.get(source[1]) if source else None
        if file is not None and file.suffix == ".png" and " width=" not in tag:
            with Image.open(file) as picture:
                tag = f'<img width="{picture.width}" height="{picture.height}"{tag[4:]}'
        return f'<img loading="lazy"{tag[4:]}'

    def elsewhere(found: re.Match[str]) -> str:
        text = found[1]
        if len(text) < LONG:
            return found[0]
        name = f"{hashlib.sha256(text.encode()).hexdigest()[:16]}.js"
        Path(app.outdir, "_static").mkdir(exist_ok=True)
        Path(app.outdir, "_static", name).write_text(text, encoding="utf-8")
        return f'<script defer src="{folder}{name}"></script>'

    body = re.sub(r"<img [^>]*>", with_size, context.get("body", ""))
    context["body"] = re.sub(r"<script>(.*?)</script>", elsewhere, body, flags=re.DOTALL)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("html-page-context", load_late)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
