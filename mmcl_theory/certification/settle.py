"""Settle by proof what rounding leaves open in the verification of a small instance."""

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ..joints.instance import Instance
from ..theory.theorem import Theorem
from ..theory.verdicts import AGREES, EXCEEDED, HOLDS, VIOLATED
from .arithmetic.exact import ExactInstance
from .certificate import Certificate, certify_exact
from .optional import proof_module

if TYPE_CHECKING:
    import pandas as pd

SETTLED = "certified: "  # how the reason of a verdict begins that was proven
_LARGEST = 8  # images, or texts, of which a proof takes a second as a rule
_SECONDS = 10.0  # for all that one table leaves open, before the last proof is begun


def settled(table: "pd.DataFrame", instance: Instance, theorems: Iterable[Theorem]) -> "pd.DataFrame":
    """Replace the verdict on each bound whose sides agree within rounding by the proven one.

    Nothing is replaced where the instance has more than 8 images or texts, where python-flint is not installed, and
    where no precision decides or time runs out.

    Parameters
    ----------
    table
        From ``verify``, of this instance alone.
    instance
        What it is about.
    theorems
        Those of the table.

    Returns
    -------
    pandas.DataFrame
        The table, in which the reason of a proven verdict begins with "certified".

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> joint, chosen = mt.generators.isotropic_noise(4, 0.25), [mt.theorems["label-transfer-classes"]]
    >>> table = mt.verify(joint, 1, chosen)
    >>> table.verdict[0], settled(table, mt.Instance(joint), chosen)[["verdict", "reason"]].iloc[0].tolist()
    ('agrees', ['holds', 'certified: the sides are equal, exactly'])
    """
    proofs = proven(table[table.verdict == AGREES], instance, theorems)
    table = table.copy() if proofs else table
    for place, proof in proofs.items():
        table.loc[place, ["verdict", "reason"]] = [proof.verdict, SETTLED + proof.reason]
    return table


def proven(rows: "pd.DataFrame", instance: Instance, theorems: Iterable[Theorem]) -> dict[Any, Certificate]:
    """Prove what rows of a verification say of a small instance; return the certificates that decide, by their index.

    There is none where ``settled`` would replace nothing.
    """
    found: dict[Any, Certificate] = {}
    if rows.empty or max(instance.joint.law.shape) > _LARGEST:
        return found
    try:
        proof_module()
        exact = ExactInstance.of(instance)
    except ValueError:  # python-flint is missing, or the numbers are too long
        return found
    by_slug, end = {theorem.slug: theorem for theorem in theorems}, time.monotonic() + _SECONDS
    for place, row in rows.iterrows():
        left = end - time.monotonic()
        if left <= 0:
            break
        try:
            proof = certify_exact(by_slug[row.theorem], exact, 1 if row.isna().k else int(row.k), left)
        except (TimeoutError, ValueError, TypeError):  # a formula that is not one of balls
            continue
        if proof.verdict in (HOLDS, VIOLATED, EXCEEDED):
            found[place] = proof
    return found
