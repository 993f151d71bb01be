"""Write the pages of the reference: the public names by room, every world, and the sources."""

import inspect
import pathlib

import mmcl_theory as mt
from mmcl_theory.theory.references import REFERENCES, bibtex
from mmcl_theory.worlds.registry import WORLDS

_ROOMS = {
    "joints": ("Joints", "What a joint is, and the parts that a statement may need beside it."),
    "worlds": ("Worlds", "Where joints come from: generators, latent worlds, data sets, your own pairs."),
    "factorization": ("Factorization", "What the optimal encoders learn: the singular value decomposition."),
    "losses": ("Losses", "The contrastive losses, of the population and of batches."),
    "probes": ("Probes", "What a classifier on features does: linear probe and zero-shot head."),
    "walks": ("Walks", "What walks of several steps prove."),
    "quantities": ("Quantities", "Every number that a bound reads."),
    "theory": ("Theory", "What a theorem is, and the functions that its formulas use."),
    "verification": ("Verification", "Both sides of statements on given joints."),
    "certification": ("Certification", "Verdicts that no rounding can change."),
    "falsification": ("Falsification", "The search for a worst case."),
    "tightness": ("Tightness", "Neighbours of a theorem that ought to be false."),
    "conjectures": ("Conjectures", "New theorems, and the best constants of known ones."),
    "training": ("Training", "Encoders trained by gradients, beside the closed form."),
    "resampling": ("Resampling", "Pairs that are chosen by a guide."),
    "dynamics": ("Dynamics", "Training step by step: signal and noise, and what is answered in the limit."),
    "tables": ("Tables", "Read, write and summarize tables of verdicts."),
    "sweeps": ("Sweeps", "Many cells of a grid, stored as they are done."),
    "plotting": ("Plotting", "One function a figure."),
}


def reference_pages(source: pathlib.Path) -> dict[str, str]:
    """Return the pages, by file name below the tree's root."""
    rooms: dict[str, list[str]] = {room: [] for room in _ROOMS}
    for name in mt.__all__:
        module, attribute = mt._PUBLIC[name]
        rooms[module.split(".")[0]].append(_described(name, module, attribute))
    written = {room: parts for room, parts in rooms.items() if parts}
    pages = {f"reference/{room}.md": "\n\n".join([_head(room), *parts]) for room, parts in written.items()}
    pages["reference/index.md"] = "\n".join(
        ["# Reference", "", "```{toctree}", ":maxdepth: 1", "", *written, "worlds-by-name", "```", ""]
    )
    pages["reference/worlds-by-name.md"] = _worlds()
    pages["bibliography.md"] = _bibliography()
    return pages


def _head(room: str) -> str:
    """Write the beginning of a room's page."""
    title, words = _ROOMS[room]
    return f"# {title}\n\n{words}"


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
