"""Keep the programs that JAX compiles for the commands in the user's cache folder, so that the next process reads them.

What is in the folder changes nothing but speed: JAX compiles what it cannot read.  JAX's own limit on its size needs
another package, so the folder is kept small here.
"""

import os
import sys
import warnings
from contextlib import suppress

VARIABLE = "MMCL_THEORY_CACHE"  # a folder, or "off"
LIMIT = 2**28  # bytes: the programs of about a hundred different shapes of joints


def keep_programs() -> None:
    """Tell JAX, before it is first imported, to keep compiled programs; the user's own settings of JAX come first."""
    own = "JAX_COMPILATION_CACHE_DIR"
    if own in os.environ or os.environ.get(VARIABLE) == "off" or "jax" in sys.modules:
        return
    folder = os.path.abspath(os.environ.get(VARIABLE) or os.path.join(_caches(), "mmcl-theory"))
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)  # programs are executed, so nobody else may write any
        discard_oldest(folder, LIMIT)
    except OSError:
        return
    os.environ[own] = folder
    # To read the smallest program takes 1 ms, and to compile it 10.
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
    ignore_trouble()


def ignore_trouble() -> None:
    """Ignore the warnings of JAX that a program could not be read from the folder, or written into it."""
    warnings.filterwarnings("ignore", message="Error (reading|writing) persistent compilation cache entry")


def discard_oldest(folder: str, limit: int) -> None:
    """Delete the programs that have not been read for longest, until half of a limit in bytes is left, once over it."""
    found = []
    with os.scandir(folder) as entries:
        for entry in entries:
            # Nothing but JAX's files: the user may have named a folder that holds others.
            if entry.name.startswith("jit_") and entry.name.endswith("-cache"):
                with suppress(OSError):  # another process deletes too
                    stat = entry.stat()
                    found.append((stat.st_atime, stat.st_size, entry.path))
    total = sum(size for _, size, _ in found)
    if total <= limit:
        return
    for _, size, path in sorted(found):
        if total <= limit // 2:
            break
        with suppress(OSError):
            os.unlink(path)
        total -= size


def _caches() -> str:
    """Return the folder that holds the user's caches, by the rule of the XDG base directories."""
    return os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
