"""Test the adversary: it must refute every mutant of every bound with a certificate, or the mutant is known to be true.

    python experiments/mutants.py [FOLDER]

It writes mutants.parquet and the certificates, certificates/MUTANT.json, into FOLDER (by default results/).  It takes
about ten minutes.
"""

import pathlib
import sys
import time
from collections.abc import Iterable

import jax
import pandas as pd

import mmcl_theory as mt
from mmcl_theory.falsification.refute import SIZES, refute

LARGE = (*SIZES, (14, 14, 1, 1))  # conductances approach their bounds only with many images


def examined(mutant: mt.Theorem, folder: pathlib.Path) -> dict:
    """Try to refute a mutant, save the certificate in the folder, and return a row of the table."""
    row = {"mutant": mutant.slug, "true": mutant.proof}
    if mutant.proof:
        return row
    start = time.perf_counter()
    worst = refute(mutant, key=jax.random.key(0), sizes=LARGE if "cheeger" in mutant.slug else SIZES)
    if worst.certified:
        worst.certificate.save(folder / f"{mutant.slug}.json")
    # The compiled programs of a search take some 350 memory maps, of the 65,530 that Linux allows a process, and there
    # are up to four searches for each of 68 mutants.
    jax.clear_caches()
    size = f"{worst.search.n_images} × {worst.search.n_texts}, {worst.search.n_classes} classes, k = {worst.k}"
    return row | {
        "refuted": worst.certified,
        "ratio": worst.ratio,
        "size": size,
        "rounds": worst.rounds,
        "seconds": round(time.perf_counter() - start, 1),
        "certificate": worst.certificate.reason if worst.certified else "",
    }


def main(folder: pathlib.Path, theorems: Iterable[str] = tuple(mt.theorems)) -> None:
    certificates = folder / "certificates"
    certificates.mkdir(parents=True, exist_ok=True)
    rows = []
    for slug in theorems:
        for mutant in mt.mutants(mt.theorems[slug]):
            rows.append(examined(mutant, certificates))
            print({name: value for name, value in rows[-1].items() if value != ""}, flush=True)
    table = pd.DataFrame(rows)
    mt.tables.write(table, folder / "mutants.parquet")
    false = table[table.true == ""]
    print(f"{len(table)} mutants, {len(table) - len(false)} true; {int(false.refuted.sum())} of {len(false)} refuted")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "results"))
