"""Decompose Laplacians of graphs of pairs, each against the masses of the images.

The Laplacian of pairs is L = diag(Σ_x' P(x,x')) − P(x,x'); fᵀLf = ½ Σ P(x,x')(f(x) − f(x'))².  The eigenvalues of the
pencil (L, D), D the masses, are those of D^{-1/2} L D^{-1/2}.
"""

import equinox as eqx
from jaxtyping import Float

from .. import probes
from .._arrays import Array, xp
from ..factorization.dense import InTurn, eigh
from ..factorization.operators import choose
from ..joints.instance import Instance
from ..joints.joint import Joint
from ..joints.pairs import PairGraph

# Beyond so many images the graph of text-induced pairs takes more memory, and its spectrum longer, than A itself does.
IMAGES_LIMIT = 4096

# What 1 − σ² is raised to: below, it is rounding (see ``unexplained_energy``).
_LEAST_GAP = 2.0**-50


class Pencils(eqx.Module):
    """Hold eigenvalues of Laplacians, in ascending order.

    Attributes
    ----------
    within
        Of the text-induced pairs of one class, against p_V.
    within_augmentation
        Of the augmentation pairs of one class, against their own marginal; None without such pairs.
    order
        Of text-induced pairs less that of augmentation pairs, against p_V; None without such pairs.
    """

    within: Float[Array, " n_V"]
    within_augmentation: Float[Array, " n_V"] | None
    order: Float[Array, " n_V"] | None


def pencils(instance: Instance, turn: InTurn) -> Pencils | None:
    """Decompose the Laplacians of an instance; None where the joint is not dense, or of too many images."""
    joint, augmentation = instance.joint, instance.augmentation
    if not choose.is_traceable(joint.law) or joint.n_images > IMAGES_LIMIT:
        return None
    induced = joint.text_induced()
    p = joint.image_marginal
    augmented = order = None
    within = _ascending(within_classes(induced), p, turn)
    if augmentation is not None:
        augmented = _ascending(within_classes(augmentation), augmentation.marginal, turn)
        order = _ascending(_laplacian(induced.matrix) - _laplacian(augmentation.matrix), p, turn)
    return Pencils(within, augmented, order)


def within_classes(graph: PairGraph) -> Float[Array, "n n"]:
    """Return the Laplacian of the pairs of one class."""
    same = graph.labels[:, None] == graph.labels[None, :]
    return _laplacian(xp.where(same, graph.matrix, 0))


def _laplacian(pairs: Float[Array, "n n"]) -> Float[Array, "n n"]:
    """Subtract pairs from the diagonal matrix of their marginal."""
    return xp.diag(xp.sum(pairs, axis=1)) - pairs


def _ascending(laplacian: Float[Array, "n n"], masses: Float[Array, " n"], turn: InTurn) -> Float[Array, " n"]:
    """Compute the eigenvalues against masses."""
    roots = xp.sqrt(masses)
    _, diagonal = turn(eigh, laplacian / roots[:, None] / roots[None, :])
    return xp.diagonal(diagonal)[::-1]


def unexplained_energy(
    joint: Joint, left: Float[Array, "n_V p"], sigma: Float[Array, " p"], basis: Float[Array, "n_V q"], turn: InTurn
) -> Float[Array, ""]:
    """Compute the least of gᵀ(I−AAᵀ)g/‖g − Πg‖², Π the projector on a basis whose span contains √p_V.

    It is 1 over the largest eigenvalue of (I−Π)(I−AAᵀ)⁺(I−Π), which is at least 1 unless Π = I; 1 is returned there.
    A function that costs nothing, and that Π leaves something of, makes that eigenvalue infinite: 1 − σ_j² is raised to
    a multiple of rounding.  Where Π leaves rounding of it only, what that contributes is its square, so it is harmless.
    """
    weights = 1 / xp.maximum(1 - sigma**2, _LEAST_GAP)
    rest = left - probes.projection(basis, left)
    rest = rest - probes.projection(basis, rest)
    outside = xp.eye(joint.n_images) - basis @ basis.T
    _, diagonal = turn(eigh, outside + (rest * (weights - 1)) @ rest.T)
    return 1 / xp.maximum(xp.diagonal(diagonal)[0], 1)
