"""Train encoders of views with a guide, on paired seeds: by NT-Xent, and by the four methods beside it."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray

from .. import _checks, losses, probes
from .._arrays import on_host
from ..joints.joint import Joint
from ..joints.pairs import PairGraph, check_graph
from ..losses.minibatch import normalized, positive
from ..probes.fitted import ridge_probe
from ..theory.verdicts import UNDECIDED
from ..training import MLP, Beside, Clip, CrossClr, Linear, Pairs, train
from .pictures import Captioned, Pictures, Views

if TYPE_CHECKING:
    import pandas as pd

# Gains in linear-probe accuracy on ImageNet-100 that zhang2023 reports, in points, over SimCLR's 61.2.
PUBLISHED = {
    "add_new_positive": 6.2,
    "drop_false_positive": 0.6,
    "drop_false_negative": 0.2,
    "drop_easy_negative": 1.1,
}
METHODS = ("none", *PUBLISHED)
_LOSSES: dict[str, Callable[..., Array]] = {
    "none": lambda embeddings, _, temperature: losses.ntxent(embeddings, temperature),
    **{name: partial(losses.guided_ntxent, method=name) for name in losses.GUIDED},
}
GUIDE_LOSSES = {"clip": Clip, "crossclr": CrossClr, "crossclr_in_full": CrossClr}
GUIDE_TEMPERATURE = 0.1  # at the start of training; it is learned


class Guided(eqx.Module):
    """Wrap ``losses.guided_ntxent`` as a loss to train with; the method "none" is NT-Xent, which ignores the guide.

    Examples
    --------
    >>> import jax, mmcl_theory as mt
    >>> views = jax.random.normal(jax.random.key(0), (8, 3))
    >>> guided, plain = jax.jit(lambda z: (mt.resampling.Guided("none", 0.5)(z, z), mt.losses.ntxent(z, 0.5)))(views)
    >>> bool(guided == plain)
    True
    """

    place: Int[Array, ""]  # of the method, as an array: one compiled program trains by each
    temperature: float = eqx.field(static=True)

    def __init__(self, method: str, temperature: float):
        if method not in _LOSSES:
            raise ValueError(f"method: must be one of {', '.join(_LOSSES)}, got {_checks.quoted(method)}")
        positive("temperature", temperature)
        self.place, self.temperature = jnp.asarray(list(_LOSSES).index(method)), temperature

    def __call__(self, embeddings: Float[Array, "n d"], guide: Float[Array, "n e"]) -> Float[Array, ""]:
        """Compute the loss of a batch."""
        return jax.lax.switch(self.place, list(_LOSSES.values()), embeddings, guide, self.temperature)


class GraphViews(eqx.Module):
    """Draw ``batch`` pairs of a pair graph as two views, once for the encoder and once for the guide.

    Examples
    --------
    >>> import jax, mmcl_theory as mt
    >>> graph = mt.PairGraph([[1, 0], [0, 1]], labels=[0, 1])
    >>> views, again = mt.resampling.GraphViews(graph, 4)(jax.random.key(0))
    >>> views.shape, bool((views[:4] == views[4:]).all())
    ((8,), True)
    """

    pairs: Pairs

    def __init__(self, graph: PairGraph, batch: int):
        graph = check_graph("graph", graph)
        self.pairs = Pairs(Joint(graph.matrix, graph.labels, graph.labels, n_classes=graph.n_classes), batch)

    def __call__(self, key: PRNGKeyArray) -> tuple[Int[Array, " n"], Int[Array, " n"]]:
        """Draw one batch."""
        both = jnp.concatenate(self.pairs(key))
        return both, both


class Lookup(eqx.Module):
    """Look up the features of images given by number: a guide that is known by its features."""

    features: Float[Array, "n d"]

    def __call__(self, things: Int[Array, " b"]) -> Float[Array, "b d"]:
        """Return the features of images given by number."""
        return self.features[things]


def train_guide(
    views: Views, captions: Float[Array, "n words"], encoder: MLP, loss: str = "clip", *, steps: int, key: PRNGKeyArray
) -> MLP:
    """Train an image encoder on views and captions; the encoder of captions is linear.

    Parameters
    ----------
    views, captions
        The views and the captions of the same items, at least twice as many as the batch.
    encoder
        The image encoder at the start, an ``MLP``.
    loss
        "clip", "crossclr" (as released) or "crossclr_in_full", where views and captions determine the influence of a
        pair.
    steps, key
        The number of steps of Adam, with a step size of 1e-3; the random key of the captions' encoder and the batches.

    Raises
    ------
    ValueError, TypeError
        If an argument is malformed; the message names it.
    """
    sampler, key = Captioned(views, captions), _checks.random_key("key", key)
    if loss not in GUIDE_LOSSES:
        raise ValueError(f"loss: must be one of {', '.join(GUIDE_LOSSES)}, got {_checks.quoted(loss)}")
    if not isinstance(encoder, MLP):
        raise TypeError(f"encoder: an MLP is needed, got {type(encoder).__name__}")
    _check_encodes("encoder", encoder, jax.eval_shape(sampler, key)[0])
    text_key, train_key = jax.random.split(key)
    texts = Linear(sampler.captions.shape[1], len(encoder.biases[-1]), dtype=sampler.captions.dtype, key=text_key)
    sides = (Beside(encoder), Beside(texts)) if loss == "crossclr_in_full" else (encoder, texts)
    run = train(sampler, sides, GUIDE_LOSSES[loss](GUIDE_TEMPERATURE), steps=steps, every=steps, key=train_key)
    trained = run.encoder[0]
    return trained.encoder if isinstance(trained, Beside) else trained


def train_guided(
    sampler: Callable[[PRNGKeyArray], tuple[Array, Array]],
    encoder: Any,
    guide: Any,
    *,
    steps: int,
    temperature: float = 0.5,
    key: PRNGKeyArray,
) -> dict[str, Any]:
    """Train the encoder without guide and by each method, from the same start on the same batches.

    Parameters
    ----------
    sampler
        A function of a key that returns views for the encoder and views for the guide; see ``Views``.
    encoder, guide
        Equinox modules that map a batch of views to a batch of embeddings; the guide is not trained.
    steps, temperature
        The number of steps of Adam, with a step size of 1e-3; τ.
    key
        The random key of the batches.

    Raises
    ------
    ValueError, TypeError
        If an argument is malformed; the message names it.

    Examples
    --------
    >>> import jax, mmcl_theory as mt
    >>> graph, key = mt.worlds.content_style(4, 5, 2).augmentation, jax.random.key(0)
    >>> guide = mt.training.Tabular(20, 3, key=key)
    >>> trained = mt.resampling.train_guided(
    ...     mt.resampling.GraphViews(graph, 16), mt.training.Tabular(20, 2, key=key), guide, steps=3, key=key
    ... )
    >>> list(trained)
    ['none', 'add_new_positive', 'drop_false_positive', 'drop_false_negative', 'drop_easy_negative']
    """
    if not callable(sampler):
        raise TypeError(f"sampler: a function of a key is needed, got {type(sampler).__name__}")
    drawn = jax.eval_shape(sampler, _checks.random_key("key", key))
    if not isinstance(drawn, tuple) or len(drawn) != 2:
        raise ValueError("sampler: must return a pair, views for the encoder and views for the guide")
    _check_encodes("encoder", encoder, drawn[0])
    _check_encodes("guide", guide, drawn[1])
    return {
        method: train(
            sampler, (encoder, guide), Guided(method, temperature), steps=steps, every=steps, key=key
        ).encoder[0]
        for method in METHODS
    }


def _check_encodes(name: str, encoder: Any, batch: Any) -> None:
    """Check that an encoder has finite weights and maps a batch, given by its shape, to one row for each view."""
    if not callable(encoder):
        raise TypeError(f"{name}: an Equinox module is needed, got {type(encoder).__name__}")
    weights = jax.tree.leaves(eqx.filter(encoder, eqx.is_inexact_array))
    if not all(np.isfinite(leaf).all() for leaf in weights):
        raise ValueError(f"{name}: weights must be finite")
    try:
        shape = eqx.filter_eval_shape(encoder, batch).shape
    except Exception as error:  # whatever the encoder raises
        raise ValueError(
            f"{name}: must encode views of shape {batch.shape}, but raises {type(error).__name__} on them"
        ) from error
    if len(shape) != 2 or shape[0] != len(batch):
        raise ValueError(f"{name}: a row for each of {len(batch)} views is needed, got shape {shape}")


def probe_accuracy(encoder: MLP, training: Pictures, test: Pictures) -> float:
    """Compute the test accuracy of a linear probe on the input of the encoder's last layer, normalized to length one.

    The probe is fitted on one set of pictures and tested on another.
    """
    return float(_probe_accuracy(encoder, training, test))


@eqx.filter_jit
def _probe_accuracy(encoder: MLP, training: Pictures, test: Pictures) -> Float[Array, ""]:
    learned, tested = (normalized(encoder.hidden(pictures.drawings[:, 0])) for pictures in (training, test))
    predicted = ridge_probe(learned, training.labels, training.n_classes, tested)
    return jnp.mean(predicted == test.labels)


def population_error(graph: PairGraph, embeddings: Float[Array, "n d"]) -> float:
    """Compute the error of the population's linear probe, with intercept, on embeddings normalized to length one.

    Examples
    --------
    >>> import numpy as np, mmcl_theory as mt
    >>> mt.resampling.population_error(mt.PairGraph([[4, 1], [1, 4]], [0, 1]), np.array([[3.0], [-1.0]]))
    0.0
    """
    graph = on_host(graph)
    features = np.hstack([normalized(embeddings), np.ones((len(embeddings), 1))])
    probe = probes.linear_probe(np.sqrt(graph.marginal)[:, None] * features, graph.label_matrix)
    return float(probes.error(probe, graph.labels, graph.marginal))


def summary(table: "pd.DataFrame", baseline: str = "none") -> "pd.DataFrame":
    """Summarize accuracies over seeds: means, gains over a baseline, and standard errors.

    The standard error of a gain is that of the paired differences.

    Parameters
    ----------
    table
        A table with columns ``data``, ``method``, ``seed`` and ``accuracy``, of at least two seeds.
    baseline
        The method with which the others are compared.

    Returns
    -------
    pandas.DataFrame
        data, method, seeds, accuracy, accuracy_error, gain and standard_error (in points), published (or NaN), and
        ``verdict``: "helps" or "hurts" where 0 is outside the 95% interval of Student's t, else "undecided".

    Raises
    ------
    ValueError
        If there are fewer than two seeds, some method was not run on each, or the baseline is not among the methods.

    Examples
    --------
    >>> import pandas as pd, mmcl_theory as mt
    >>> runs = [("x", "none", 0, 0.5), ("x", "none", 1, 0.6), ("x", "guide", 0, 0.7), ("x", "guide", 1, 0.8)]
    >>> table = pd.DataFrame(runs, columns=["data", "method", "seed", "accuracy"])
    >>> mt.resampling.summary(table)[["method", "gain", "standard_error", "verdict"]].round(6)
      method  gain  standard_error    verdict
    0   none   0.0             0.0  undecided
    1  guide  20.0             0.0      helps
    """
    import pandas as pd
    from scipy.special import stdtrit

    rows = []
    for data, part in table.groupby("data", sort=False):
        runs = part.pivot(index="seed", columns="method", values="accuracy")
        if len(runs) < 2 or runs.isna().any(axis=None):
            raise ValueError(f"table: each method on each of at least two seeds is needed, which {data!r} lacks")
        if baseline not in runs:
            got = _checks.quoted(baseline)
            raise ValueError(f"baseline: must be one of {', '.join(runs.columns)} on {data!r}, got {got}")
        for method in part.method.unique():
            accuracy, gain = runs[method], 100 * (runs[method] - runs[baseline])
            limit = stdtrit(len(runs) - 1, 0.975) * gain.sem()
            rows.append(
                {
                    "data": data,
                    "method": method,
                    "seeds": len(runs),
                    "accuracy": accuracy.mean(),
                    "accuracy_error": accuracy.sem(),
                    "gain": gain.mean(),
                    "standard_error": gain.sem(),
                    "published": PUBLISHED.get(method, np.nan),
                    "verdict": UNDECIDED if abs(gain.mean()) <= limit else "helps" if gain.mean() > 0 else "hurts",
                }
            )
    return pd.DataFrame(rows)
