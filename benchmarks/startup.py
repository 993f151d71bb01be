"""Measure how long a process takes to start with the package, and the first and the second process of its commands.

python -m benchmarks.startup

The second process of a command reads the programs that the first one compiled from the cache folder.  ``verify`` stands
beside ``benchmarks/plain.py``, which makes the same decomposition with NumPy.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import scipy.sparse

import mmcl_theory as mt

from . import plain
from .instances import law_of_pairs

ROOT = Path(__file__).parents[1]
N_PAIRS = 10_000

IMPORTS = {
    "import jax": ["-c", "import jax"],
    "import mmcl_theory": ["-c", "import mmcl_theory"],
    "import mmcl_theory, and use it": ["-c", "import mmcl_theory as mt; mt.Joint, mt.theorems, mt.verify"],
    "mmcl-theory --help": ["-m", "mmcl_theory", "--help"],
}
KS = "50,100,200,400,800"
# The library itself keeps no programs, so this asks JAX to.
FACTORIZE = """
import os
os.environ |= {"JAX_COMPILATION_CACHE_DIR": "cache of c1", "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0"}
import numpy as np, scipy.sparse, mmcl_theory as mt
law = scipy.sparse.load_npz("c1.npz")
mt.factorize(mt.Joint(law, np.zeros(law.shape[0], int)), 20)
"""


def main(rounds: int = 7) -> None:
    """Print both tables."""
    taken: dict[str, list[float]] = {name: [] for name in IMPORTS}
    for _ in range(rounds):
        for name, arguments in IMPORTS.items():
            taken[name].append(seconds(arguments, os.environ, "."))
    print("| | over `import jax` | median | range |\n|---|---|---|---|")
    for name, times in taken.items():
        ratio = statistics.median(t / b for t, b in zip(times, taken["import jax"], strict=True))
        print(f"| `{name}` | {ratio:.2f} | {statistics.median(times):.2f} s | {min(times):.2f}–{max(times):.2f} s |")
    print("\n| | first process | second process |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        write_inputs(Path(folder))
        for number, (name, arguments) in enumerate(commands().items()):
            environment = os.environ | {"MMCL_THEORY_CACHE": f"cache {number}", "PYTHONPATH": str(ROOT)}
            environment.pop("JAX_COMPILATION_CACHE_DIR", None)
            first, second = (seconds(arguments, environment, folder) for _ in range(2))
            print(f"| {name} | {first:.1f} s | {second:.1f} s |")


def commands() -> dict[str, list[str]]:
    """Return the arguments of Python for each command, by its name in the table."""
    verify = ["-m", "mmcl_theory", "verify", "--data", "emoji", "--k", KS]
    five = [argument for slug in plain.BOUNDS for argument in ("--theorem", slug)]
    return {
        "NumPy alone: one SVD of emoji, five bounds": ["-m", "benchmarks.plain", "emoji.npz", *KS.split(",")],
        "`verify --data emoji`, the same five bounds": [*verify, *five],
        "`verify --data emoji`, all theorems": verify,
        "`verify --pairs`, 10,000 pairs": ["-m", "mmcl_theory", "verify", "--pairs", "pairs.csv"],
        "`factorize` of c1, k = 20": ["-c", FACTORIZE],
        "`falsify probe-mmcl`": ["-m", "mmcl_theory", "falsify", "probe-mmcl"],
    }


def write_inputs(folder: Path) -> None:
    """Write what the commands read."""
    joint = mt.datasets.emoji()
    labels = {"image_labels": joint.image_labels, "text_labels": joint.text_labels}
    np.savez(folder / "emoji.npz", matrix=joint.matrix, **labels)
    scipy.sparse.save_npz(folder / "c1.npz", law_of_pairs(100_000, 2_000_000, 20))
    rng = np.random.default_rng(0)
    classes = rng.integers(10, size=N_PAIRS)
    images, texts = (200 * classes + rng.integers(200, size=N_PAIRS) for _ in range(2))
    lines = (f"{image},{text},{label}" for image, text, label in zip(images, texts, classes, strict=True))
    (folder / "pairs.csv").write_text("\n".join(["image,text,label", *lines]))


def seconds(arguments: list[str], environment: dict[str, str], folder: str) -> float:
    """Run Python in a folder, and return how long it took."""
    start = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL, env=environment, cwd=folder)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
