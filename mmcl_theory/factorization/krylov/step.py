"""Take a step of the block Krylov method: multiply a block by p(AᵀA), and remove what the space has of the image.

A GPU has one program do all of it, and send its numbers to the host as one array: it computes faster than programs are
started and waited for.  On a CPU the parts are shared with other functions, which takes less time to compile.
"""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..devices import on_gpu
from ..operators.operator import Operator, RowBlock
from ..operators.products import columns_of
from .polynomial import Polynomial, polynomial_image, traced_polynomial_image
from .row_products import coefficients, finite_gram, gram_on_device, split_image, subtract, transform


class Space(NamedTuple):
    """Hold what is removed from the image of a block.

    Attributes
    ----------
    locked
        The locked vectors, which are removed first (deflation); then the block itself.
    previous, coupling
        The block before it, and the known components along that; None where there are none.
    basis
        The arrays of the basis; empty if ``rounds`` is 0.
    """

    locked: list[RowBlock]
    previous: RowBlock | None
    coupling: Float[np.ndarray, "b b"] | None
    basis: list[RowBlock]


class Step(NamedTuple):
    """Hold what a step leads to.

    Attributes
    ----------
    rest
        What is left of the image.
    following
        On a GPU, ``rest`` orthonormalized, and the factor L of rest = LQ: not numbers where it is deficient.
    own, norm
        The components along the block itself, and the norm of the image before these were removed, a root mean square
        over the block.
    along
        The components along the basis in each round.
    gram
        Gram matrix of ``rest``.
    """

    rest: RowBlock
    following: tuple[RowBlock, Float[np.ndarray, "b b"]] | None
    own: Float[np.ndarray, "b b"]
    norm: float
    along: Float[np.ndarray, "rounds m b"]
    gram: Float[np.ndarray, "b b"]


def take_step(operator: Operator, polynomial: Polynomial, rows: RowBlock, space: Space, rounds: int) -> Step:
    """Multiply a block by p(AᵀA), and remove from the image what the space has of it, the basis in so many rounds.

    Raises
    ------
    FloatingPointError
        If what is left is not finite.
    """
    block = len(rows)
    if on_gpu():
        rest, following, numbers = _step_in_one_program(operator, polynomial, rows, space, rounds)
        numbers = np.asarray(numbers, float)  # waits for all of them at once
        factor, own, gram = numbers[: 3 * block**2].reshape(3, block, block)
        norm, along = numbers[3 * block**2], numbers[3 * block**2 + 1 :]
        orthonormal = following, factor
    else:
        image = polynomial_image(operator, polynomial, columns_of(rows, 0, block))
        rest, *small = _orthogonalized(rows, image, space, rounds, operator.mesh)
        own, norm, parts, gram = jax.device_get(small)
        along, orthonormal = np.concatenate([np.zeros((0, block)), *parts]), None
    along = along.reshape(rounds, sum(len(part) for part in space.basis), block)
    return Step(rest, orthonormal, own, float(norm), along, finite_gram(gram, rows.dtype))


# To try out which algorithm is fastest would take longer than all products, and let rounding differ from run to run.
@partial(jax.jit, static_argnums=4, compiler_options={"xla_gpu_autotune_level": 0})
def _step_in_one_program(
    operator: Operator, polynomial: Polynomial, rows: RowBlock, space: Space, rounds: int
) -> tuple[RowBlock, RowBlock, Float[Array, " numbers"]]:
    """Return what is left, what is left orthonormalized, and L, own, gram, norm and along as one array."""
    image = traced_polynomial_image(operator, polynomial, rows.T)
    rest, own, norm, along, gram = _orthogonalized(rows, image, space, rounds, operator.mesh)
    identity = jnp.eye(len(rest), dtype=rest.dtype)
    following, lower = rest, identity
    for _ in range(2):  # CholeskyQR2, as ``cholesky_qr2``, which asks the host
        factor = jnp.linalg.cholesky(gram_on_device(following, operator.mesh))
        inverse = jax.scipy.linalg.solve_triangular(factor, identity, lower=True)
        following, lower = transform(inverse, following), lower @ factor
    return rest, following, jnp.concatenate([part.ravel() for part in (lower, own, gram, norm, *along)])


def _orthogonalized(
    rows: RowBlock, image: Float[Array, "n b"], space: Space, rounds: int, mesh: Any
) -> tuple[RowBlock, Array, Array, list[Array], Array]:
    """Return what is left of an image, own, norm, the components along each part of the basis in turn, and gram."""
    rest, own, norm = split_image(rows, image, space.locked, mesh)
    if space.previous is not None:
        rest = subtract(rest, space.previous, space.coupling)
    along = []
    for _ in range(rounds):
        parts = [coefficients(part, rest, mesh) for part in space.basis]
        for part, components in zip(space.basis, parts, strict=True):
            rest = subtract(rest, part, components)
        along += parts
    return rest, own, norm, along, gram_on_device(rest, mesh)
