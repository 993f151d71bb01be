"""Define ``mmcl-theory claims``."""

import difflib
from typing import Annotated

import typer


def show_claims(
    slugs: Annotated[
        list[str] | None, typer.Argument(metavar="[SLUG]...", help="Show these claims whole; by default, list all.")
    ] = None,
    run: Annotated[
        bool, typer.Option("--run", help="Check them, with a control each; exit 1 where a verdict no longer stands.")
    ] = False,
) -> int:
    """List what the works that are covered claim, with a verdict on each."""
    from .. import _checks
    from ..claims.claim import run as run_claims
    from ..claims.registry import claims
    from ..reporting.claims import print_claim, print_claims, print_outcomes

    for slug in slugs or ():
        if slug not in claims:
            near = difflib.get_close_matches(slug[:100], claims, 3)
            told = f"did you mean {' or '.join(near)}?" if near else "`mmcl-theory claims` lists all"
            raise ValueError(f"SLUG: there is no claim {_checks.quoted(slug)}; {told}")
    chosen = [claims[slug] for slug in slugs or claims]
    if run:
        table = run_claims(chosen)
        print_outcomes(table)
        return int(not table.stands.all())
    if slugs:
        for claim in chosen:
            print_claim(claim)
    else:
        print_claims(chosen)
    return 0
