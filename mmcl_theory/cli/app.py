"""The command line: ``mmcl-theory verify``, ``falsify``, ``certify``, ``list``, ``show``.

Exit codes: 0 when nothing is violated, 1 when something is, 2 on bad usage; of ``certify`` and ``falsify`` besides, 3
when nothing is proven.  Heavy modules are imported inside the commands, so that ``--help`` answers at once.
"""

import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..theory.verdicts import HOLDS, VIOLATED

if TYPE_CHECKING:
    import pandas as pd

    from ..joints.joint import Joint
    from ..theory.theorem import Theorem
    from ..worlds.latent import World

app = typer.Typer(
    name="mmcl-theory",
    help="Check the theory of multi-modal contrastive learning numerically.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

DATA = (
    "emoji",
    "emoji-drawings",
    "isotropic",
    "block",
    "dirichlet",
    "hierarchical",
    "caption",
    "content-style",
    "kernel",
)


def main() -> None:
    """Run the command line; every mistake of the user's is one line on standard error and exit code 2."""
    try:
        code = app(standalone_mode=False)
    except KeyboardInterrupt:
        _fail("interrupted", 130)
    except (ValueError, TypeError, OSError) as error:
        _fail(str(error), 2)
    except Exception as error:
        if not hasattr(error, "format_message"):  # what the command-line parser raises has it
            raise
        _fail(error.format_message(), getattr(error, "exit_code", 2))
    sys.exit(code if isinstance(code, int) else 0)


def _fail(message: str, code: int) -> None:
    print(f"mmcl-theory: {' '.join(message.split())}", file=sys.stderr)
    sys.exit(code)


@app.command()
def verify(
    data: Annotated[str | None, typer.Option(help=f"A world: {', '.join(DATA)}.")] = None,
    pairs: Annotated[
        str | None, typer.Option(help="Your own pairs: a .csv, .tsv or .parquet file, a pair a row.")
    ] = None,
    joint: Annotated[str | None, typer.Option(help="A joint written by Joint.save.")] = None,
    images: Annotated[str, typer.Option(help="Column of --pairs that names the image.")] = "image",
    texts: Annotated[str, typer.Option(help="Column of --pairs that holds the text.")] = "text",
    labels: Annotated[str, typer.Option(help="Column of --pairs with the image's class.")] = "label",
    knob: Annotated[
        list[str] | None, typer.Option("--set", help="A knob of --data, as name=value; repeatable.")
    ] = None,
    k: Annotated[str | None, typer.Option(help="Encoder dimensions, such as 50,100,200; by default a spread.")] = None,
    theorem: Annotated[
        list[str] | None,
        typer.Option(help="A slug, or a Python file whose Theorem objects are checked; repeatable; by default all."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of everything random.")] = 0,
    joints: Annotated[int, typer.Option(help="How many joints to draw, for a random world.")] = 1,
    sample: Annotated[int, typer.Option(help="How many pairs to draw, for the statements on a sample.")] = 1_000_000,
    out: Annotated[str | None, typer.Option(help="Write the table here: .parquet or .csv.")] = None,
    figures: Annotated[str | None, typer.Option(help="Write figures (PDF and PNG) into this folder.")] = None,
) -> int:
    """Check the theorems on a world, on your own pairs, or on a saved joint.

    Statements on an encoder, a caption channel, a sample or auxiliary labels are checked on random ones, drawn with the
    seed; those on augmentation pairs on the worlds that have them (content-style, kernel, emoji-drawings).
    """
    import jax

    from .. import tables
    from ..joints.instance import Instance
    from ..reporting.terminal import print_verification
    from ..verification.verify import verify as check
    from ..worlds.latent import World

    if out is not None:
        tables.check_path(out)
    theorems = None if theorem is None else _theorems(theorem)
    world_key, parts_key = jax.random.split(jax.random.key(seed))
    columns = {"image": images, "text": texts, "label": labels}
    made = _made(data, pairs, joint, columns, knob or [], joints, world_key)
    drawn = [one.joint if isinstance(one, World) else one for one in made]
    graphs = [one.augmentation if isinstance(one, World) else None for one in made]
    keys = jax.random.split(parts_key, len(made))
    instances = [
        Instance.with_random_parts(one, n_pairs=sample, augmentation=graph, key=key)
        for one, graph, key in zip(drawn, graphs, keys, strict=True)
    ]
    # Of a joint that is not dense the first values are computed alone: up to the last that classes can raise.
    limits = [min(one.matrix.shape) - 1 if one.is_dense else one.n_classes for one in drawn]
    table = check(instances, _dimensions(k, min(limits)), theorems)

    title = str(data or pairs or joint)
    print_verification(table, f"{title}: {drawn[0]!r}" if len(drawn) == 1 else f"{title}: {len(drawn)} joints")
    if out is not None:
        tables.write(table, out)
        print(f"table: {out}")
    if figures is not None:
        for path in _figures(table, drawn, os.path.join(figures, os.path.splitext(os.path.basename(title))[0])):
            print(f"figure: {path}")
    return int((table.verdict == VIOLATED).any())


@app.command()
def falsify(
    theorem: Annotated[
        str | None, typer.Argument(metavar="SLUG", help="A slug, or a Python file whose Theorem objects are attacked.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Attack every theorem.")] = False,
    n_images: Annotated[int, typer.Option(help="Images of the joints that are searched.")] = 6,
    n_texts: Annotated[int, typer.Option(help="Texts.")] = 6,
    sizes: Annotated[
        str | None, typer.Option(help="Several sizes, such as 4,6,8: so many images and as many texts.")
    ] = None,
    n_classes: Annotated[int, typer.Option(help="Classes.")] = 2,
    k: Annotated[int, typer.Option(help="Encoder dimension.")] = 1,
    seed: Annotated[int, typer.Option(help="Of everything random.")] = 0,
    budget: Annotated[int, typer.Option(help="Rounds of the search.")] = 40,
    out: Annotated[str | None, typer.Option(help="Write the table here: .parquet or .csv.")] = None,
    save: Annotated[
        str | None,
        typer.Option(help="Write worst cases into this folder, as SLUG.npz, and certificates, as SLUG.json."),
    ] = None,
) -> int:
    """Search all joints of a size for the worst case of a theorem, or of all of them.

    The table says how much of each bound is used up, what is certified of it, what is known, and the time it took.

    Exit code: 1 where a violation is certified, 3 where one is suspected and not certified, else 0.
    """
    import time
    from itertools import product

    import jax

    from .. import tables
    from ..falsification.falsify import falsify as attack
    from ..reporting.terminal import print_falsifications
    from ..theory.registry import theorems
    from ..tightness.tightness import tightness

    if (theorem is None) != every:
        raise ValueError("SLUG, --all: exactly one of them is needed")
    if out is not None:
        tables.check_path(out)
    shapes = [(n_images, n_texts)] if sizes is None else [(n, n) for n in _whole_numbers("--sizes", sizes)]
    found = []
    for one, shape in product(theorems.values() if theorem is None else _theorems([theorem]), shapes):
        start = time.perf_counter()
        try:
            worst = attack(one, *shape, n_classes, k, key=jax.random.key(seed), budget=budget)
        except ValueError as error:
            if not every or not str(error).startswith("theorem:"):
                raise
            print(str(error).removeprefix("theorem: "), file=sys.stderr)  # a statement that cannot be searched
            continue
        found.append((worst, time.perf_counter() - start))
        jax.clear_caches()  # each search compiles programs of its own, and dozens exhaust a process's memory maps
        if save is not None:
            place = one.slug if sizes is None else f"{one.slug}_{shape[0]}"
            worst.save(os.path.join(save, f"{place}.npz"))
            if worst.certificate is not None:
                worst.certificate.save(os.path.join(save, f"{place}.json"))
    table = tightness(found)
    size = ", ".join(f"{n} × {m}" for n, m in shapes)
    print_falsifications(table, f"{size} images and texts, {n_classes} classes, k = {k}: worst cases found")
    if out is not None:
        tables.write(table, out)
        print(f"table: {out}")
    if any(worst.certified for worst, _ in found):
        return 1
    return 3 if any(worst.suspected for worst, _ in found) else 0


@app.command()
def certify(
    slug: Annotated[str | None, typer.Argument(help="A statement's slug; `list` shows them.")] = None,
    joint: Annotated[str | None, typer.Option(help="A joint written by Joint.save.")] = None,
    k: Annotated[int | None, typer.Option(help="Encoder dimension.")] = None,
    out: Annotated[str | None, typer.Option(help="Write the certificate here, as JSON.")] = None,
    check: Annotated[str | None, typer.Option(help="Prove a certificate again, from the file alone.")] = None,
    theorem: Annotated[
        str | None, typer.Option(help="A Python file that defines the Theorem, where it is not in the registry.")
    ] = None,
) -> int:
    """Prove a theorem's verdict on a saved joint, or prove a certificate again.

    Exit code: 0 where the statement is proven to hold, 1 to be violated, 3 where neither is proven.  With --check, 0
    where the certificate is confirmed, whatever its verdict, and 3 where it is not.
    """
    if check is not None:
        if (slug, joint, k, out) != (None,) * 4:
            raise ValueError("--check: the certificate tells the statement, the joint and k; give --theorem at most")
        return _check_certificate(check, theorem)
    if slug is None or joint is None or k is None:
        raise ValueError("certify: a slug, --joint and --k are needed, or --check and a certificate")
    from ..certification.certify import certify as prove
    from ..joints.joint import Joint

    certificate = prove(_statement(slug, theorem), Joint.load(joint), k)
    print(certificate)
    if out is not None:
        certificate.save(out)
        print(f"certificate: {out}")
    return {HOLDS: 0, VIOLATED: 1}.get(certificate.verdict, 3)


def _check_certificate(path: str, theorem: str | None) -> int:
    """Whether a certificate is confirmed; what is wrong with it, line by line."""
    from ..certification.certificate import Certificate

    try:
        certificate = Certificate.load(path)
    except ValueError as error:
        print(f"not confirmed: {error}")
        return 3
    wrong = certificate.check(None if theorem is None else _statement(certificate.theorem, theorem))
    print(certificate)
    for line in wrong:
        print(f"not confirmed: {line}")
    if not wrong:
        print("confirmed")
    return 3 if wrong else 0


def _statement(slug: str, path: str | None) -> "Theorem":
    """The theorem of this slug, in the registry or in a user's Python file."""
    from ..theory.registry import select

    if path is None:
        return select(slug)[0]
    if not path.endswith(".py"):
        raise ValueError(f"--theorem: the name of a Python file is needed, got {path!r}")
    found = {theorem.slug: theorem for theorem in _theorems([path])}
    if slug not in found:
        raise ValueError(f"--theorem: {path!r} defines no {slug!r}; it defines {', '.join(found)}")
    return found[slug]


@app.command(name="list")
def list_theorems() -> None:
    """List every statement: slug, kind, title, source."""
    from ..reporting.catalogue import print_list
    from ..theory.registry import theorems

    print_list(list(theorems.values()))


@app.command()
def show(slug: Annotated[str, typer.Argument(help="A statement's slug; `list` shows them.")]) -> None:
    """Show one statement: what it says, assumes and rests on."""
    from ..reporting.catalogue import print_theorem
    from ..theory.registry import select

    print_theorem(*select(slug))


def _made(
    data: str | None,
    pairs: str | None,
    path: str | None,
    columns: dict[str, str],
    knobs: list[str],
    count: int,
    key: Any,
) -> list["Joint | World"]:
    """The joints or worlds that the options name: exactly one of --data, --pairs, --joint."""
    from .._checks import integer
    from ..joints.joint import Joint
    from ..worlds import datasets

    if sum(option is not None for option in (data, pairs, path)) != 1:
        raise ValueError("--data, --pairs, --joint: exactly one of them is needed")
    count = integer("--joints", count, 1)
    if data is not None:
        return _worlds(data, knobs, count, key)
    if knobs or count != 1:
        raise ValueError("--set, --joints: only for a world named with --data")
    return [Joint.load(path) if path is not None else datasets.from_file(str(pairs), **columns)]


def _worlds(name: str, knobs: list[str], count: int, key: Any) -> list["Joint | World"]:
    import inspect

    import jax

    from ..worlds import datasets, generators
    from ..worlds import latent as with_augmentations

    worlds: dict[str, Callable[..., Any]] = {
        "emoji": datasets.emoji,
        **generators.BY_NAME,
        **with_augmentations.BY_NAME,
    }
    if name not in worlds:
        raise ValueError(f"--data: must be one of {', '.join(worlds)}, got {name!r}")
    world = worlds[name]
    settings = dict(_setting(knob) for knob in knobs)
    known = [parameter for parameter in inspect.signature(world).parameters if parameter != "key"]
    for setting in settings:
        if setting not in known:
            raise ValueError(f"--set: {name} has no knob {setting!r}; it has {', '.join(known)}")
    if not generators.is_random(world):
        if count != 1:
            raise ValueError(f"--joints: {name} is not random, so there is only 1, got {count}")
        return [world(**settings)]
    keys = [key] if count == 1 else jax.random.split(key, count)
    return [world(**settings, key=one) for one in keys]


def _setting(text: str) -> tuple[str, Any]:
    """A name and a value: JSON where it reads as such (a number, a list, true), else the text itself."""
    import json

    name, equals, value = text.partition("=")
    if not equals or not name:
        raise ValueError(f"--set: name=value is needed, got {text!r}")
    try:
        return name, json.loads(value)
    except json.JSONDecodeError:
        return name, value


def _dimensions(text: str | None, largest: int) -> list[int]:
    """The dimensions asked for, or about five from 1 to the largest, evenly spaced in their logarithm."""
    import numpy as np

    if text is None:
        return sorted({round(float(k)) for k in np.geomspace(1, max(largest, 1), 5)})
    return _whole_numbers("--k", text)


def _whole_numbers(option: str, text: str) -> list[int]:
    try:
        return [int(part) for part in text.split(",")]
    except ValueError as error:
        raise ValueError(f"{option}: whole numbers separated by commas are needed, got {text!r}") from error


def _theorems(names: list[str]) -> list["Theorem"]:
    """Theorems by slug, and those that a user's Python files define."""
    import runpy

    from ..theory.registry import select
    from ..theory.theorem import Theorem

    chosen: list[Theorem] = []
    for name in names:
        if not name.endswith(".py"):
            chosen += select(name)
            continue
        if not os.path.isfile(name):
            raise FileNotFoundError(f"--theorem: there is no file {name!r}")
        try:
            defined = runpy.run_path(name)
        except Exception as error:
            raise ValueError(f"--theorem: {name!r} does not run ({type(error).__name__}: {error})") from error
        found = [value for value in defined.values() if isinstance(value, Theorem)]
        if not found:
            raise ValueError(f"--theorem: {name!r} defines no Theorem")
        chosen += found
    return chosen


def _figures(table: "pd.DataFrame", joints: list["Joint"], stem: str) -> list[Any]:
    """The figures of a verification: gap and spectrum of one joint, or both sides over α and σ for several."""
    import matplotlib

    matplotlib.use("Agg")
    from .. import plotting
    from ..factorization.class_spectrum import class_spectrum

    if len(joints) == 1:
        made = {"gap": lambda: plotting.gap(table)}
        if joints[0].is_dense:
            made["spectrum"] = lambda: plotting.spectrum(class_spectrum(joints[0]))
    else:
        ks = sorted(table.k.dropna().unique())
        made = {
            "alpha": lambda: plotting.against(table, "labeling_error", k=int(ks[len(ks) // 2])),
            "sigma": lambda: plotting.against(table, "sigma_next"),
        }
    paths = []
    for name, draw in made.items():
        try:
            paths += plotting.save(draw(), f"{stem}_{name}.pdf")
        except ValueError as error:  # a table without the theorems that a figure shows
            print(f"no {name} figure: {error}", file=sys.stderr)
    return paths
