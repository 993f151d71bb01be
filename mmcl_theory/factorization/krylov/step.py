"""Take steps of the block Krylov method: multiply a block by p(AᵀA), and remove what the space has of the image.

On a CPU each step is decided upon by the host, and shares its parts with other functions, which compiles faster.  On a
GPU a program takes a few steps, and the host starts the next before it knows what the last has led to: to wait for a
number takes as long as several products.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from ..._arrays import Array
from .. import settings
from ..devices import compiled
from ..operators.operator import Operator, RowBlock
from ..operators.products import columns_of
from .gram_schmidt import orthonormalized, without
from .polynomial import Polynomial, polynomial_image, traced_polynomial_image
from .row_products import coefficients, finite_gram, gram, split_image, subtract


class Space(NamedTuple):
    """Hold what is removed from the image of a block.

    Attributes
    ----------
    locked
        The locked vectors, which are removed first (deflation); then the block itself.
    previous, coupling
        The block before it, and the known components along that; None where there are none.
    basis
        The arrays of the basis.
    """

    locked: list[RowBlock]
    previous: RowBlock | None
    coupling: Float[Array, "b b"] | None
    basis: list[RowBlock]


class Step(NamedTuple):
    """Hold what a step leads to, on the host.

    Attributes
    ----------
    own, norm
        The components along the block itself, and the norm of the image before these were removed, a root mean square
        over the block.
    along, lost
        The components along the basis, those found in several rounds added; the largest that the last round found.
        Where they were not asked for, none and 0.
    gram
        Gram matrix of what is left of the image.
    """

    own: Float[np.ndarray, "b b"]
    norm: float
    along: Float[np.ndarray, "m b"]
    lost: float
    gram: Float[np.ndarray, "b b"]


def take_step(
    operator: Operator, polynomial: Polynomial, rows: RowBlock, space: Space, rounds: int
) -> tuple[RowBlock, Step]:
    """Multiply a block by p(AᵀA), and remove from the image what the space has of it, the basis in so many rounds.

    Return what is left, and the numbers.

    Raises
    ------
    FloatingPointError
        If what is left is not finite.
    """
    block, mesh = len(rows), operator.mesh
    image = polynomial_image(operator, polynomial, columns_of(rows, 0, block))
    rest, own, norm = split_image(rows, image, space.locked, mesh)
    if space.previous is not None:
        rest = subtract(rest, space.previous, space.coupling)
    found = []
    for _ in range(rounds):
        parts = [coefficients(part, rest, mesh) for part in space.basis]
        for part, components in zip(space.basis, parts, strict=True):
            rest = subtract(rest, part, components)
        found.append(parts)
    own, norm, found = jax.device_get((own, norm, found))
    along = [np.concatenate(parts) for parts in found]
    lost = float(np.abs(along[-1]).max()) if along else 0.0
    total = np.sum(along, axis=0) if along else np.zeros((0, block))
    return rest, Step(own, float(norm), total, lost, gram(rest, mesh))


class Growth(NamedTuple):
    """Hold how far steps that follow each other on a GPU have come.

    Attributes
    ----------
    basis, size
        The basis, and how many of its rows are filled.
    rows
        The block after the last, orthonormalized.
    numbers
        For each step ``own``, ``norm`` and ``gram`` of ``Step``; the factor L of what was left of the image, which is L
        times the next block; and whether that block could be orthonormalized by CholeskyQR2.  After the first that
        could not, none of them means anything.
    """

    basis: RowBlock
    size: Any
    rows: RowBlock
    numbers: Sequence[Float[Array, "steps ..."]]


def take_steps(
    operator: Operator, polynomial: Polynomial, growth: Growth, locked: list[RowBlock], blocks: int
) -> tuple[Growth, list[Step], list[np.ndarray]]:
    """Append a block to a basis, take a step, and go on with the block that it leads to.

    The basis is empty or ends with the block before; there is room for ``blocks``, a multiple of
    ``settings.GPU_STEPS``.  Its buffer is donated.

    Returns
    -------
    Where the steps came to; the numbers of each step, up to one that leads to a deficient block; and the factors L.

    Raises
    ------
    FloatingPointError
        If what is left of an image is not finite.
    """
    parts = []
    for _ in range(blocks // settings.GPU_STEPS):
        growth = _steps_in_one_program(operator, polynomial.degree, polynomial[1:], growth._replace(numbers=[]), locked)
        parts.append(growth.numbers)
    own, norm, gram, factors, sound = map(np.concatenate, zip(*jax.device_get(parts), strict=True))
    count = int(np.argmin(np.append(sound, False)))
    nothing = np.zeros((0, len(growth.rows)))
    if count < blocks:
        finite_gram(gram[count], growth.rows.dtype)
    steps = [Step(own[i].astype(float), float(norm[i]), nothing, 0.0, gram[i].astype(float)) for i in range(count)]
    return growth, steps, list(factors[:count].astype(float))


@partial(compiled, static_argnums=1, donate_argnums=3)
def _steps_in_one_program(
    operator: Operator, degree: int, place: tuple[float, float], start: Growth, locked: list[RowBlock]
) -> Growth:
    """Take ``settings.GPU_STEPS`` steps; all loops have a known length, so that the host is not asked."""
    polynomial, steps = Polynomial(degree, *place), settings.GPU_STEPS
    block, dtype = len(start.rows), start.rows.dtype
    square = jnp.zeros((steps, block, block), dtype)
    numbers = [square, square[:, 0, 0], square, square, jnp.zeros(steps, bool)]

    def step(number: Array, growth: Growth) -> Growth:
        basis, size, rows, numbers = growth
        basis = jax.lax.dynamic_update_slice_in_dim(basis, rows, size, 0)
        rest = traced_polynomial_image(operator, polynomial, rows.T).T
        for part in locked:
            rest, _ = without(rest, part, 0, len(part), len(part))
        # First what is large: the components along the block before, if there is one, and along the block itself.  They
        # are asked for as many vectors as the basis has, so that both calls share kernels, which compile for long.
        first, end = jnp.maximum(size - block, 0), size + block
        rest, near = without(rest, basis, first, end, len(basis))
        rest, _ = without(rest, basis, 0, end, len(basis))
        following, factor, gram, least = orthonormalized(rest)
        own = jax.lax.dynamic_slice_in_dim(near, size - first, block)
        norm = jnp.sqrt((jnp.sum(near**2) + jnp.trace(gram)) / block)
        sound = least > jnp.finfo(dtype).eps ** settings.CHOLESKY_POWER * norm**2
        found = own, norm, gram, factor, sound
        pairs = zip(map(jnp.asarray, numbers), found, strict=True)
        numbers = [kept.at[number].set(new.astype(kept.dtype)) for kept, new in pairs]
        return Growth(basis, size + block, following, numbers)

    return jax.lax.fori_loop(0, steps, step, start._replace(numbers=numbers))
