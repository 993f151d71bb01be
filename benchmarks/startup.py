"""Measure how long a process takes to start with the package, beside one that only imports JAX.

python -m benchmarks.startup
"""

import statistics
import subprocess
import sys
import time

WORKS = {
    "import jax": ["-c", "import jax"],
    "import mmcl_theory": ["-c", "import mmcl_theory"],
    "import mmcl_theory, and use it": ["-c", "import mmcl_theory as mt; mt.Joint, mt.theorems, mt.verify"],
    "mmcl-theory --help": ["-m", "mmcl_theory", "--help"],
}


def main(rounds: int = 7) -> None:
    """Print the table."""
    taken: dict[str, list[float]] = {name: [] for name in WORKS}
    for _ in range(rounds):
        for name, arguments in WORKS.items():
            start = time.perf_counter()
            subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
            taken[name].append(time.perf_counter() - start)
    print("| | over `import jax` | median | range |\n|---|---|---|---|")
    for name, times in taken.items():
        ratio = statistics.median(t / b for t, b in zip(times, taken["import jax"], strict=True))
        print(f"| `{name}` | {ratio:.2f} | {statistics.median(times):.2f} s | {min(times):.2f}–{max(times):.2f} s |")


if __name__ == "__main__":
    main()
