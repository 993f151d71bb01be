"""Load the arithmetic of proofs, which needs python-flint, only when something is proven."""

from typing import Any

from .. import _checks


def proof_module() -> Any:
    """Load ``certification.proof``.

    Raises
    ------
    ValueError
        If python-flint, without which everything else works, is not installed.
    """
    _checks.installed("certify", "flint")  # said in words, before the modules that need it are imported
    from . import proof

    return proof
