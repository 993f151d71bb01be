"""Define ``mmcl-theory verify``."""

import dataclasses
import os
import sys
from collections.abc import Collection
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import typer

from ..worlds.registry import WORLDS
from .captions import Captions
from .embeddings import Embeddings, with_encoders
from .files import Files, ReportFile, TableFile
from .mistakes import naming_options, running_formulas
from .options import grouped, seeded_key, whole_numbers
from .settings import Chosen
from .source import Source
from .theorems import chosen_theorems

if TYPE_CHECKING:
    from jaxtyping import PRNGKeyArray

    from ..joints.instance import Instance
    from ..joints.joint import Joint
    from ..theory.theorem import Theorem
    from ..worlds.world import World

# What is drawn at random, by the name of the part, as the table says it.
_DRAWN = {
    "encoders": "encoders",
    "channel": "captions",
    "auxiliary_labels": "labels",
    "sample": "pairs",
    "labelled": "labelled images",
    "walks": "walks",
}


@dataclasses.dataclass(frozen=True)
class Statements:
    """Hold the options that say what is checked."""

    panel: ClassVar[str] = "What is checked"

    theorem: Annotated[
        list[str] | None,
        typer.Option(
            help="Check this theorem: a slug, or a Python file that defines Theorem objects.  The option can be "
            "repeated.  By default all theorems are checked."
        ),
    ] = None
    k: Annotated[
        str | None,
        typer.Option(help="Check at these encoder dimensions, such as 50,100,200.  By default about five are spread."),
    ] = None
    all: Annotated[
        bool,
        typer.Option("--all", help="Print also the bounds that others in the table imply; files have them always."),
    ] = False
    sample: Annotated[int, typer.Option(help="Draw this many pairs, for the theorems on a sample of pairs.")] = (
        1_000_000
    )


@dataclasses.dataclass(frozen=True)
class Output:
    """Hold the options that say what is written to files."""

    panel: ClassVar[str] = "Files"

    out: TableFile = None
    figures: Annotated[
        str | None, typer.Option(help="Write figures into this folder, each as a PDF and as a PNG file.")
    ] = None
    report: ReportFile = None


@grouped
def verify(
    source: Source,
    captions: Captions,
    embeddings: Embeddings,
    statements: Statements,
    settings: Chosen,
    output: Output,
) -> int:
    """Check the theorems on a world, on your own pairs, or on a saved joint.

    Theorems on an encoder, a caption channel, a sample or auxiliary labels
    are checked on random ones, drawn with --seed where they are read, and
    marked in the table; those on an encoder on yours, where
    --image-features and --text-features are given.  Theorems on augmentation
    pairs are checked on the worlds that have such pairs; see below.

    Of bounds on one number that imply each other the strongest is printed.
    Where the two sides of a bound agree within rounding, and the joint is a
    single one of at most 8 images and texts, the verdict is proven instead.

    The exit code is 1 where a theorem is violated, otherwise 0.
    """
    import jax

    from .._checks import installed
    from ..certification.settle import settled
    from ..joints.digest import digest
    from ..reporting.figures import write_verification_figures
    from ..reporting.html import Run
    from ..reporting.runs import report_verification
    from ..reporting.terminal import print_verification
    from ..theory.registry import select
    from ..theory.verdicts import VIOLATED
    from ..verification.verify import verify as verify_theorems
    from ..worlds.world import World

    files = Files(source.pairs, source.joint, captions.captions, *embeddings.files, *(statements.theorem or []))
    files.try_table(output.out)
    files.try_figures(output.figures)
    files.try_report(output.report, output.out)
    if str(source.pairs).lower().endswith(".parquet"):
        installed("--pairs", "pyarrow")
    chosen = settings.checked()
    theorems = select(None) if statements.theorem is None else chosen_theorems(statements.theorem)
    world_key, parts_key = jax.random.split(seeded_key(source.seed))
    made = captions.make(source, world_key)
    joints = [one.joint if isinstance(one, World) else one for one in made]
    ks = _dimensions(statements.k, joints)
    told, encoders = embeddings.measured(joints, ks)
    with naming_options(k="--k", theorems="--theorem"), running_formulas("--theorem", statements.theorem or []):
        instances = with_encoders(_with_parts(made, theorems, statements.sample, chosen, parts_key), encoders)
        table = verify_theorems(instances, ks, theorems)
        if len(instances) == 1:
            table = settled(table, instances[0], theorems)

    drawn = {part: word for part, word in _DRAWN.items() if getattr(instances[0], part) is not None}
    if encoders is not None:
        del drawn["encoders"]
    read = {one.slug: " and ".join(drawn[part] for part in one.parts if part in drawn) for one in theorems}
    table.attrs["notes"] = {slug: f"on random {parts}" for slug, parts in read.items() if parts}
    files.write_table(table, output.out)
    if output.figures is not None:
        stem = os.path.splitext(os.path.basename(captions.title(source)))[0]
        with files.writing("--figures"):
            for path in write_verification_figures(table, joints, os.path.join(output.figures, stem)):
                files.tell("figure", path)
    count = f"{joints[0]!r}" if len(joints) == 1 else f"{len(joints)} joints"
    title = f"{captions.title(source)}: {count}"
    run = Run(f"Verification of {title}", sys.argv[1:], {count: digest(*joints)}, _random(source, drawn), source.seed)
    files.write_report(output.report, lambda path: report_verification(path, table, instances, theorems, run, told))
    with_random = f", with random {', '.join(drawn.values())} (--seed {source.seed})" if drawn else ""
    captions.warn_of_unshared(source, joints)
    print_verification(table, f"{title}{with_random}", whole=statements.all)
    for line in told:
        print(line)
    files.report()
    return int((table.verdict == VIOLATED).any())


def _random(source: Source, drawn: dict[str, str]) -> list[str]:
    """Name what is drawn at random: the joints, where the world is random, and parts of the instances."""
    world = WORLDS.get(source.data or "")
    return [*(["the joint"] if world is not None and world.is_random else []), *drawn.values()]


def _with_parts(
    made: list["Joint | World"],
    theorems: Collection["Theorem"],
    n_pairs: int,
    settings: dict[str, Any],
    key: "PRNGKeyArray",
) -> list["Instance"]:
    """Give each joint the parts that its world has, and random ones of the others that the theorems read."""
    import jax

    from ..verification.instances import instance_with_parts

    with naming_options(n_pairs="--sample"):
        return [
            instance_with_parts(one, theorems, n_pairs=n_pairs, key=own_key, **settings)
            for one, own_key in zip(made, jax.random.split(key, len(made)), strict=True)
        ]


def _dimensions(text: str | None, joints: list["Joint"]) -> list[int]:
    """Read the dimensions asked for; by default take about five, evenly spaced in their logarithm.

    The spread reaches to the largest dimension of the smallest joint.  Only the first singular values of a joint that
    is not dense are computed: there it reaches to the last value that classes can raise.
    """
    import numpy as np

    from ..factorization.operators.choose import is_traceable

    if text is not None:
        return whole_numbers("--k", text)
    largest = min(min(joint.law.shape) - 1 if is_traceable(joint.law) else joint.n_classes for joint in joints)
    return sorted({round(float(k)) for k in np.geomspace(1, max(largest, 1), 5)})
