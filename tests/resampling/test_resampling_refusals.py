"""Check that resampling refuses bad views, guides and settings, naming the argument."""

import functools

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest
from refusals import KEY, assert_refused, bad, graph, tabular

import mmcl_theory as mt


def pictures(n: int = 4, side: int = 2):
    return np.ones((n, 1, side, side, 1), np.float32)


def seen(drawings=None, batch=2, shift=1, jitter=0.1, noise=0.1, mirror=False, false=0.0):
    return mt.resampling.Views(pictures() if drawings is None else drawings, batch, shift, jitter, noise, mirror, false)


def mlp(n_inputs: int = 4):
    return mt.training.MLP((n_inputs, 3, 2), key=KEY)


def guide(**changed):
    given = {"views": seen(), "captions": np.eye(4), "encoder": mlp(), "steps": 1, "key": KEY}
    return mt.resampling.train_guide(**(given | changed))


def guided(**changed):
    given = {"sampler": seen(), "encoder": mlp(), "guide": mlp(), "steps": 1, "key": KEY}
    return mt.resampling.train_guided(**(given | changed))


ACCURACIES = {"data": ["a"] * 2, "method": ["none"] * 2, "seed": [0, 1], "accuracy": [0.5, 0.6]}


@functools.cache
def spoilt():
    """Return an encoder with weights that are not numbers."""
    return eqx.tree_at(lambda f: f.biases[0], mlp(), jnp.full(3, jnp.nan))


BAD = [
    bad(f"resampling-{name}", error, words, lambda _, call=call: call())
    for name, error, words, call in [
        ("method", ValueError, "method: none 'hard'", lambda: mt.resampling.Guided("hard", 0.5)),
        ("temperature", ValueError, "temperature: 0", lambda: mt.resampling.Guided("none", 0)),
        ("temperature-nan", ValueError, "temperature: nan", lambda: mt.resampling.Guided("none", np.nan)),
        ("graph", TypeError, "graph: PairGraph ndarray", lambda: mt.resampling.GraphViews(np.eye(2), 2)),
        ("graph-batch", ValueError, "batch: 2 1", lambda: mt.resampling.GraphViews(graph(), 1)),
        ("drawings", ValueError, "drawings: 5 dimension", lambda: seen(np.ones((4, 2, 2)))),
        ("drawings-nan", ValueError, "drawings: finite nan", lambda: seen(pictures() * np.nan)),
        ("batch", ValueError, "batch: 2 1", lambda: seen(batch=1)),
        ("batch-large", ValueError, "batch: 4 5", lambda: seen(batch=5)),
        ("batch-float", TypeError, "batch: integer 2.5", lambda: seen(batch=2.5)),
        ("shift", ValueError, "shift: 0 -1", lambda: seen(shift=-1)),
        ("jitter", ValueError, "jitter: [0, 1] 2", lambda: seen(jitter=2)),
        ("false", ValueError, "false: [0, 1] 2", lambda: seen(false=2)),
        ("noise", ValueError, "noise: -1", lambda: seen(noise=-1)),
        ("noise-infinite", ValueError, "noise: inf", lambda: seen(noise=np.inf)),
        ("mirror", TypeError, "mirror: True False 1", lambda: seen(mirror=1)),
        ("views", TypeError, "views: Views ndarray", lambda: guide(views=pictures())),
        ("views-few", ValueError, "views: 6 twice 4", lambda: guide(views=seen(batch=3))),
        ("captions", ValueError, "captions: 4 3", lambda: guide(captions=np.eye(3))),
        ("captions-nan", ValueError, "captions: finite nan", lambda: guide(captions=np.full((4, 2), np.nan))),
        ("captions-1d", ValueError, "captions: 2 dimension", lambda: guide(captions=np.ones(4))),
        ("loss", ValueError, "loss: clip 'x'", lambda: guide(loss="x")),
        ("guide-encoder", TypeError, "encoder: MLP Tabular", lambda: guide(encoder=tabular(4))),
        ("guide-inputs", ValueError, "encoder: (4, 2, 2, 1)", lambda: guide(encoder=mlp(5))),
        ("guide-steps", ValueError, "steps: 1 0", lambda: guide(steps=0)),
        ("guide-key", TypeError, "key: JAX", lambda: guide(key=0)),
        ("sampler", TypeError, "sampler: function ndarray", lambda: guided(sampler=pictures())),
        ("sampler-single", ValueError, "sampler: pair", lambda: guided(sampler=lambda key: (jnp.ones((4, 4)),))),
        ("encoder", TypeError, "encoder: Equinox int", lambda: guided(encoder=3)),
        ("encoder-inputs", ValueError, "encoder: (4, 2, 2, 1)", lambda: guided(encoder=mlp(5))),
        ("encoder-vector", ValueError, "encoder: row 4 (4,)", lambda: guided(encoder=lambda x: x.sum(axis=(1, 2, 3)))),
        ("encoder-nan", ValueError, "encoder: finite", lambda: guided(encoder=spoilt())),
        ("guide", ValueError, "guide: (4, 2, 2, 1)", lambda: guided(guide=mlp(5))),
        ("guide-nan", ValueError, "guide: finite", lambda: guided(guide=spoilt())),
        ("steps", ValueError, "steps: 1 0", lambda: guided(steps=0)),
        ("guided-temperature", ValueError, "temperature: -1", lambda: guided(temperature=-1)),
        ("key", TypeError, "key: JAX 3", lambda: guided(key=3)),
        ("crossclr-weight", ValueError, "negative_weight: -1", lambda: mt.training.CrossClr(0.1, -1)),
        ("crossclr-temperature", ValueError, "temperature: 0", lambda: mt.training.CrossClr(0)),
        (
            "baseline",
            ValueError,
            "baseline: none 'x'",
            lambda: mt.resampling.summary(pd.DataFrame(ACCURACIES), baseline="x"),
        ),
    ]
]


@pytest.mark.parametrize(("call", "error", "words"), BAD)
def test_bad_input_is_refused(call, error, words, tmp_path):
    assert_refused(error, words, lambda: call(tmp_path))
