"""Start processes as forks of one that has imported the package, which takes a hundredth of a start of Python.

That process has not begun to use JAX, and has no threads of it: its forks may fork in turn, and be killed.
"""

import multiprocessing
import os
import signal
import sys
from concurrent.futures import ProcessPoolExecutor

FORKS = multiprocessing.get_context("forkserver")
IMPORTED = (
    *("pytest", "pandas", "pyarrow.parquet", "scipy.linalg", "scipy.sparse.linalg", "matplotlib.pyplot"),
    *("mmcl_theory.cli.commands", "mmcl_theory.verification.verify", "mmcl_theory.falsification.falsify"),
    *("mmcl_theory.certification.certify", "mmcl_theory.sweeps.run", "distributed"),
)
FORKS.set_forkserver_preload(list(IMPORTED))


def found_by(work, *given):
    """Return what a function returns in a process of its own."""
    with ProcessPoolExecutor(1, FORKS) as pool:
        return pool.submit(work, *given).result()


def started(folder, *arguments, out="out"):
    """Start the command in a folder, with the file to which it prints, and ``err``; nobody reads where that is None.

    A test that fails leaves none behind: it ends with this process.
    """
    process = FORKS.Process(target=_run, args=(folder, arguments, out), daemon=True)
    process.start()
    return process


def _run(folder, arguments, out):
    """Run the command; once ``err`` is there, an interrupt reaches it."""
    from mmcl_theory.cli.app import main

    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(folder)
    unread, nobody_reads = os.pipe()
    os.close(unread)
    for stream, name in ((1, out), (2, "err")):
        os.dup2(nobody_reads if name is None else os.open(name, os.O_WRONLY | os.O_CREAT), stream)
    sys.stdout, sys.stderr = (os.fdopen(stream, "w", buffering=1) for stream in (1, 2))
    sys.argv = ["mmcl-theory", *map(str, arguments)]
    main()
