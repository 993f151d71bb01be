"""Draw pairs independently, some millions at a time, and count them as they come; draw text walks on pairs."""

import math
from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import scipy
from jaxtyping import Float, PRNGKeyArray

from .._arrays import Array
from .._progress import progress_bar

AT_ONCE = 2**24  # draws, of 8 bytes each and a few copies
STEPS = 2**20  # of a table of sums, at most: no more than a cache holds


def draw_cells(masses: Float[Array, "*cells"], n_draws: int, key: PRNGKeyArray) -> np.ndarray:
    """Count how often each cell comes in ``n_draws`` independent draws in proportion to the masses; as a vector."""
    counts = np.zeros(masses.size, dtype=np.int64)
    for size, part in _parts(n_draws, key):
        draws = np.sort(np.asarray(jax.random.uniform(part, (size,))))
        counts += np.diff(last_draws(np.asarray(masses), draws), prepend=0)
    return counts


def last_draws(masses: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """Count, for each cell, the draws that fall in it or in one before it; the draws are sorted numbers in [0, 1)."""
    ends = np.cumsum(masses)
    # A draw falls in the first cell whose cumulative mass exceeds it, so never in a cell of zero mass.
    return np.searchsorted(draws * ends[-1], ends, side="left")


def draw_pairs(
    natural_law: Float[Array, " m"],
    image_channel: Float[Array, "m n_V"],
    text_channel: Float[Array, "m n_L"],
    n_draws: int,
    key: PRNGKeyArray,
) -> "scipy.sparse.csr_array":
    """Count independent pairs: draw natural samples, and then an image and a text for each."""
    masses, channels = jnp.asarray(natural_law), (np.asarray(image_channel), np.asarray(text_channel))
    shape = (channels[0].shape[1], channels[1].shape[1])
    counts: list[Any] = []
    for size, part in _parts(n_draws, key):
        natural, image, text = jax.random.split(part, 3)
        given = np.repeat(np.arange(masses.size), draw_cells(masses, size, natural))
        images = _conditional(channels[0], given, image)
        texts = _conditional(channels[1], given, text)
        ones = np.ones(size, dtype=np.int64)
        counts.append(scipy.sparse.coo_array((ones, (images, texts)), shape=shape).tocsr())
        # Sums of about equally many draws, so that each pair is added up a few times only.
        while len(counts) > 1 and counts[-2].sum() <= counts[-1].sum():
            counts.append(counts.pop() + counts.pop())
    return sum(counts[1:], counts[0])


def _conditional(channel: np.ndarray, given: np.ndarray, key: PRNGKeyArray) -> np.ndarray:
    """Draw from row given[i] of the channel for each i; ``given`` is in order."""
    draws = np.asarray(jax.random.uniform(key, given.shape))
    ends = np.searchsorted(given, np.arange(len(channel) + 1))
    drawn = np.empty(given.shape, dtype=np.int64)
    for row, (start, end) in enumerate(pairwise(ends)):
        cumulative = np.cumsum(channel[row])
        drawn[start:end] = np.searchsorted(cumulative, draws[start:end] * cumulative[-1], side="right")
    return drawn


def draw_walks(pairs: Any, labels: np.ndarray, steps: int, n_walks: int, key: PRNGKeyArray) -> Iterator[np.ndarray]:
    """Draw text walks on pairs with masses, a SciPy sparse matrix, and tell after each step which are in their class.

    A step goes from an image to one of its texts and to an image of that text, in proportion to the masses; the class
    of a walk is that of the image at which it starts.
    """
    cells = pairs.tocoo()
    to_texts, to_images = _Turn.of(cells.row, cells.col, cells.data), _Turn.of(cells.col, cells.row, cells.data)
    uniform = _uniform(jax.random.split(key, 2 * steps + 1), n_walks)
    images = to_texts.own[np.minimum(to_texts.places(next(uniform) * to_texts.sums[-1]), len(to_texts.own) - 1)]
    own = labels[images]
    for _ in range(steps):
        texts = to_texts.draw(images, next(uniform))
        images = to_images.draw(texts, next(uniform))
        yield labels[images] == own


class _Turn(NamedTuple):
    """Hold the pairs in the order of one side, with the running sums of their masses, to draw the other side.

    ``early`` has for each of many equal steps up to the total the pair in which a sum one step lower falls.
    """

    own: np.ndarray
    other: np.ndarray
    sums: np.ndarray
    firsts: np.ndarray
    early: np.ndarray

    @staticmethod
    def of(own: np.ndarray, other: np.ndarray, values: np.ndarray) -> "_Turn":
        """Sort the pairs."""
        order = np.argsort(own, kind="stable")
        sums = np.concatenate([[0.0], np.cumsum(values[order])])
        n_steps = min(32 * len(own), STEPS)
        early = np.searchsorted(sums[1:], np.arange(-1, n_steps - 1) / n_steps * sums[-1], "right")
        return _Turn(own[order], other[order], sums, np.searchsorted(own[order], np.arange(own.max() + 2)), early)

    def places(self, sums: np.ndarray) -> np.ndarray:
        """Find the pair in which each sum falls; most are found without a search, which takes ten times as long."""
        steps = (sums * (len(self.early) / self.sums[-1])).astype(np.intp)
        place = self.early[np.minimum(steps, len(self.early) - 1)]
        later = np.flatnonzero(self.sums[place + 1] <= sums)
        place[later] = np.searchsorted(self.sums[1:], sums[later], "right")
        return place

    def draw(self, items: np.ndarray, uniform: np.ndarray) -> np.ndarray:
        """Draw for each item one of its partners, by a number in [0, 1) each."""
        first, end = self.firsts[items], self.firsts[items + 1]
        low, high = self.sums[first], self.sums[end]
        return self.other[np.clip(self.places(low + uniform * (high - low)), first, end - 1)]


def _uniform(keys: PRNGKeyArray, size: int) -> Iterator[np.ndarray]:
    """Draw numbers in [0, 1) with each of the keys, with as many of them at once as memory allows."""
    n_keys = max(1, AT_ONCE // size)
    for start in range(0, len(keys), n_keys):
        yield from np.asarray(_rows(keys[start : start + n_keys], size))


@partial(jax.jit, static_argnums=1)
def _rows(keys: PRNGKeyArray, size: int) -> Float[Array, "keys size"]:
    return jax.vmap(lambda key: jax.random.uniform(key, (size,)))(keys)


def _parts(n_draws: int, key: PRNGKeyArray) -> Iterator[tuple[int, PRNGKeyArray]]:
    """Split the draws into parts of ``AT_ONCE``, each with a key of its own; a single part has the key itself."""
    n_parts = math.ceil(n_draws / AT_ONCE)
    keys = [key] if n_parts == 1 else jax.random.split(key, n_parts)
    with progress_bar("Drawing pairs", n_parts) as advance:
        for index, part in enumerate(keys):
            yield min(AT_ONCE, n_draws - index * AT_ONCE), part
            advance()
