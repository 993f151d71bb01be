"""Draw digits whose colour follows their class in training and another class at test, and deform them (huang2024)."""

from colorsys import hsv_to_rgb

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.ndimage import map_coordinates
from jaxtyping import Array, Float, Int, PRNGKeyArray

N_CLASSES = 10  # and as many colours
N_TRAIN = 4000  # of 5,000
# Which hue each class has: partners (2j and 2j + 1) are neighbours in hue, or opposite.
PALETTES = {"near": tuple(range(N_CLASSES)), "far": tuple(c // 2 + N_CLASSES // 2 * (c % 2) for c in range(N_CLASSES))}
ANGLE, SCALE, SHEAR, SHIFT = 0.21, 0.1, 0.14, 0.7  # the largest deformations: radians, shares, and pixels


class Digits(eqx.Module):
    """Hold grey digits with a class and colours; the first ``N_TRAIN`` are for training, the others for the test."""

    images: Float[Array, "n 14 14"]
    classes: Int[Array, " n"]
    labels: Int[Array, " n"]  # the classes with label noise
    colours: Int[Array, " n"]  # at test, those of the other class
    random_colours: Int[Array, " n"]  # uniformly random ones, for another test


def coloured_digits(
    images: Float[Array, "n 14 14"],
    classes: Int[Array, " n"],
    following: float | Float[Array, ""] = 0.775,
    label_noise: float = 0.1,
    *,
    key: PRNGKeyArray,
) -> Digits:
    """Permute the digits, replace some labels by wrong ones, and draw a colour for each digit.

    In training a digit with label c has colour c with probability ``following``, otherwise one of the nine others.  At
    test the roles of c and its partner are reversed: classes 2j and 2j + 1 exchange their colours.  On two classes with
    two colours this is the published description; that the other colours are equally likely, and which classes are
    partners, is our generalization.  A label is wrong with probability ``label_noise``, and then any of the nine
    others; at test too, so no classifier can be expected to exceed 1 − ``label_noise``.
    """
    keys = jax.random.split(key, 5)
    n = len(classes)
    order = jax.random.permutation(keys[0], n)
    true = jnp.asarray(classes)[order]
    wrong = (true + jax.random.randint(keys[1], (n,), 1, N_CLASSES)) % N_CLASSES
    labels = jnp.where(jax.random.bernoulli(keys[2], label_noise, (n,)), wrong, true)
    own = jnp.where(jnp.arange(n) < N_TRAIN, labels, labels ^ 1)
    other = (own + jax.random.randint(keys[3], (n,), 1, N_CLASSES)) % N_CLASSES
    colours = jnp.where(jax.random.bernoulli(keys[4], following, (n,)), own, other)
    anything = jax.random.randint(jax.random.fold_in(key, 1), (n,), 0, N_CLASSES)
    return Digits(jnp.asarray(images)[order], true, labels, colours, anything)


def palette(name: str) -> np.ndarray:
    """Return the colours of the ten classes, saturated and equally spaced in hue, shape (10, 3).

    In the palette "near" the colours of the partners 2j and 2j + 1 are neighbours, in "far" they are opposite.
    """
    return np.array([hsv_to_rgb(hue / N_CLASSES, 1, 1) for hue in PALETTES[name]])


def painted(
    images: Float[Array, "b h w"], colours: Int[Array, " b"], hues: Float[Array, "10 3"]
) -> Float[Array, "b h w 3"]:
    """Multiply the pixels of each image by the three channels of its colour."""
    channels = jnp.asarray(hues, images.dtype)[colours]
    return images[..., None] * channels[:, None, None, :]


def moved(
    images: Float[Array, "b h h"], matrices: Float[Array, "b 2 2"], shifts: Float[Array, "b 2"]
) -> Float[Array, "b h h"]:
    """Give pixel p of each image, counted from the middle, the value at Ap + t, between pixels by interpolation.

    Beyond the edge the value is 0.
    """
    middle = np.asarray((images.shape[1] - 1) / 2, images.dtype)
    line = jnp.arange(images.shape[1], dtype=images.dtype) - middle
    pixels = jnp.stack(jnp.meshgrid(line, line, indexing="ij"))
    places = jnp.einsum("bij,jhw->bihw", matrices, pixels) + shifts[:, :, None, None] + middle
    return jax.vmap(lambda image, place: map_coordinates(image, list(place), order=1))(images, places)


def deformed(images: Float[Array, "b h h"], key: PRNGKeyArray) -> Float[Array, "b h h"]:
    """Rotate, scale, shear and shift each image at random, by up to 0.21 rad, 10 %, 0.14 and 0.7 pixels."""
    b = len(images)
    keys = jax.random.split(key, 4)
    angle, scale, shear = (
        jax.random.uniform(key, (b,), images.dtype, -limit, limit)
        for key, limit in zip(keys, (ANGLE, SCALE, SHEAR), strict=False)
    )
    zero, one = jnp.zeros_like(angle), jnp.ones_like(angle)
    turn = jnp.array([[jnp.cos(angle), -jnp.sin(angle)], [jnp.sin(angle), jnp.cos(angle)]])
    lean = jnp.array([[one, zero], [shear, one]])
    matrices = jnp.einsum("b,ijb,jkb->bik", 1 + scale, turn, lean)
    return moved(images, matrices, jax.random.uniform(keys[3], (b, 2), images.dtype, -SHIFT, SHIFT))
