"""Define ``mmcl-theory list`` and ``mmcl-theory show``."""

from typing import Annotated

import typer

from .mistakes import naming_options


def list_theorems(
    tree: Annotated[
        bool, typer.Option("--tree", help="Put each theorem under one that implies it, with what else is needed.")
    ] = False,
) -> None:
    """List every theorem with its slug, title and kind."""
    from ..reporting.catalogue import print_list, print_tree
    from ..theory.registry import theorems

    (print_tree if tree else print_list)(list(theorems.values()))


def show(
    slug: Annotated[
        str, typer.Argument(metavar="SLUG", help="Show the theorem with this slug; `mmcl-theory list` shows all slugs.")
    ],
) -> None:
    """Show what one theorem says, what it assumes, and where it comes from."""
    from ..reporting.catalogue import print_theorem
    from ..theory.registry import select

    with naming_options(theorems="SLUG"):
        (theorem,) = select(slug)
    print_theorem(theorem)
