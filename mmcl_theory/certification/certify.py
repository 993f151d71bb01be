"""Certify theorems on instances: verdicts that rounding cannot overturn."""

from typing import Any

from .. import _checks
from ..joints.instance import Instance
from ..joints.joint import Joint
from ..theory.registry import select
from ..theory.theorem import Theorem
from .arithmetic.exact import ExactInstance
from .certificate import Certificate, certify_exact
from .limits import LARGEST, WIDEST

# What was certified last, whose numbers nobody can change, and these: theorems are proven one after the other on it.
_LAST: list[Any] = [None, None]


def certify(theorem: str | Theorem, joint: Joint | Instance, k: int) -> Certificate:
    """Prove a theorem's verdict on an instance, in exact and ball arithmetic.

    The numbers of the instance are taken to the last bit, a float as the rational number that it is, and its
    distributions are normalized exactly.  The theorem's own formulas are evaluated on enclosures of the quantities,
    at 128 bits and then at twice as many up to 1024, until they decide.  Where everything that a formula reads is
    rational, the arithmetic is exact, so that equality is decided too.

    Parameters
    ----------
    theorem
        A slug or a ``Theorem``.
    joint
        A joint or an instance, of at most 64 images, 64 texts and 128 classes.  What its fractions take in exact
        arithmetic is bounded too: of 64 × 64 floats, one may be 2⁻¹⁷⁰ of another.
    k
        The encoder dimension, 1 … min(n_V, n_L).

    Returns
    -------
    Certificate
        The proof, with one of these verdicts:

        ``holds``
            Proven: every assumption is true, and so is the inequality (also that of a vacuous bound) or the identity.
            For a probable bound: this draw is within it, which proves nothing about its probability.
        ``violated``
            Proven: every assumption is true, and the statement is not.
        ``exceeded``
            Proven for a probable bound: this draw is beyond it, as a share δ of draws may be (see ``failure_rates``).
        ``consistent``
            For an identity: its sides are enclosed and differ by at most 1e-30, which does not prove it.
        ``not applicable``
            Proven: an assumption fails; or the instance lacks what the statement is about; or the statement is of an
            order only.
        ``undecided``
            The largest precision does not decide; the reason says why.

    Raises
    ------
    ValueError, TypeError
        If an argument is out of range or of the wrong type, or python-flint is not installed; the message says which.

    Notes
    -----
    ``verify`` counts as equal what rounding cannot tell apart; here singular values that differ in the 17th digit do
    differ, and encoders whose features are dependent but for rounding are independent.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> proof = mt.certify("probe-text-induced", mt.generators.isotropic_noise(4, 0.25), 1)
    >>> proof.verdict, proof.reason, proof.lhs
    ('holds', 'the sides are equal, exactly', '3/4')
    """
    if not isinstance(theorem, str | Theorem):
        raise TypeError(f"theorem: a slug or a Theorem object is needed, got {theorem!r}")
    (chosen,) = select(theorem)
    instance = Instance.of(joint)
    shape = instance.joint.matrix.shape
    (k,) = _checks.dimensions("k", [k], min(shape))
    if max(shape) > LARGEST:
        raise ValueError(f"joint: at most {LARGEST} images and texts can be certified, got {shape[0]} and {shape[1]}")
    if instance.joint.n_classes > WIDEST:
        raise ValueError(f"joint: at most {WIDEST} classes can be certified, got {instance.joint.n_classes}")
    known, exact = _LAST
    if known is not joint:
        exact = ExactInstance.of(instance)
        _LAST[:] = joint, exact
    return certify_exact(chosen, exact, k)
