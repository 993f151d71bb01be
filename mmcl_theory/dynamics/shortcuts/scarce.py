"""Train on a rich modality first, then align a scarce one to it (after arXiv:2603.20181).

The scheme in two stages is the source's; the generator of the data is ours.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from ... import _checks
from ..._progress import progress_bar
from ...losses.minibatch import symmetric_infonce
from ...training.updates import follow
from .features import features, single

if TYPE_CHECKING:
    import pandas as pd

N_CLASSES, MEANING, TEXT, CORE = 5, 10, 60, 60  # numbers of classes and of dimensions
WITHIN = 1.0  # standard deviation of what an example shows of its meaning, around the mean of its class
TEXT_NOISE, CORE_NOISE, SHORTCUT = 0.3, 1.0, 5.0  # noise of the two modalities, and the size of the shortcut
N_RICH, N_TEST = 4000, 2000
WIDTH, OUT, BATCH, TEMPERATURE = 64, 16, 128, 0.2
OPTIMIZER = optax.sgd(0.05, momentum=0.9)
TRAININGS = ("supervised", "one-stage", "two-stage")
ANCHORS, TEXTS = ("rich", "pairs"), ("meaning", "class")


@dataclass(frozen=True)
class ScarceSetting:
    """Say how much there is of the scarce modality, and what its examples and texts tell.

    Attributes
    ----------
    n_pairs
        The number of pairs of an example and a text, at least 2.
    n_labels
        How many of them have a label, in [1, n_pairs]; the other pairs are of use to contrastive training only.
    following
        The probability that the shortcut is the class in training, in [0, 1]; otherwise it is a random class.
    kappa
        The share κ = τ²/(τ² + ν²), in (0, 1], of what varies between the examples of a class that is meaning, told by
        the texts too (variance τ²), and not noise of the example (ν²).
    anchors
        Which texts the contrastive encoders classify by: labelled texts of the "rich" modality, all 4,000 of them, or
        the texts of the labelled "pairs".
    texts
        Whether texts tell the "meaning", or the "class" alone.

    Raises
    ------
    ValueError, TypeError
        If an argument is malformed; the message names it.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> mt.dynamics.ScarceSetting(n_pairs=100, n_labels=25).kappa
    0.86
    """

    n_pairs: int = 2000
    n_labels: int = 25
    following: float = 0.9
    kappa: float = 0.86
    anchors: str = "rich"
    texts: str = "meaning"

    def __post_init__(self) -> None:
        _checks.integer("n_pairs", self.n_pairs, 2)
        _checks.integer("n_labels", self.n_labels, 1, self.n_pairs)
        _checks.real("following", self.following, 0, 1)
        _checks.real("kappa", self.kappa, 0, 1, open_low=True)
        for name, known in (("anchors", ANCHORS), ("texts", TEXTS)):
            if getattr(self, name) not in known:
                raise ValueError(
                    f"{name}: must be one of {', '.join(known)}, got {_checks.quoted(getattr(self, name))}"
                )


class Scarce(eqx.Module):
    """Hold pairs of texts of the rich modality, pairs of an example of the scarce one and its text, and tests."""

    rich: tuple[Float[Array, "N t"], Float[Array, "N t"]]
    rich_labels: Int[Array, " N"]
    texts: Float[Array, "n t"]
    examples: Float[Array, "n x"]
    labels: Int[Array, " n"]
    tests: Float[Array, "n_test x"]
    test_labels: Int[Array, " n_test"]


def scarce_modality(
    n_pairs: int,
    following: float | Float[Array, ""],
    kappa: float | Float[Array, ""],
    collapsed: bool | Bool[Array, ""],
    key: PRNGKeyArray,
) -> Scarce:
    """Draw a world with a rich and a scarce modality, and examples of both.

    Each class y has a mean in R^10, drawn from the standard normal distribution, and each thing of the class a meaning
    u, drawn around that mean with variance τ² = κ.  A text of the thing is a random linear map of u (of the mean, where
    texts are ``collapsed``) plus noise of 0.3 in each of 60 dimensions; in the rich modality there are 4,000 things
    with two texts each.  An example of the scarce modality shows v, u plus noise of variance ν² = 1 − κ, in a random
    orthogonal frame of 60 dimensions, the 50 others of which have noise 1.  So examples alone are alike for all κ.
    Beside it stands a shortcut: 5 times the one-hot code of a class.  In training this is the class of the label with
    probability ``following``, otherwise a uniformly random one; at test it is always a random one.
    """
    keys = iter(jax.random.split(key, 20))
    means = jax.random.normal(next(keys), (N_CLASSES, MEANING))
    to_text = jax.random.normal(next(keys), (MEANING, TEXT)) / np.sqrt(MEANING)
    frame = jnp.linalg.qr(jax.random.normal(next(keys), (CORE, CORE)))[0]
    spread, noise = WITHIN * jnp.sqrt(kappa), WITHIN * jnp.sqrt(1 - jnp.asarray(kappa))

    def things(n: int) -> tuple[Int[Array, " n"], Float[Array, "n u"]]:
        labels = jax.random.randint(next(keys), (n,), 0, N_CLASSES)
        return labels, means[labels] + spread * jax.random.normal(next(keys), (n, MEANING))

    def texts(labels: Int[Array, " n"], meanings: Float[Array, "n u"]) -> Float[Array, "n t"]:
        told = jnp.where(collapsed, means[labels], meanings)
        return told @ to_text + TEXT_NOISE * jax.random.normal(next(keys), (len(labels), TEXT))

    def examples(meanings: Float[Array, "n u"], hinted: Int[Array, " n"]) -> Float[Array, "n x"]:
        shown = meanings + noise * jax.random.normal(next(keys), meanings.shape)
        others = CORE_NOISE * jax.random.normal(next(keys), (len(meanings), CORE - MEANING))
        return jnp.hstack([jnp.hstack([shown, others]) @ frame, SHORTCUT * jax.nn.one_hot(hinted, N_CLASSES)])

    (rich_labels, rich), (labels, paired), (test_labels, tested) = things(N_RICH), things(n_pairs), things(N_TEST)
    follows = jax.random.bernoulli(next(keys), following, (n_pairs,))
    hinted = jnp.where(follows, labels, jax.random.randint(next(keys), (n_pairs,), 0, N_CLASSES))
    anything = jax.random.randint(next(keys), (N_TEST,), 0, N_CLASSES)
    return Scarce(
        rich=(texts(rich_labels, rich), texts(rich_labels, rich)),
        rich_labels=rich_labels,
        texts=texts(labels, paired),
        examples=examples(paired, hinted),
        labels=labels,
        tests=examples(tested, anything),
        test_labels=test_labels,
    )


def scarce_transfer(settings: Sequence[ScarceSetting], n_steps: int, keys: PRNGKeyArray) -> "pd.DataFrame":
    """Compare three ways to learn the scarce modality by their test accuracy, in each setting and for each key.

    Each trains a network with one hidden layer of 64:

    - "supervised": cross-entropy on the labelled examples; texts are not used;
    - "one-stage": the CLIP loss on the pairs of example and text, both encoders trained at once;
    - "two-stage": the CLIP loss on the 4,000 pairs of rich texts, then on the pairs of example and text with the text
      encoder held fixed.

    The contrastive encoders classify by the zero-shot head: class i has the mean feature of the labelled texts of class
    i, its anchor, and an example is of the class whose anchor has the largest inner product with its feature.

    Parameters
    ----------
    settings
        The settings, each a ``ScarceSetting``.
    n_steps
        The number of steps of each training, at least 1.
    keys
        A batch of random keys, one for each run; runs of one key with equal numbers of pairs differ in nothing else
        than their settings say.

    Returns
    -------
    pandas.DataFrame
        The fields of the setting, seed, training (one of the three) and ``test_accuracy``.

    Raises
    ------
    ValueError, TypeError
        If an argument is malformed; the message names it.

    Examples
    --------
    >>> import jax, mmcl_theory as mt
    >>> setting = mt.dynamics.ScarceSetting(n_pairs=300)
    >>> table = mt.dynamics.scarce_transfer([setting], 10, jax.random.split(jax.random.key(0), 1))
    >>> len(table), sorted(set(table.training))
    (3, ['one-stage', 'supervised', 'two-stage'])
    """
    import pandas as pd

    keys, n_steps = _checks.key_batch("keys", keys), _checks.integer("n_steps", n_steps, 1)
    if wrong := [setting for setting in settings if not isinstance(setting, ScarceSetting)]:
        raise TypeError(f"settings: instances of ScarceSetting are needed, got {type(wrong[0]).__name__}")
    rows = []
    with progress_bar("Learning a scarce modality", len(settings)) as step:
        for setting in settings:
            measured = _accuracies(
                setting.n_pairs,
                jnp.asarray(setting.n_labels),
                jnp.asarray(setting.following),
                jnp.asarray(setting.kappa),
                jnp.asarray(setting.texts == "class"),
                jnp.asarray(setting.anchors == "rich"),
                n_steps,
                keys,
            )
            for (seed, place), value in np.ndenumerate(np.asarray(measured)):
                rows.append(asdict(setting) | {"seed": seed, "training": TRAININGS[place], "test_accuracy": value})
            step()
    return pd.DataFrame(rows)


@eqx.filter_jit
def _accuracies(
    n_pairs: int,
    n_labels: Int[Array, ""],
    following: Float[Array, ""],
    kappa: Float[Array, ""],
    collapsed: Bool[Array, ""],
    by_rich: Bool[Array, ""],
    n_steps: int,
    keys: PRNGKeyArray,
) -> Float[Array, "seeds methods"]:
    def of_key(key: PRNGKeyArray) -> Float[Array, " methods"]:
        return _three(
            single(scarce_modality(n_pairs, following, kappa, collapsed, key)), n_labels, by_rich, n_steps, key
        )

    return jax.lax.map(of_key, keys)


def _three(
    data: Scarce, n_labels: Int[Array, ""], by_rich: Bool[Array, ""], n_steps: int, key: PRNGKeyArray
) -> Float[Array, " methods"]:
    """Train by each method and return the test accuracies, in the order of ``TRAININGS``."""
    text_key, own_key, class_key, *train_keys = jax.random.split(jax.random.fold_in(key, 1), 7)
    inputs = data.examples.shape[1]
    text_encoder = single(eqx.nn.MLP(TEXT, OUT, WIDTH, 1, key=text_key))
    own_encoder = single(eqx.nn.MLP(inputs, OUT, WIDTH, 1, key=own_key))
    classifier = single(eqx.nn.MLP(inputs, N_CLASSES, WIDTH, 1, key=class_key))

    def batch(n: int, key: PRNGKeyArray) -> Int[Array, " b"]:
        # Where few repeat in a batch, they may: to draw without repetition takes longer than all else.
        return jax.random.choice(key, n, (min(n, BATCH),), replace=n > 8 * BATCH)

    def supervised(model: eqx.nn.MLP, key: PRNGKeyArray) -> Float[Array, ""]:
        # With repetitions, so that one program serves every number of labels.
        chosen = jax.random.randint(key, (BATCH,), 0, n_labels)
        logits = jax.nn.log_softmax(jax.vmap(model)(data.examples[chosen]))
        return -jnp.mean(jnp.take_along_axis(logits, data.labels[chosen, None], axis=1))

    def contrasted(one: Float[Array, "b k"], other: Float[Array, "b k"]) -> Float[Array, ""]:
        return symmetric_infonce(one @ other.T / TEMPERATURE)

    def encoded(model: eqx.nn.MLP, inputs: Float[Array, "b d"]) -> Float[Array, "b k"]:
        return features(jax.vmap(model), inputs)

    def aligned(own: eqx.nn.MLP, texts: eqx.nn.MLP, key: PRNGKeyArray) -> Float[Array, ""]:
        chosen = batch(len(data.labels), key)
        return contrasted(encoded(own, data.examples[chosen]), encoded(texts, data.texts[chosen]))

    def rich(texts: eqx.nn.MLP, key: PRNGKeyArray) -> Float[Array, ""]:
        # Both texts of the same things: one batch from one key.
        one, other = (encoded(texts, view[batch(N_RICH, key)]) for view in data.rich)
        return contrasted(one, other)

    def anchors(texts: eqx.nn.MLP) -> Float[Array, "c k"]:
        labelled = jnp.arange(len(data.labels)) < n_labels
        codes = [jax.nn.one_hot(one, N_CLASSES, dtype=jnp.float32) for one in (data.rich_labels, data.labels)]
        weights = jnp.concatenate([by_rich * codes[0], (~by_rich & labelled)[:, None] * codes[1]])
        read = encoded(texts, jnp.concatenate([data.rich[0], data.texts]))
        return weights.T @ read / jnp.maximum(jnp.sum(weights, axis=0), 1)[:, None]

    def zero_shot(own: eqx.nn.MLP, texts: eqx.nn.MLP) -> Float[Array, ""]:
        predicted = jnp.argmax(encoded(own, data.tests) @ anchors(texts).T, axis=1)
        return jnp.mean(predicted == data.test_labels, dtype=float)

    def trained(loss: Callable, model: Any, key: PRNGKeyArray) -> Any:
        return follow(loss, model, OPTIMIZER, jax.random.split(key, n_steps))[0]

    classifier = trained(supervised, classifier, train_keys[0])
    predicted = jnp.argmax(jax.vmap(classifier)(data.tests), axis=1)
    both = trained(lambda pair, key: aligned(pair[0], pair[1], key), (own_encoder, text_encoder), train_keys[1])
    texts = trained(rich, text_encoder, train_keys[2])
    own = trained(lambda model, key: aligned(model, texts, key), own_encoder, train_keys[3])
    return jnp.stack([jnp.mean(predicted == data.test_labels, dtype=float), zero_shot(*both), zero_shot(own, texts)])
