"""Compute the moments of the spectral measure of labels, and how often labels differ along a walk, by products alone.

A text walk goes from an image to one of its texts, and from there to an image of that text; a half step leads to the
other side.  With B = [[0, A], [Aᵀ, 0]] the block s_m = T_m(B)Y lies on the side of the images for even m and of the
texts for odd m, needs m products with A or Aᵀ, and the Chebyshev moments of μ = Σ_j‖u_jᵀY‖² δ_{σ_j²} are
∫T_m(2x−1) dμ = ⟨Y, T_{2m}(B)Y⟩ = 2‖s_m‖² − ‖Y‖².
"""

from functools import partial
from typing import Any

from jaxtyping import Float

from .._arrays import Array, program, xp
from ..factorization.operators.operator import Operator
from ..joints.joint import Joint
from ..joints.pairs import PairGraph


@partial(program, static_argnames="steps")
def walk_moments(operator: Operator, start: Any, steps: int) -> Float[Array, " steps+1"]:
    """Compute ν_m = ∫T_m(2x−1) dμ, m = 0 … steps, of the measure μ of a block of columns on the squares of A's values.

    Parameters
    ----------
    operator
        A, of any kind, also on a mesh of devices.
    start
        The block, Y or another one, shape (n_V, r).
    steps
        At least 1.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> from mmcl_theory.factorization.operators.choose import operator_of
    >>> joint = mt.generators.isotropic_noise(4, 0.25)
    >>> walk_moments(operator_of(joint.normalized_law), joint.image_label_matrix, 2).round(6).tolist()
    [1.0, 0.34375, -0.476562]
    """
    times, transpose_times = operator.times, operator.transpose_times  # looked up once, which takes Equinox a while
    even = operator.to_internal(start)
    odd = transpose_times(even)

    def step(carry: tuple[Any, Any], _: None) -> tuple[tuple[Any, Any], Array]:
        """Take two half steps and return the squared norms of both blocks."""
        even, odd = carry
        even = 2 * times(odd) - even
        odd = 2 * transpose_times(even) - odd
        return (even, odd), xp.stack([xp.sum(even**2), xp.sum(odd**2)])

    first = xp.stack([xp.sum(even**2), xp.sum(odd**2)])
    _, others = xp.scan(step, (even, odd), max(1, steps // 2))
    squares = xp.concatenate([first, others.ravel()])[: steps + 1]
    return xp.concatenate([first[:1], 2 * squares[1:] - first[0]])


def pair_moments(matrix: Float[Array, "n n"], start: Float[Array, "n r"], steps: int) -> Float[Array, " steps+1"]:
    """Compute ∫T_m(2x−1) dμ, m = 0 … steps, of the measure of a block on the eigenvalues of a symmetric matrix S.

    Eigenvalues below 0 are outside of what the moments are meant for, and then these may be very large.
    """

    def shifted(block: Array) -> Array:
        """Multiply by 2S − 1."""
        return 2 * (matrix @ block) - block

    def step(carry: tuple[Array, Array], _: None) -> tuple[tuple[Array, Array], Array]:
        """Take a step and return ‖t_m‖² and ⟨t_{m+1}, t_m⟩."""
        now, after = carry
        return (after, 2 * shifted(after) - now), xp.stack([xp.sum(now**2), xp.sum(now * after)])

    _, products = xp.scan(step, (start, shifted(start)), steps // 2 + 1)
    total, first = products[0]
    moments = 2 * products[1:] - xp.stack([total, first])
    return xp.concatenate([products[0], moments.ravel()])[: steps + 1]


def spectral_measure(
    vectors: Float[Array, "n p"], atoms: Float[Array, " p"], start: Float[Array, "n r"]
) -> tuple[Float[Array, " p+1"], Float[Array, " p+1"]]:
    """Compute the measure of a block: its atoms, and last 0, with the squares of its parts on orthonormal vectors.

    What these leave has its square at 0: beyond the rank.  Sums of squares, so that a mass of 0 is one of 1e-32.
    """
    parts = vectors.T @ start
    inside = vectors @ parts
    rest = start - inside
    return xp.append(atoms, 0), xp.append(xp.sum(parts**2, axis=1), xp.sum(rest**2))


def centred(block: Float[Array, "n r"], marginal: Float[Array, " n"]) -> Float[Array, "n r"]:
    """Subtract from a block its projection on √p, so that no mass of its measure lies at 1 that every encoder has."""
    root = xp.sqrt(marginal)
    return block - root[:, None] * (root @ block)


def unanswered(joint: Joint) -> Float[Array, "n_V r"]:
    """Compute Y − AW, what the zero-shot head of encoders of full dimension leaves of the labels."""
    return joint.image_label_matrix - joint.normalized_law @ joint.text_label_matrix


def walk_errors(joint: Joint, steps: int) -> Float[Array, " steps+1"]:
    """Compute α^{(m)}, m = 0 … steps, the probability that the label differs after m steps of a text walk from p_V.

    Two walks of m half steps that end where both meet are one walk of m steps: with f_m(z, i) the probability that m
    half steps from z lead to the class i, α^{(m)} is the mean of Σ_{i≠j} f_m(z,i) f_m(z,j).  Sums of non-negative
    terms, so they keep their relative accuracy when they are small.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> joint = mt.generators.isotropic_noise(3, 0.3)
    >>> alphas = walk_errors(joint, 2)
    >>> alphas[0].item(), bool(abs(alphas[1] - joint.text_induced_error) < 1e-15)
    (0.0, True)
    """
    law, images, texts = joint.law, joint.image_marginal, joint.text_marginal
    classes = xp.one_hot(joint.image_labels, joint.n_classes, dtype=images.dtype)

    def apart(block: Array, marginal: Array) -> Array:
        """Return the probability that two independent draws of a class differ."""
        return xp.sum(marginal[:, None] * block * (block @ (1.0 - xp.eye(block.shape[1], dtype=block.dtype))))

    def step(block: Array, _: None) -> tuple[Array, Array]:
        """Take two half steps."""
        at_texts = (law.T @ block) / texts[:, None]
        at_images = (law @ at_texts) / images[:, None]
        return at_images, xp.stack([apart(block, images), apart(at_texts, texts)])

    _, errors = xp.scan(step, classes, steps // 2 + 1)
    return errors.ravel()[: steps + 1]


def pair_errors(graph: PairGraph, steps: int) -> Float[Array, " steps+1"]:
    """Compute the same of a walk on a symmetric graph of pairs: α_A^{(m)}, m = 0 … steps."""
    marginal = graph.marginal
    classes: Any = xp.one_hot(graph.labels, graph.n_classes, dtype=marginal.dtype)
    others = 1.0 - xp.eye(graph.n_classes, dtype=marginal.dtype)

    def step(now: Array, _: None) -> tuple[Array, Array]:
        """Take a step, and return the errors of twice as many and of one more."""
        after = (graph.matrix @ now) / marginal[:, None]
        apart = marginal[:, None] * (now @ others)
        return after, xp.stack([xp.sum(apart * now), xp.sum(apart * after)])

    _, errors = xp.scan(step, classes, steps // 2 + 1)
    return errors.ravel()[: steps + 1]
