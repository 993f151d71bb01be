"""Print the catalogue of statements in the terminal: all of them in a list, or one whole."""

import inspect

from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from ..quantities.quantities import Quantities
from ..theory.references import cited_in
from ..theory.strength import Branch, branches
from ..theory.theorem import BOUNDS, Extremal, Kind, Theorem, read_by
from ..theory.written import to_latex
from .terminal import console, print_grid
from .unicode_math import prettify, sentence_to_unicode, to_unicode


def print_list(theorems: list[Theorem]) -> None:
    """Print every theorem in two columns: its slug; its title and kind."""
    grid = Table(title=f"{len(theorems)} statements", title_justify="left", title_style="bold")
    grid.add_column("slug", no_wrap=True)
    grid.add_column("what it says")
    for theorem in theorems:
        grid.add_row(theorem.slug, Text(theorem.title) + Text(f" ({theorem.kind.value})", style="bright_black"))
    print_grid(console(), grid)


def print_tree(theorems: list[Theorem]) -> None:
    """Print the slug of every theorem under one that implies it, with those that are needed besides."""
    whole = Tree(Text(f"{len(theorems)} statements, each under one that implies it", style="bold"))

    def grow(tree: Tree, branch: Branch) -> None:
        """Add a branch to a tree."""
        beside = f" (with {', '.join(branch.beside)})" if branch.beside else ""
        grown = tree.add(Text(branch.theorem.slug) + Text(beside, style="bright_black"))
        for weaker in branch.weaker:
            grow(grown, weaker)

    for branch in branches(theorems):
        grow(whole, branch)
    console().print(whole)


def print_theorem(theorem: Theorem) -> None:
    """Print one theorem whole: the statement, its symbols, its proof, what is known of it, and its sources."""
    out = console()
    out.print(Text(f"{theorem.slug}: {theorem.title}", style="bold"))
    for name, texts in described(theorem).items():
        for place, text in enumerate(texts):
            out.print(Text(f"{'' if place else name:>10}  ", style="bright_black") + Text(text), soft_wrap=True)


_UNBOUNDED = {
    Kind.IDENTITY: "both sides are always equal",
    Kind.DECISION: "none: the statement compares signs, and bounds nothing",
}


def described(theorem: Theorem) -> dict[str, list[str]]:
    """Describe a theorem: lines of text under each heading, and no heading without a line.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> described(mt.theorems["probe-error"])["statement"]
    ['eₖ ≤ 2 rₖ']
    """
    lines = {
        "kind": [theorem.kind.value],
        "statement": [to_unicode(theorem.statement)],
        "where": [meaning(name) for name in read_by(*theorem.formulas)],
        "assumes": [prettify(", ".join(assumption.name for assumption in theorem.requires) or "nothing")],
        "proof": [sentence_to_unicode(theorem.proof)],
        "implied by": [" and ".join(theorem.implied_by)],
        "extremal": [_extremal(theorem)],
        "source": [theorem.source, *(str(reference) for reference in cited_in(theorem.source))],
    }
    if theorem.kind in BOUNDS:
        lines["vacuous"] = [_vacuous(theorem)]
    return {name: [text for text in texts if text] for name, texts in lines.items() if any(texts)}


def meaning(name: str) -> str:
    """Say what a quantity's symbol means; give its name in code where no meaning is written down."""
    metadata = Quantities.__dataclass_fields__[name].metadata
    words = metadata.get("meaning") or f"the quantity `{name}`"
    return f"{to_unicode(metadata['symbol'])} is {prettify(words)}"


def _extremal(theorem: Theorem) -> str:
    """Tell which instances use up the most of a bound."""
    known = theorem.extremal
    if not isinstance(known, Extremal):
        return _UNBOUNDED.get(theorem.kind) or sentence_to_unicode(known)
    first = (inspect.getdoc(known.family) or "").split("\n")[0]
    return f"{known.tightness} at k = {known.k}; worlds.extremal.{known.family.__name__}: {first}"


def _vacuous(theorem: Theorem) -> str:
    """Tell where a bound is vacuous: from which value on it says nothing."""
    trivial = to_latex(theorem.trivial_formula)
    if trivial == r"\infty":
        return "nowhere: there is no value that the left side never exceeds"
    return f"where the bound says no more than {to_unicode(trivial)}"
