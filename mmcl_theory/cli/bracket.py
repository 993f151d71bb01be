"""Define ``mmcl-theory bracket``."""

from typing import Annotated

import typer

from .files import Files, TableFile
from .mistakes import explained, naming_options, one_line, running_formulas
from .options import Seed, seeded_key
from .theorems import chosen_theorems


def bracket(
    slugs: Annotated[
        list[str],
        typer.Argument(metavar="SLUG...", help="Bracket these: slugs, or Python files that define Theorem objects."),
    ],
    n_images: Annotated[int, typer.Option(help="Take joints with this many images.")] = 2,
    n_texts: Annotated[int, typer.Option(help="Take joints with this many texts.")] = 2,
    n_classes: Annotated[int, typer.Option(help="Take joints with at most this many classes.")] = 2,
    rounds: Annotated[int, typer.Option(help="Search for the worst case for this many rounds.")] = 10,
    budget: Annotated[
        int, typer.Option(help="Give an attempt at a proof up after so many coefficients of polynomials.")
    ] = 100_000,
    seed: Seed = 0,
    out: TableFile = None,
) -> int:
    """Bracket the largest share of a bound that joints of a size use up, at k = 1.

    The table has a share that some joint uses up, which is certified, and a
    constant that no joint of the size exceeds, whatever its labels and masses,
    which is proven: 2 × 2, 2 × 3 or 3 × 2 images and texts.

    The exit code is 1 where more than all of a bound is certified to be
    used up, 3 where no constant is proven, otherwise 0.
    """
    import math
    import sys

    from ..conjectures.brackets.bracket import bracket as find_bracket
    from ..conjectures.brackets.bracket import bracket_table
    from ..falsification.falsify import discard_programs
    from ..reporting.terminal import print_brackets

    files = Files(*slugs)
    files.try_table(out)
    names = {"theorem": "SLUG", "n_images, n_texts": "--n-images, --n-texts", "n_classes": "--n-classes"}
    names |= {"rounds": "--rounds", "budget": "--budget", "key": "--seed"}
    size = n_images, n_texts, n_classes
    theorems, found, failed = chosen_theorems(slugs, "SLUG"), [], False
    for theorem in theorems:
        try:
            with naming_options(**names), running_formulas("SLUG", slugs):
                key = seeded_key(seed)
                found.append(find_bracket(theorem, *size, key=key, rounds=rounds, budget=budget))
        except ValueError as error:  # the others are not lost
            if len(theorems) == 1:
                raise
            print(f"mmcl-theory: {one_line(explained(error)[1])}", file=sys.stderr)
            failed = True
        discard_programs()
    if found:
        table = bracket_table(found)
        files.write_table(table, out)
        print_brackets(table, f"{n_images} × {n_texts} images and texts, at most {n_classes} classes, k = 1: brackets")
    files.report()
    if failed:
        return 2
    if any(one.is_violated for one in found):
        return 1
    return 3 if any(math.isinf(one.upper) for one in found) else 0
