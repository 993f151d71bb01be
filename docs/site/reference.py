"""Write the pages of the reference: the public names by room, every world, and the sources."""

import inspect
import pathlib
import sys
from collections import defaultdict

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))  # for what each room is for
from make_architecture import PURPOSE

import mmcl_theory as mt
from mmcl_theory.theory.references import REFERENCES, bibtex
from mmcl_theory.worlds.registry import WORLDS


def reference_pages(source: pathlib.Path) -> dict[str, str]:
    """Return the pages, by file name below the tree's root."""
    rooms: dict[str, list[str]] = defaultdict(list)
    for name in mt.__all__:
        module, attribute = mt._PUBLIC[name]
        rooms[module.split(".")[0]].append(_described(name, module, attribute))
    written = [room for room in PURPOSE if room in rooms]
    pages = {f"reference/{room}.md": "\n\n".join([_head(room), *rooms[room]]) for room in written}
    pages["reference/index.md"] = "\n".join(
        ["# Reference", "", "```{toctree}", ":maxdepth: 1", "", *written, "worlds-by-name", "```", ""]
    )
    pages["reference/worlds-by-name.md"] = _worlds()
    pages["bibliography.md"] = _bibliography()
    return pages


def _head(room: str) -> str:
    """Write the beginning of a room's page."""
    return f"# {room.capitalize()}\n\nThis room of the package holds {' '.join(PURPOSE[room])}."


def _described(name: str, module: str, attribute: str) -> str:
    """Write what autodoc reads to describe a public name."""
    thing = getattr(mt, name)
    if inspect.ismodule(thing):
        return _directive("automodule", f"mmcl_theory.{module}", f"## `mt.{name}`", ":members:")
    kind = "autoclass" if inspect.isclass(thing) else "autofunction" if callable(thing) else "autodata"
    options = [":members:"] if kind == "autoclass" else [":no-value:"] if kind == "autodata" else []
    return _directive(kind, f"mmcl_theory.{module}.{attribute}", f"## `mt.{name}`", *options)


def _directive(kind: str, target: str, title: str, *options: str) -> str:
    """Write a directive of Sphinx below a heading."""
    lines = [title, "", "```{eval-rst}", f".. {kind}:: {target}", *(f"   {option}" for option in options), "```"]
    return "\n".join(lines)


def _worlds() -> str:
    """Write the list of worlds with their knobs."""
    lines = ["# Worlds by name", "", "As `mmcl-theory verify --data NAME` takes them.", ""]
    for name, world in WORLDS.items():
        knobs = ", ".join(f"`{knob}`" for knob in world.knobs) or "none"
        lines += [f"`{name}`", f": {world.description} Knobs: {knobs}.", ""]
    return "\n".join(lines)


def _bibliography() -> str:
    """Write the list of sources, each with its entry of BibTeX."""
    lines = ["# Bibliography", "", "All entries as one file: {download}`docs/references.bib`.", ""]
    for key, reference in REFERENCES.items():
        lines += [f"({key})=", f"## {key}", "", str(reference), "", "```bibtex", bibtex(reference).strip(), "```", ""]
    return "\n".join(lines)
