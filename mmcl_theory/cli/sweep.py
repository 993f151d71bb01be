"""Define ``mmcl-theory sweep``."""

import dataclasses
import sys
import tomllib
from typing import Annotated, Any, ClassVar

import typer

from .files import Files, ReportFile, TableFile
from .mistakes import naming_options
from .options import grouped
from .theorems import chosen_theorems

# What a file may say, with what it says by default.
_KEYS: dict[str, Any] = {"world": None, "grid": None, "theorems": None, "k": None, "seeds": 1, "store": None}
_SPREAD = ("from", "to", "count")
_SHOWN = 20  # rows that differ; --out writes all

EXAMPLE = """\
An example of FILE:

world = "block"

theorems = ["probe-mmcl", "label-transfer"]

k = [4, 8]

seeds = 3

store = "results/block"

\\[grid]

label_noise = {from = 0.0, to = 0.5, count = 11}

contrast = [0.2, 0.5, 1.0]

pairs = 2000
"""


@dataclasses.dataclass(frozen=True)
class Swept:
    """Hold the options that say what is swept over, and where the rows are kept."""

    panel: ClassVar[str] = "Sweep: FILE or --compare is needed"

    file: Annotated[
        str | None,
        typer.Argument(help="A .toml file with world, grid and k, and possibly theorems, seeds and store; see below."),
    ] = None
    store: Annotated[
        str | None, typer.Option(help="Keep the rows in this folder; by default in the one that the file names.")
    ] = None
    compare: Annotated[
        tuple[str, str] | None,
        typer.Option(metavar="STORE STORE", help="Compare the rows of two stores instead of running a sweep."),
    ] = None


@dataclasses.dataclass(frozen=True)
class Machines:
    """Hold the options that say who makes the cells."""

    panel: ClassVar[str] = "Machines"

    workers: Annotated[int, typer.Option(help="Make cells in so many processes of this machine.")] = 1
    scheduler: Annotated[
        str | None,
        typer.Option(help="Make cells on the dask.distributed cluster whose scheduler has this address."),
    ] = None


@dataclasses.dataclass(frozen=True)
class Results:
    """Hold the options that say what is written to files."""

    panel: ClassVar[str] = "Files"

    out: TableFile = None
    report: ReportFile = None


@grouped
def sweep(swept: Swept, machines: Machines, results: Results) -> int:
    """Check the theorems on every cell of a grid of knobs, for every seed.

    The rows are kept in a folder, a block of cells a file.  The same command
    goes on where an earlier one was stopped, and the rows are the same bit for
    bit whoever makes which block.

    With --compare, two such folders are compared: rows are printed that differ
    in the verdict, or in a side by more than rounding, or that only one has.

    The exit code is 1 where a theorem is violated, 3 where two stores differ,
    otherwise 0.
    """
    files = Files(swept.file)
    files.try_table(results.out)
    files.try_report(results.report, results.out)
    if (swept.file is None) == (swept.compare is None):
        raise ValueError("FILE, --compare: exactly one of them is needed")
    if swept.compare is not None:
        if swept.store is not None or machines != Machines() or results.report is not None:
            raise ValueError("--store, --workers, --scheduler, --report: only for a sweep that FILE describes")
        return _compared(*swept.compare, files, results.out)
    return _run(str(swept.file), swept.store, machines, files, results)


def _run(path: str, store: str | None, machines: Machines, files: Files, results: Results) -> int:
    """Run the sweep of a file, and print its table summed up by theorem."""
    from ..reporting.html import Run
    from ..reporting.runs import report_verdicts
    from ..reporting.terminal import print_verification
    from ..sweeps.run import sweep as run
    from ..tables.partitioned import read_manifest
    from ..theory.registry import select
    from ..theory.verdicts import VIOLATED

    given = _read(path)
    place = f"FILE: {path!r}"
    in_file = given.pop("store")
    folder = in_file if store is None else store
    if not isinstance(folder, str):
        raise ValueError(f"{place}: store: the name of a folder is needed there, or with --store, got {folder!r}")
    if given["theorems"] is not None:
        given["theorems"] = chosen_theorems(given["theorems"], f"{place}: theorems")
    named = {name: f"{place}: {name}" for name in ("world", "grid", "theorems", "k", "seeds")}
    with naming_options(**named, store="--store", workers="--workers", scheduler="--scheduler"):
        table = run(**given, store=folder, workers=machines.workers, scheduler=machines.scheduler)
    files.write_table(table, results.out)
    title = f"{path}: {table['joint'].nunique()} cells"
    told = [f"World, grid, seeds, k and statements have the SHA-256 {read_manifest(folder, 'store')['hash']}."]
    facts = Run(f"Sweep of {title}", sys.argv[1:], random=["each cell, by its values and its seed"])
    theorems = select(given["theorems"])
    files.write_report(results.report, lambda page: report_verdicts(page, table, theorems, facts, told))
    print_verification(table, title)
    failed = table[table.reason.str.startswith("the cell cannot be made")]
    if len(failed):
        of = f"{failed['joint'].nunique()} of {table['joint'].nunique()} cells cannot be made"
        print(f"{of}; the first, number {failed['joint'].iloc[0]}: {failed.reason.iloc[0].partition(' (')[2][:-1]}")
    print(f"store: {folder}")
    files.report()
    return int((table.verdict == VIOLATED).any())


def _compared(first: str, second: str, files: Files, out: str | None) -> int:
    """Print in what two stores differ."""
    from ..tables import differences, read

    with naming_options(path="--compare", first="--compare", second="--compare"):
        found = differences(read(first), read(second))
    files.write_table(found, out)
    if len(found):
        counts = ", ".join(f"{count} {what}" for what, count in found.difference.value_counts().items())
        print(found.head(_SHOWN).to_string(index=False, na_rep="–"))
        print(f"{len(found)} rows differ ({counts})")
    else:
        print("no row differs")
    files.report()
    return 3 if len(found) else 0


def _read(path: str) -> dict[str, Any]:
    """Read the arguments of a sweep from a file.

    Raises
    ------
    ValueError
        If it is no TOML, or lacks a key or has one too many: the message names the file and the key.
    """
    from .._archive import existing_file, refusing

    existing_file("FILE", path)
    with refusing("FILE", path, "cannot be read as TOML"), open(path, "rb") as file:
        given = tomllib.load(file)
    for key in given:
        if key not in _KEYS:
            raise ValueError(f"FILE: {path!r}: there is no key {key!r}; there are {', '.join(_KEYS)}")
    for key in ("world", "grid"):
        if key not in given:
            raise ValueError(f"FILE: {path!r}: the key {key!r} is needed")
    if not isinstance(given["world"], str):
        raise ValueError(f"FILE: {path!r}: world: the name of a world is needed, got {given['world']!r}")
    theorems = given.get("theorems", [])
    given["theorems"] = [theorems] if isinstance(theorems, str) else theorems or None
    if not all(isinstance(one, str) for one in given["theorems"] or []):
        raise ValueError(f"FILE: {path!r}: theorems: slugs or files are needed, got {theorems!r}")
    if isinstance(given["grid"], dict):
        given["grid"] = {knob: _spread(path, knob, values) for knob, values in given["grid"].items()}
    return _KEYS | given


def _spread(path: str, knob: str, values: Any) -> Any:
    """Spread ``count`` values evenly from one number to another, where a file says so."""
    if not isinstance(values, dict):
        return values
    import numpy as np

    from .._checks import integer, real

    place = f"FILE: {path!r}: grid: {knob}"
    if set(values) != set(_SPREAD):
        raise ValueError(f"{place}: a list, or {', '.join(_SPREAD)}, is needed, got {', '.join(values) or 'nothing'}")
    low, high = (real(f"{place}: {end}", values[end], -1e300, 1e300) for end in _SPREAD[:2])
    return np.linspace(low, high, integer(f"{place}: count", values["count"], 1, 10**6))
