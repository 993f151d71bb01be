"""Load the arithmetic of proofs, which needs python-flint, only when something is proven."""

from typing import Any


def proof_module() -> Any:
    """Load ``certification.proof``.

    Raises
    ------
    ValueError
        If python-flint, without which everything else works, is not installed.
    """
    try:
        import flint  # noqa: F401 - said here in words, before the modules that need it are imported
    except ImportError as error:
        raise ValueError("certify needs python-flint: pip install 'mmcl-theory[certify]'") from error
    from . import proof

    return proof
