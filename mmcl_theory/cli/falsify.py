"""Define ``mmcl-theory falsify``."""

import dataclasses
import os
import sys
import time
from contextlib import suppress
from itertools import product
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import typer

from .files import Files, ReportFile, TableFile
from .mistakes import explained, naming_options, one_line, running_formulas
from .options import Seed, grouped, seeded_key, whole_numbers
from .settings import Chosen
from .theorems import chosen_theorems

if TYPE_CHECKING:
    from ..falsification.falsification import Falsification
    from ..theory.theorem import Theorem


_RANDOM = ("the joints from which searches start", "their mutations")


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

    def check(self, theorem: "Theorem", settings: dict[str, Any]) -> None:
        """Refuse sizes that no search can have, before the first one begins."""
        from .._checks import integer
        from ..falsification.candidates import NotSearchable, sized_search
        from ..falsification.falsify import RESTARTS
        from ..joints.settings import Settings

        integer("--budget", self.budget, 1)
        for shape in self.shapes():
            with naming_options(**self._named()), suppress(NotSearchable):
                sizes = (*shape, self.n_classes, self.k)
                sized_search(theorem, *sizes, restarts=RESTARTS, settings=Settings(**settings))

    def search(
        self, theorem: "Theorem", shape: tuple[int, int], checkpoint: str | None, settings: dict[str, Any]
    ) -> "Falsification":
        """Search the joints of one shape for the worst case of a theorem, from the checkpoint on if there is one."""
        from ..falsification.falsify import falsify as search_worst_case

        key, budget = seeded_key(self.seed), self.budget
        with naming_options(**self._named(), checkpoint="--save"):
            return search_worst_case(
                *(theorem, *shape, self.n_classes, self.k),
                key=key,
                budget=budget,
                checkpoint=checkpoint,
                **settings,
            )

    def _named(self) -> dict[str, str]:
        """Return the option that sets each argument of the search."""
        images, texts = ("--n-images", "--n-texts") if self.sizes is None else ("--sizes", "--sizes")
        return {"n_images": images, "n_texts": texts, "n_classes": "--n-classes", "k": "--k", "key": "--seed"}


@dataclasses.dataclass(frozen=True)
class Saving:
    """Hold the options that say what is written to files."""

    panel: ClassVar[str] = "Files"

    out: TableFile = None
    save: Annotated[
        str | None,
        typer.Option(
            help="Write searches into this folder as they go, as SLUG.npz, and certificates, as SLUG.json.  The same "
            "command goes on where an earlier one was stopped."
        ),
    ] = None
    report: ReportFile = None


@dataclasses.dataclass(frozen=True)
class Attack:
    """Search for worst cases one after the other, so that what fails costs nothing that was found."""

    options: SearchOptions
    settings: dict[str, Any]
    folder: str | None
    files: Files

    def run(self, theorem: "Theorem", shape: tuple[int, int]) -> tuple["Falsification", float]:
        """Search for one worst case, save it, and return it with the seconds that it took."""
        from ..falsification.falsify import discard_programs

        start = time.perf_counter()
        try:
            worst = self.options.search(theorem, shape, self._path(theorem, shape, "npz"), self.settings)
        except OSError as error:  # what was searched is not lost: the same search, without its file
            self.files.fail(error)
            worst = self.options.search(theorem, shape, None, self.settings)
        seconds = time.perf_counter() - start
        discard_programs()
        certificate = self._path(theorem, shape, "json")
        if certificate is not None and worst.certificate is not None:
            with self.files.writing("--save"):
                worst.certificate.save(certificate)
        return worst, seconds

    def _path(self, theorem: "Theorem", shape: tuple[int, int], ending: str) -> str | None:
        """Name a file of --save."""
        if self.folder is None:
            return None
        size = "" if self.options.sizes is None else f"_{shape[0]}"
        return os.path.join(self.folder, f"{theorem.slug}{size}.{ending}")


@grouped
def falsify(target: Target, options: SearchOptions, settings: Chosen, saving: Saving) -> int:
    """Search all joints of a size for the worst case of a theorem, or of all of them.

    The table says how much of each bound the worst case uses up, how much of
    that is certified, what is known of the bound, and the time it took.  Below
    it stands the smallest counterexample, a table of whole numbers with exact
    sides, or what was searched for one (with --all only where a violation is
    suspected).

    The exit code is 1 where a violation is certified, 3 where one is
    suspected and not certified, otherwise 0.
    """
    from .._checks import installed
    from ..falsification.candidates import NotSearchable
    from ..reporting.html import Run
    from ..reporting.runs import report_searches
    from ..reporting.terminal import print_falsifications
    from ..tightness.tightness import tightness

    files = Files(target.theorem)
    files.try_table(saving.out)
    files.try_folder("--save", saving.save)
    files.try_report(saving.report, saving.out)
    try:
        installed("falsify", "flint")
    except ValueError as error:  # the search itself does without
        print(f"{error}; without it no violation is certified", file=sys.stderr)
    theorems, shapes = target.theorems(), options.shapes()
    attack = Attack(options, settings.checked(), saving.save, files)
    found, failed, smallest = [], [], []
    with running_formulas("SLUG", [target.theorem or ""]):
        options.check(theorems[0], attack.settings)
    for theorem, shape in product(theorems, shapes):
        try:
            with running_formulas("SLUG", [target.theorem or ""]):
                found.append(attack.run(theorem, shape))
        except NotSearchable as error:
            if not target.every:
                raise ValueError(f"SLUG: {error.reason}") from error
            print(error.reason, file=sys.stderr)
        except Exception as error:
            if len(theorems) == len(shapes) == 1:
                raise
            print(one_line(f"{theorem.slug}: {explained(error)[1]}"), file=sys.stderr)
            failed.append(error)
    if found:
        table = tightness(found)
        files.write_table(table, saving.out)
        smallest = [worst.smallest for worst, _ in found if worst.suspected or not target.every]
        title = found[0][0].theorem.slug if len(theorems) == 1 else f"{len(theorems)} statements"
        run = Run(f"Search for counterexamples: {title}", sys.argv[1:], {}, _RANDOM, options.seed)
        searches = [worst for worst, _ in found]
        files.write_report(saving.report, lambda path: report_searches(path, table, searches, smallest, run))
        size = ", ".join(f"{n} × {m}" for n, m in shapes)
        print_falsifications(
            table, f"{size} images and texts, {options.n_classes} classes, k = {options.k}: worst cases found"
        )
        for one in smallest:
            print(one)
    files.report()
    if failed:
        raise failed[0]
    if any(worst.certified for worst, _ in found) or any(one.certificate is not None for one in smallest):
        return 1
    return 3 if any(worst.suspected for worst, _ in found) else 0
