"""Write the README of a package index, where files of the repository are no pages."""

import pathlib
import re
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

_PICTURE = re.compile(r"!\[([^\]]*)\]\((?!\w+:)([^)]*)\)")
_LINK = re.compile(r"(?<!!)\[([^\]]*)\]\((?!\w+:)([^)]*)\)")


def readme_of_index(text: str, address: str | None) -> str:
    """Let pictures and links lead to the repository at its address; without one, say in words what is there."""
    if address:
        text = _PICTURE.sub(rf"![\1]({address}/raw/main/\2)", text)
        return _LINK.sub(rf"[\1]({address}/blob/main/\2)", text)
    return _LINK.sub(r"\1 (`\2` in the repository)", _PICTURE.sub(r"*Figure (`\2` in the repository): \1.*", text))


class Readme(MetadataHookInterface):
    """Give the metadata that README."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Fill in the field ``readme``."""
        text = pathlib.Path(self.root, "README.md").read_text(encoding="utf-8")
        address = metadata.get("urls", {}).get("Repository")
        metadata["readme"] = {"content-type": "text/markdown", "text": readme_of_index(text, address)}
