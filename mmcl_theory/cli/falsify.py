"""Define ``mmcl-theory falsify``."""

import dataclasses
import os
import sys
import time
from itertools import product
from typing import TYPE_CHECKING, Annotated, ClassVar

import typer

from .files import Files, TableFile
from .mistakes import naming_options, running_formulas, writing
from .options import Seed, grouped, seeded_key, whole_numbers
from .theorems import chosen_theorems

if TYPE_CHECKING:
    from ..falsification.falsification import Falsification
    from ..theory.theorem import Theorem


@dataclasses.dataclass(frozen=True)
class Target:
    """Hold the options that say which theorems are attacked."""

    panel: ClassVar[str] = "Theorems: either SLUG or --all is needed"

    theorem: Annotated[
        str | None,
        typer.Argument(
            metavar="SLUG", help="Attack this theorem: a slug, or a Python file that defines Theorem objects."
        ),
    ] = None
    every: Annotated[bool, typer.Option("--all", help="Attack every theorem.")] = False

    def theorems(self) -> list["Theorem"]:
        """List the theorems that the options name."""
        from ..theory.registry import theorems

        if (self.theorem is None) != self.every:
            raise ValueError("SLUG, --all: exactly one of them is needed")
        return list(theorems.values()) if self.theorem is None else chosen_theorems([self.theorem], "SLUG")


@dataclasses.dataclass(frozen=True)
class SearchOptions:
    """Hold the options that say which joints are searched, and for how long."""

    panel: ClassVar[str] = "Search"

    n_images: Annotated[int, typer.Option(help="Search joints with this many images.")] = 6
    n_texts: Annotated[int, typer.Option(help="Search joints with this many texts.")] = 6
    sizes: Annotated[
        str | None,
        typer.Option(help="Search joints of several sizes, such as 4,6,8, with as many images as texts."),
    ] = None
    n_classes: Annotated[int, typer.Option(help="Search joints with this many classes.")] = 2
    k: Annotated[int, typer.Option(help="Set the encoder dimension.")] = 1
    budget: Annotated[int, typer.Option(help="Search for this many rounds.")] = 40
    seed: Seed = 0

    def shapes(self) -> list[tuple[int, int]]:
        """List the numbers of images and texts of the joints."""
        if self.sizes is None:
            return [(self.n_images, self.n_texts)]
        return [(n, n) for n in whole_numbers("--sizes", self.sizes)]

    def search(self, theorem: "Theorem", shape: tuple[int, int]) -> "Falsification":
        """Search the joints of one shape for the worst case of a theorem."""
        from ..falsification.falsify import falsify as search_worst_case

        images, texts = ("--n-images", "--n-texts") if self.sizes is None else ("--sizes", "--sizes")
        named = {"n_images": images, "n_texts": texts, "n_classes": "--n-classes", "k": "--k", "budget": "--budget"}
        with naming_options(**named):
            return search_worst_case(
                theorem, *shape, self.n_classes, self.k, key=seeded_key(self.seed), budget=self.budget
            )


@dataclasses.dataclass(frozen=True)
class Saving:
    """Hold the options that say what is written to files."""

    panel: ClassVar[str] = "Files"

    out: TableFile = None
    save: Annotated[
        str | None,
        typer.Option(help="Write worst cases into this folder, as SLUG.npz, and their certificates, as SLUG.json."),
    ] = None

    def save_worst(self, worst: "Falsification", name: str) -> None:
        """Write a worst case, and its certificate if it has one."""
        if self.save is None:
            return
        with writing("--save", self.save):
            worst.save(os.path.join(self.save, f"{name}.npz"))
            if worst.certificate is not None:
                worst.certificate.save(os.path.join(self.save, f"{name}.json"))


@grouped
def falsify(target: Target, options: SearchOptions, saving: Saving) -> int:
    """Search all joints of a size for the worst case of a theorem, or of all of them.

    The table says how much of each bound the worst case uses up, how much of
    that is certified, what is known of the bound, and the time it took.

    The exit code is 1 where a violation is certified, 3 where one is
    suspected and not certified, otherwise 0.
    """
    from ..falsification.candidates import NotSearchable
    from ..falsification.falsify import discard_programs
    from ..reporting.terminal import print_falsifications
    from ..tightness.tightness import tightness

    theorems, shapes = target.theorems(), options.shapes()
    files = Files(target.theorem)
    files.try_table(saving.out)
    files.try_folder("--save", saving.save)
    found = []
    for theorem, shape in product(theorems, shapes):
        start = time.perf_counter()
        try:
            with running_formulas("SLUG", [target.theorem or ""]):
                worst = options.search(theorem, shape)
        except NotSearchable as error:
            if not target.every:
                raise ValueError(f"SLUG: {error.reason}") from error
            print(error.reason, file=sys.stderr)
            continue
        found.append((worst, time.perf_counter() - start))
        discard_programs()
        saving.save_worst(worst, theorem.slug if options.sizes is None else f"{theorem.slug}_{shape[0]}")
    table = tightness(found)
    files.write_table(table, saving.out)
    size = ", ".join(f"{n} × {m}" for n, m in shapes)
    print_falsifications(
        table, f"{size} images and texts, {options.n_classes} classes, k = {options.k}: worst cases found"
    )
    files.report()
    if any(worst.certified for worst, _ in found):
        return 1
    return 3 if any(worst.suspected for worst, _ in found) else 0
