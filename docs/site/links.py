"""Check the links of a built site, and that no page loads anything from another host."""

import functools
import pathlib
from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

_LOADED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "audio": "src", "video": "src"}


class _Page(HTMLParser):
    """Collect the anchors of a page, its links, and what it loads."""

    def __init__(self, path: pathlib.Path):
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Read one tag."""
        given = {name: value or "" for name, value in attributes}
        self.anchors |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif tag == "link" and given.get("rel") not in ("canonical", "author"):
            self.loads.append(given.get("href", ""))
        elif tag in _LOADED and _LOADED[tag] in given:
            self.loads.append(given[_LOADED[tag]])


def _found(path: pathlib.Path) -> pathlib.Path | None:
    """Return the file that a path leads to, if there is one."""
    found = path.resolve()
    return found if found.exists() else None


def faults(site: pathlib.Path) -> Iterator[str]:
    """Find links to pages or anchors that are not there, and what is loaded from elsewhere; say each in a line."""
    pages = {path.resolve(): _Page(path) for path in sorted(site.rglob("*.html"))}
    files = functools.cache(lambda folder, target: _found(folder / unquote(target)))  # all pages have the same margin
    for path, page in pages.items():
        name = path.relative_to(site.resolve())
        for target in page.links + page.loads:
            parts = urlsplit(target)
            if parts.scheme or parts.netloc:
                if target in page.loads and parts.scheme != "data":
                    yield f"{name}: loads {target} from another host"
                continue
            found = files(path.parent, parts.path) if parts.path else path
            if found is None:
                yield f"{name}: {target} leads to no file"
            elif parts.fragment and found in pages and unquote(parts.fragment) not in pages[found].anchors:
                yield f"{name}: {target} leads to no place of that page"
