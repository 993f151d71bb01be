"""Train on a rich modality first, then align a scarce one to it (after arXiv:2603.20181).

The scheme in two stages is the source's; the generator of the data is ours.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Int, PRNGKeyArray

from ... import _checks
from ..._progress import progress_bar
from ...losses.minibatch import symmetric_infonce
from ...training.updates import follow
from .features import features

if TYPE_CHECKING:
    import pandas as pd

N_CLASSES, MEANING, TEXT, CORE = 5, 10, 60, 60  # numbers of classes and of dimensions
SPREAD = 0.5  # of meanings around the mean of their class
TEXT_NOISE, CORE_NOISE, SHORTCUT = 0.7, 1.0, 5.0  # noise of the two modalities, and the size of the shortcut
N_RICH, N_TEST = 4000, 2000
WIDTH, OUT, BATCH, TEMPERATURE = 64, 16, 128, 0.2
OPTIMIZER = optax.sgd(0.05, momentum=0.9)
TRAININGS = ("supervised", "one-stage", "two-stage")


class Scarce(eqx.Module):
    """Hold pairs of texts of the rich modality, few pairs of an example of the scarce one and its text, and tests."""

    rich: tuple[Float[Array, "N t"], Float[Array, "N t"]]
    texts: Float[Array, "n t"]
    examples: Float[Array, "n x"]
    labels: Int[Array, " n"]
    tests: Float[Array, "n_test x"]
    test_labels: Int[Array, " n_test"]


def scarce_modality(n_examples: int, following: Float[Array, ""], key: PRNGKeyArray) -> Scarce:
    """Draw a world with a rich and a scarce modality, and examples of both.

    Each class y has a mean in R^10, drawn from the standard normal distribution, and each thing of the class a meaning
    u, drawn around that mean with standard deviation ½.  A text of the thing is a random linear map of u plus noise of
    0.7 in each of 60 dimensions; in the rich modality there are 4,000 things with two texts each.  An example of the
    scarce modality is another linear map of u plus noise 1 in 60 dimensions, beside a shortcut: 5 times the one-hot
    code of a class.  In training this is the class of the label with probability ``following``, otherwise a uniformly
    random one; at test it is always a random one.
    """
    keys = iter(jax.random.split(key, 20))
    means = jax.random.normal(next(keys), (N_CLASSES, MEANING))
    to_text = jax.random.normal(next(keys), (MEANING, TEXT)) / np.sqrt(MEANING)
    to_core = jax.random.normal(next(keys), (MEANING, CORE)) / np.sqrt(MEANING)

    def things(n: int) -> tuple[Int[Array, " n"], Float[Array, "n u"]]:
        labels = jax.random.randint(next(keys), (n,), 0, N_CLASSES)
        return labels, means[labels] + SPREAD * jax.random.normal(next(keys), (n, MEANING))

    def texts(meanings: Float[Array, "n u"]) -> Float[Array, "n t"]:
        return meanings @ to_text + TEXT_NOISE * jax.random.normal(next(keys), (len(meanings), TEXT))

    def examples(meanings: Float[Array, "n u"], hinted: Int[Array, " n"]) -> Float[Array, "n x"]:
        core = meanings @ to_core + CORE_NOISE * jax.random.normal(next(keys), (len(meanings), CORE))
        return jnp.hstack([core, SHORTCUT * jax.nn.one_hot(hinted, N_CLASSES)])

    (_, rich), (labels, paired), (test_labels, tested) = things(N_RICH), things(n_examples), things(N_TEST)
    follows = jax.random.bernoulli(next(keys), following, (n_examples,))
    hinted = jnp.where(follows, labels, jax.random.randint(next(keys), (n_examples,), 0, N_CLASSES))
    anything = jax.random.randint(next(keys), (N_TEST,), 0, N_CLASSES)
    return Scarce(
        rich=(texts(rich), texts(rich)),
        texts=texts(paired),
        examples=examples(paired, hinted),
        labels=labels,
        tests=examples(tested, anything),
        test_labels=test_labels,
    )


def scarce_transfer(
    n_examples: Sequence[int], followings: Sequence[float], n_steps: int, keys: PRNGKeyArray
) -> "pd.DataFrame":
    """Compare three ways to learn the scarce modality by their test accuracy, over its scarcity and the shortcut.

    All three see the same n examples with their texts and labels, and train a network with one hidden layer of 64:

    - "supervised": cross-entropy on examples and labels; texts are not used;
    - "one-stage": the CLIP loss on the n pairs of example and text, both encoders trained at once;
    - "two-stage": the CLIP loss on the 4,000 pairs of rich texts, then on the n pairs with the text encoder held fixed.

    The contrastive encoders classify by the zero-shot head: class i has the mean feature of the n texts of label i.

    Parameters
    ----------
    n_examples
        The numbers n of examples, each at least 2.
    followings
        The probabilities that the shortcut follows the label in training, in [0, 1].
    n_steps
        The number of steps of each training, at least 1.
    keys
        A batch of random keys, one for each run; runs of one key with equal n share the world.

    Returns
    -------
    pandas.DataFrame
        n_examples, following, seed, training (one of the three) and ``test_accuracy``.

    Raises
    ------
    ValueError, TypeError
        If an argument is malformed; the message names it.

    Examples
    --------
    >>> import jax, mmcl_theory as mt
    >>> table = mt.dynamics.scarce_transfer([10], [0.5], 2, jax.random.split(jax.random.key(0), 2))
    >>> len(table), sorted(set(table.training))
    (6, ['one-stage', 'supervised', 'two-stage'])
    """
    import pandas as pd

    keys, n_steps = _checks.key_batch("keys", keys), _checks.integer("n_steps", n_steps, 1)
    n_examples = [_checks.integer("n_examples", n, 2) for n in n_examples]
    strengths = jnp.asarray([_checks.real("followings", following, 0, 1) for following in followings])
    rows = []
    with progress_bar("Learning a scarce modality", len(n_examples)) as step:
        for n in n_examples:
            measured = np.asarray(_accuracies(n, strengths, n_steps, keys))
            for place in np.ndindex(measured.shape):
                row = {"n_examples": n, "following": float(strengths[place[1]]), "seed": place[0]}
                rows.append(row | {"training": TRAININGS[place[2]], "test_accuracy": measured[place]})
            step()
    return pd.DataFrame(rows)


@eqx.filter_jit
def _accuracies(
    n: int, strengths: Float[Array, " s"], n_steps: int, keys: PRNGKeyArray
) -> Float[Array, "seeds s methods"]:
    def of_key(key: PRNGKeyArray) -> Float[Array, "s methods"]:
        return jax.lax.map(lambda following: _three(scarce_modality(n, following, key), n_steps, key), strengths)

    return jax.lax.map(of_key, keys)


def _three(data: Scarce, n_steps: int, key: PRNGKeyArray) -> Float[Array, " methods"]:
    """Train by each method and return the test accuracies, in the order of ``TRAININGS``."""
    text_key, own_key, class_key, *train_keys = jax.random.split(jax.random.fold_in(key, 1), 7)
    inputs = data.examples.shape[1]
    text_encoder = eqx.nn.MLP(TEXT, OUT, WIDTH, 1, key=text_key)
    own_encoder = eqx.nn.MLP(inputs, OUT, WIDTH, 1, key=own_key)
    classifier = eqx.nn.MLP(inputs, N_CLASSES, WIDTH, 1, key=class_key)

    def batch(n: int, key: PRNGKeyArray) -> Int[Array, " b"]:
        return jax.random.choice(key, n, (min(n, BATCH),), replace=False)

    def supervised(model: eqx.nn.MLP, key: PRNGKeyArray) -> Float[Array, ""]:
        chosen = batch(len(data.labels), key)
        logits = jax.nn.log_softmax(jax.vmap(model)(data.examples[chosen]))
        return -jnp.mean(jnp.take_along_axis(logits, data.labels[chosen, None], axis=1))

    def contrasted(one: Float[Array, "b k"], other: Float[Array, "b k"]) -> Float[Array, ""]:
        return symmetric_infonce(one @ other.T / TEMPERATURE)

    def aligned(own: eqx.nn.MLP, texts: eqx.nn.MLP, key: PRNGKeyArray) -> Float[Array, ""]:
        chosen = batch(len(data.labels), key)
        return contrasted(features(jax.vmap(own), data.examples[chosen]), features(jax.vmap(texts), data.texts[chosen]))

    def rich(texts: eqx.nn.MLP, key: PRNGKeyArray) -> Float[Array, ""]:
        one, other = (features(jax.vmap(texts), view[batch(N_RICH, key)]) for view in data.rich)
        return contrasted(one, other)

    def zero_shot(own: eqx.nn.MLP, texts: eqx.nn.MLP) -> Float[Array, ""]:
        codes = jax.nn.one_hot(data.labels, N_CLASSES)
        means = codes.T @ features(jax.vmap(texts), data.texts) / jnp.maximum(jnp.sum(codes, axis=0), 1)[:, None]
        predicted = jnp.argmax(features(jax.vmap(own), data.tests) @ means.T, axis=1)
        return jnp.mean(predicted == data.test_labels, dtype=float)

    def trained(loss: Callable, model: Any, key: PRNGKeyArray) -> Any:
        return follow(loss, model, OPTIMIZER, jax.random.split(key, n_steps))[0]

    classifier = trained(supervised, classifier, train_keys[0])
    predicted = jnp.argmax(jax.vmap(classifier)(data.tests), axis=1)
    both = trained(lambda pair, key: aligned(pair[0], pair[1], key), (own_encoder, text_encoder), train_keys[1])
    texts = trained(rich, text_encoder, train_keys[2])
    own = trained(lambda model, key: aligned(model, texts, key), own_encoder, train_keys[3])
    return jnp.stack([jnp.mean(predicted == data.test_labels, dtype=float), zero_shot(*both), zero_shot(own, texts)])
