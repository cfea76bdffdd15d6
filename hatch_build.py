"""What the package's page on an index shows: the README with whole addresses, and links.

An index has no pictures and pages beside the README. Where they are is told by one variable, which
GitHub sets: GITHUB_REPOSITORY, OWNER/NAME. Without it the README stays as it is.
"""

import os
import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

RELATIVE = re.compile(r"(!?)\[([^\]]*)\]\((?!\w+:|#)([^)\s]+)\)")


class CustomMetadataHook(MetadataHookInterface):
    def update(self, metadata: dict[str, Any]) -> None:
        """Give the project its readme and its URLs; hatchling calls this for every build."""
        text = (Path(self.root) / "README.md").read_text(encoding="utf-8")
        repository = os.environ.get("GITHUB_REPOSITORY")
        if repository:
            text = with_addresses(text, repository, f"v{metadata['version']}")
        metadata["readme"] = {"content-type": "text/markdown", "text": text}
        metadata["urls"] = urls(repository) if repository else {}


def with_addresses(text: str, repository: str, tag: str) -> str:
    """Markdown whose pictures and links lead to the files that a tag has on GitHub."""

    def address(found: re.Match[str]) -> str:
        picture, words, target = found.groups()
        host = "https://raw.githubusercontent.com/{}/{}/" if picture else GITHUB + "/blob/{}/"
        return f"{picture}[{words}]({host.format(repository, tag)}{target})"

    return RELATIVE.sub(address, text)


GITHUB = "https://github.com/{}"


def urls(repository: str) -> dict[str, str]:
    """The links beside the README."""
    home = GITHUB.format(repository)
    owner, name = repository.split("/")
    return {
        "Homepage": f"https://{owner.lower()}.github.io/{name}/",
        "Source": home,
        "Changelog": f"{home}/blob/main/CHANGELOG.md",
        "Issues": f"{home}/issues",
    }
