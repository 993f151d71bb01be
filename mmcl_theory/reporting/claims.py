"""Show the claims of the works that the toolkit covers, in the terminal and as a page."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from ..claims.claim import CONDITIONAL, REFUTED, UNTESTABLE, VERDICTS, VERIFIED, Claim
from ..theory.references import cited_in
from .terminal import console, print_grid

if TYPE_CHECKING:
    import pandas as pd

STYLES = {VERIFIED: "green", REFUTED: "red", CONDITIONAL: "yellow", UNTESTABLE: "bright_black"}

_HEAD = """# Claims

What the works that this toolkit covers claim, and what was found. A claim

- is **verified** if it is proved, or was seen wherever it was tried, as the source states it;
- is **refuted** if there is a counterexample;
- **holds under conditions** if it is proved or decided where the condition holds, and false where it does not;
- is **not testable here** if it is about data or networks that are not at hand.

A **control** is the same check where it has to fail.

    mmcl-theory claims           # this page, shorter
    mmcl-theory claims --run     # checks and controls, in two minutes at most; exits 1 where a verdict no longer stands

This page is written by `python docs/generate.py` from `mmcl_theory/claims`.
"""


def print_claims(claims: Iterable[Claim]) -> None:
    """Print every claim with its verdict, its source, what it says, and on what condition."""
    claims = list(claims)
    counts = ", ".join(f"{sum(claim.verdict == one for claim in claims)} {one}" for one in VERDICTS)
    console().print(Text(f"{len(claims)} claims: {counts}", style="bold"), soft_wrap=True)
    grid = Table(box=None, show_header=False, padding=(1, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column()
    for claim in claims:
        said = Text.assemble((claim.slug, "bold"), (f" ({claim.source})\n", "bright_black"), claim.statement)
        if claim.condition:
            said += Text(f"\n{claim.condition}", style="italic")
        verdict = claim.verdict.replace(" under ", "\nunder ").replace(" here", "\nhere")
        grid.add_row(Text(verdict, STYLES[claim.verdict]), said)
    console().print(grid)


def print_claim(claim: Claim) -> None:
    """Print one claim whole."""
    out = console()
    out.print(Text(claim.slug, style="bold") + Text(f": {claim.verdict}", style=STYLES[claim.verdict]))
    for name, text in _described(claim).items():
        out.print(Text(f"{name:>11}  ", style="bright_black") + Text(text), soft_wrap=True)


def _described(claim: Claim) -> dict[str, str]:
    """Describe a claim: a text under each heading, and no heading without a text."""
    sources = [str(reference) for reference in cited_in(claim.source)]
    texts = {
        "claim": claim.statement,
        "condition": claim.condition,
        "evidence": claim.evidence,
        "control": claim.controlled_by,
        "statements": ", ".join(claim.theorems),
        "to see it": claim.command,
        "source": ". ".join([claim.source, *sources]),
    }
    return {name: text for name, text in texts.items() if text}


def print_outcomes(table: "pd.DataFrame") -> None:
    """Print what checks found, and their controls."""
    grid = Table(title_justify="left")
    for name in ("claim", "", "found", "in the control"):
        grid.add_column(name)
    for row in table.to_dict("records"):
        mark = Text("✓", style="green") if row["stands"] else Text("✗", style="red")
        grid.add_row(row["claim"], mark, row["found"], Text(row["in_control"], style="bright_black"))
    print_grid(console(), grid)
    fallen = table[~table.stands]
    words = "every verdict stands" if fallen.empty else f"no longer so: {', '.join(fallen.claim)}"
    console().print(f"{len(table)} claims checked in {table.seconds.sum():.0f} s: {words}")


def claims_page(claims: Iterable[Claim]) -> str:
    """Write all claims as a page in Markdown, a section for each source.

    Examples
    --------
    >>> from mmcl_theory.claims.registry import claims
    >>> page = claims_page(claims.values())
    >>> page.startswith("# Claims"), "## zhang2023" in page
    (True, True)
    """
    claims = list(claims)
    lines = [_HEAD, "| claim | source | verdict |", "|---|---|---|"]
    lines += [f"| [{claim.slug}](#{claim.slug}) | {claim.source} | {claim.verdict} |" for claim in claims]
    for source in dict.fromkeys(claim.source for claim in claims):
        lines += ["", f"## {source}", *(f"\n{reference}" for reference in cited_in(source))]
        for claim in claims:
            if claim.source == source:
                lines += ["", f"### {claim.slug}", "", f"*{claim.statement}* **{claim.verdict.capitalize()}.**", ""]
                lines += [f"- {name.capitalize()}: {_marked(name, text)}" for name, text in _listed(claim)]
    return "\n".join(lines) + "\n"


def _listed(claim: Claim) -> list[tuple[str, str]]:
    """List what a page says of a claim beneath its statement."""
    return [(name, text) for name, text in _described(claim).items() if name not in ("claim", "source")]


def _marked(name: str, text: str) -> str:
    """Mark what is code."""
    if name == "to see it":
        return f"`{text}`"
    return ", ".join(f"`{slug}`" for slug in text.split(", ")) if name == "statements" else text.replace("*", r"\*")
