"""Write a page for each statement, from the registry: what it says, its proof, where it is tight, and how to run it."""

import functools
import inspect
import pathlib
import re
from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any

import jax
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from small_worlds import SEEDS, instances

import mmcl_theory as mt
from mmcl_theory.claims.registry import claims
from mmcl_theory.joints.instance import Instance
from mmcl_theory.quantities.quantities import Quantities
from mmcl_theory.reporting.unicode_math import prettify
from mmcl_theory.theory.references import cited_in
from mmcl_theory.theory.theorem import BOUNDS, Extremal, Kind, Theorem, read_by
from mmcl_theory.theory.verdicts import NOT_APPLICABLE
from mmcl_theory.theory.written import to_latex

# Of the small worlds on which the tests check every statement, so that these programs are compiled once for both.
WORLDS = (
    *("isotropic", "block", "dirichlet", "sparse dirichlet", "caption"),
    *("content-style", "kernel", "coloured", "noisy labels", "resampled"),
)
JOINTS = 6  # drawn of each, of captions fewer
KS = [1, 2, 3, 4]
PARAMETER = 0.125  # of the extremal families, where their joints are drawn and certified

# Words for the files of the catalogue, which are its subjects.
SUBJECTS = {
    "identities": "The loss and the factorization",
    "label_transfer": "From labels of pairs to labels of text-induced pairs",
    "probe": "The linear probe",
    "walks": "Walks of several steps",
    "sampled_walks": "Walks that are drawn",
    "zero_shot": "The zero-shot head",
    "zero_shot_closed": "The zero-shot head in closed form",
    "drawn": "Answers that are drawn",
    "conductance": "Conductance",
    "captions": "Captions that lose detail",
    "information": "Information",
    "contrastive": "InfoNCE",
    "retrieval": "Retrieval",
    "alignment": "Alignment and the temperature",
    "sscl": "Single-modal learning",
    "diversity": "Consistency or diversity",
    "advantage": "Text pairs against augmentation pairs",
    "encoders": "Encoders that are not optimal",
    "linear_encoders": "Linear encoders",
    "minima": "What no encoders go below",
    "samples": "Finite samples of pairs",
    "labelled": "Few labelled images",
    "chains": "Three modalities",
    "shortcuts": "Class or shortcut",
    "noisy_labels": "Noisy labels",
    "resampled": "Guided resampling",
}
KINDS = {
    Kind.IDENTITY: "An identity: both sides are equal.",
    Kind.DECISION: "A decision: both sides have one sign.",
    Kind.UPPER_BOUND: "A bound from above.",
    Kind.LOWER_BOUND: "A bound from below.",
    Kind.PROBABILISTIC: "A bound that holds with probability $1-\\delta$.",
    Kind.ORDER: "A bound up to a constant that is not named.",
}


def subject(theorem: Theorem) -> str:
    """Return the name of the catalogue's file in which a statement stands."""
    return theorem.lhs.__module__.rpartition(".")[2]


def statement_pages(source: pathlib.Path) -> dict[str, str]:
    """Return the pages, by file name below the tree's root, and write their figures and certificates beside them."""
    folder = source / "statements"
    folder.mkdir()
    rows = dict(list(over_worlds().groupby("theorem")))
    for family in {one.extremal.family for one in mt.theorems.values() if isinstance(one.extremal, Extremal)}:
        _draw_joint(family, folder)
    pages = {f"statements/{slug}.md": _page(slug, rows[slug], folder) for slug in mt.theorems}
    return {"statements/index.md": _index()} | pages


def _page(slug: str, table: pd.DataFrame, folder: pathlib.Path) -> str:
    """Write the page of a statement, given its rows over the small worlds.

    It is in no table of contents, as each page of the site would list all statements in its margin.
    """
    theorem = mt.theorems[slug]
    parts = ["---\norphan: true\n---", _statement(theorem), _proof(theorem), _strength(theorem)]
    parts += [_tightness(theorem, folder), _worlds(theorem, table, folder), _commands(theorem)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _index() -> str:
    """Write the list of statements by subject."""
    by_subject = defaultdict(list)
    for theorem in mt.theorems.values():
        by_subject[subject(theorem)].append(theorem)
    lines = [
        "# Statements",
        "",
        f"All {len(mt.theorems)} statements of the catalogue, by subject. Each page has the statement, its symbols,",
        "the proof, what implies it and what it implies, the joints on which it is tight, both sides over",
        "small worlds, a certificate, and commands to run it. Symbols are in [notation](../docs/notation.md).",
    ]
    for name, words in SUBJECTS.items():
        lines += ["", f"## {words}", "", "| statement | says |", "|---|---|"]
        lines += [f"| [{one.slug}]({one.slug}.md) | ${_in_table(one.statement)}$ |" for one in by_subject.pop(name)]
    if by_subject:
        raise KeyError(f"SUBJECTS: no words for {', '.join(by_subject)}")
    return "\n".join([*lines, ""])


def _in_table(latex: str) -> str:
    """Write LaTeX without what would end a cell of a table."""
    return latex.replace(r"\|", r"\Vert ").replace("|", r"\vert ")


def _statement(theorem: Theorem) -> str:
    """Write what a statement says, its symbols and what it assumes."""
    symbols = []
    for name in read_by(*theorem.formulas):
        metadata = Quantities.__dataclass_fields__[name].metadata
        symbols.append(f"- ${metadata['symbol']}$ (`{name}`): {prettify(metadata['meaning'])}")
    assumed = [f"- {prettify(one.name)}; otherwise: {prettify(one.otherwise)}" for one in theorem.requires]
    source = theorem.source
    for reference in cited_in(source):
        source = re.sub(rf"\b{reference.key}\b", f"[{reference.key}](../bibliography.md#{reference.key})", source)
    lines = [
        f"# {theorem.title}",
        f"`{theorem.slug}`. {KINDS[theorem.kind]} Source: {source}.",
        "$$",
        theorem.statement,
        "$$",
    ]
    text = "\n\n".join(lines[:2]) + "\n\n" + "\n".join(lines[2:])
    text += "\n\nHere\n\n" + "\n".join(symbols)
    text += "\n\n**Assumes** " + ("\n\n" + "\n".join(assumed) if assumed else "nothing.")
    trivial = to_latex(theorem.trivial_formula)
    if theorem.kind in BOUNDS and trivial != r"\infty":
        text += f"\n\n**Vacuous** where the bound says no more than ${trivial}$."
    return text


def _proof(theorem: Theorem) -> str:
    """Write the proof, with a link to the section that has it in full."""
    pattern = re.compile(r"\bdocs/(\w+)(\.md#[\w-]+)")
    linked = pattern.sub(lambda found: f"[{found[1]}](../docs/{found[1]}{found[2]})", theorem.proof)
    return f"## Proof\n\n{linked}" if theorem.proof else ""


def _strength(theorem: Theorem) -> str:
    """Write which statements imply this one, and which it implies."""
    weaker = [one.slug for one in mt.theorems.values() if theorem.slug in one.implied_by]
    cited = [claim.slug for claim in claims.values() if theorem.slug in claim.theorems]
    lines = []
    if theorem.implied_by:
        lines.append("Implied by " + " and ".join(map(_link, theorem.implied_by)) + ".")
    if weaker:
        lines.append("Implies, alone or with others, " + ", ".join(map(_link, weaker)) + ".")
    if cited:
        lines.append(
            "In the ledger of claims: " + ", ".join(f"[{one}](../docs/claims.md#{one})" for one in cited) + "."
        )
    return "## Beside other statements\n\n" + " ".join(lines) if lines else ""


def _link(slug: str) -> str:
    """Write a link to a statement's page."""
    return f"[{slug}]({slug}.md)"


def _tightness(theorem: Theorem, folder: pathlib.Path) -> str:
    """Write where a bound is tight, draw the joint, and offer a certificate."""
    known = theorem.extremal
    lines = ["## Where it is tight"] if theorem.kind in BOUNDS else ["## Certificate"]
    if isinstance(known, Extremal):
        first = (inspect.getdoc(known.family) or "").split("\n")[0]
        attained = "Tight" if known.tightness == "tight" else known.tightness.capitalize()
        lines.append(f"{attained} at $k={known.k}$, on `worlds.extremal.{known.family.__name__}`: {first}")
        name = _joint_name(known.family)
        if (folder / name).exists():
            words = f"Probabilities of the pairs of the extremal joint at the parameter {PARAMETER:g}"
            lines.append(
                f"```{{figure}} {name}\n:alt: {words}\n:width: 60%\n\n{words}; the axes name the classes.\n```"
            )
    elif known:
        lines.append(known)
    proof = _certified(theorem)
    if proof is None:
        return "\n\n".join(lines) if len(lines) > 1 else ""
    proof.save(folder / f"{theorem.slug}.json")
    words = f"A certificate that it {_VERBS[proof.verdict]} on one joint at $k={proof.k}$"
    command = f"    mmcl-theory certify --check {theorem.slug}.json"
    lines.append(f"{words}: {{download}}`{theorem.slug}.json`. Anyone can prove it again:\n\n{command}")
    return "\n\n".join(lines)


def _joint_name(family: Callable[..., Any]) -> str:
    """Return the file name of the drawing of an extremal family's joint, which several statements show."""
    return f"{family.__name__}_joint.png"


def _draw_joint(family: Callable[..., Any], folder: pathlib.Path) -> None:
    """Draw the joint of an extremal family, unless it is too large to tell its pairs apart."""
    joint = family(PARAMETER).joint
    if max(joint.law.shape) <= 40:
        _save(mt.plotting.joint(joint, width="column"), folder / _joint_name(family))


_VERBS = {"holds": "holds", "consistent": "is consistent with exact arithmetic"}


def _certified(theorem: Theorem) -> "mt.Certificate | None":
    """Certify a statement on its extremal joint, or on a random one where the two sides there are too near to tell."""
    known = theorem.extremal
    tried = [(known.family(PARAMETER), known.k)] if isinstance(known, Extremal) else []
    for instance, k in [*tried, (_random_instance(), 2)]:
        proof = mt.certify(theorem, instance, k)
        if proof.verdict in _VERBS:
            return proof
    return None


@functools.cache
def _random_instance() -> Instance:
    """Draw a joint of four images and four texts with every part that can be drawn."""
    joint = mt.generators.random_dirichlet(4, 4, 2, key=jax.random.key(0))
    sizes = {"n_pairs": 100, "n_labelled": 50, "n_walks": 100, "dimension": 2}
    return Instance.with_random_parts(joint, **sizes, key=jax.random.key(1))


def _worlds(theorem: Theorem, table: pd.DataFrame, folder: pathlib.Path) -> str:
    """Draw both sides of a statement over the worlds, of which these are its rows, and count the verdicts."""
    part = table[table.verdict != NOT_APPLICABLE]
    part = part[np.isfinite(part.lhs) & np.isfinite(part.rhs)]
    if part.empty:
        return "## Over small worlds\n\nApplicable in none of the small worlds that this page would draw."
    counted = ", ".join(f"{verdict} {count}" for verdict, count in Counter(part.verdict).most_common())
    name = f"{theorem.slug}_worlds.png"
    _save(mt.plotting.sides(part, theorem.slug, by="world"), folder / name)
    words = f"Left side over right side of {theorem.slug} on small worlds; on the line both are equal"
    figure = f"```{{figure}} {name}\n:alt: {words}\n\n{words}.\n```"
    return (
        f"## Over small worlds\n\nVerdicts: {counted} of {len(part)} rows (a row for each joint and $k$).\n\n{figure}"
    )


def _commands(theorem: Theorem) -> str:
    """Write how to run a statement."""
    lines = [f"mmcl-theory show {theorem.slug}", f"mmcl-theory verify --data dirichlet --theorem {theorem.slug} --k 2"]
    if theorem.kind in BOUNDS:
        lines.append(f"mmcl-theory falsify {theorem.slug} --seed 0")
    python = f'mt.verify(joint, k=[1, 2, 3], theorems="{theorem.slug}")'
    return "## To run\n\n```console\n" + "\n".join(f"$ {line}" for line in lines) + f"\n```\n\n```python\n{python}\n```"


def _save(ax: "plt.Axes", path: pathlib.Path) -> None:
    """Write a figure as PNG, and close it."""
    figure = ax.get_figure(root=True)
    figure.set_layout_engine(None)  # it is laid out, and else Matplotlib would draw all twice, to do it again
    figure.savefig(path, dpi=110, metadata={"Software": None})
    plt.close(figure)


def over_worlds() -> pd.DataFrame:
    """Verify all statements on small worlds, each joint with every part that a statement may need."""
    drawn = {name: instances(name, SEEDS.get(name, JOINTS)) for name in WORLDS}
    return pd.concat([mt.verify(some, k=KS).assign(world=name) for name, some in drawn.items()], ignore_index=True)
