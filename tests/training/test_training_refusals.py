"""Check that training refuses bad data, encoders, losses and settings, naming the argument."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from refusals import EYE, KEY, assert_refused, bad, large, tabular, three

import mmcl_theory as mt


def trained(data=None, encoder=None, loss=mt.losses.spectral_population, **more):
    data = three() if data is None else data
    return mt.train(data, encoder or (tabular(), tabular()), loss, **({"steps": 1, "key": KEY} | more))


def views(n: int):
    """A sampler of one thing: n rows of views."""
    return lambda key: (jax.random.normal(key, (n, 3)),)


def linear(weight=((1.0, 0.0, 0.0), (0.0, 1.0, 0.0))):
    return eqx.tree_at(lambda f: f.weight, mt.training.Linear(3, 2, key=KEY), jnp.array(weight))


def ntxent(temperature):
    return lambda embeddings: mt.losses.ntxent(embeddings, temperature)


def clip(temperature):
    return lambda images, texts: mt.losses.clip(images, texts, temperature)


BAD = [
    bad("train-sparse", ValueError, "data: densely", lambda _: trained(three().to_sparse())),
    bad("pairs-sparse", ValueError, "joint: densely", lambda _: mt.training.Pairs(large(), 2)),
    *(
        bad(f"train-{name}", error, words, lambda _, call=call: call())
        for name, error, words, call in [
            ("data", TypeError, "data: Joint ndarray", lambda: trained(np.eye(3))),
            ("steps", ValueError, "steps: 1 0", lambda: trained(steps=0)),
            ("every", ValueError, "every: 1 0", lambda: trained(every=0)),
            ("key", TypeError, "key:", lambda: trained(key=0)),
            ("batch", ValueError, "batch: 2 1", lambda: trained(batch=1)),
            ("negatives", ValueError, "negatives: in-batch 'hard'", lambda: trained(batch=2, negatives="hard")),
            ("optimizer", TypeError, "optimizer: optax str", lambda: trained(optimizer="sgd")),
            ("encoder", TypeError, "encoder: Equinox int", lambda: trained(encoder=3)),
            ("encoder-single", TypeError, "encoder: pair", lambda: trained(encoder=tabular())),
            ("encoder-three", ValueError, "encoder: pair 3", lambda: trained(encoder=(tabular(),) * 3)),
            (
                "encoder-dimensions",
                ValueError,
                "encoder: (3, 2) (3, 1)",
                lambda: trained(encoder=(tabular(), tabular(3, 1))),
            ),
            ("encoder-vector", ValueError, "encoder: (3,)", lambda: trained(encoder=(lambda x: x * 1.0,) * 2)),
            (
                "encoder-nan",
                ValueError,
                "encoder: finite",
                lambda: trained(views(4), linear([[np.nan] * 3] * 2), ntxent(1.0)),
            ),
            ("inputs-rows", ValueError, "inputs: (3, 3) (3, 2)", lambda: trained(inputs=(np.arange(3), np.arange(2)))),
            (
                "inputs-nan",
                ValueError,
                "inputs: finite",
                lambda: trained(inputs=(np.full((3, 3), np.nan), np.arange(3))),
            ),
            (
                "inputs-of-a-sampler",
                ValueError,
                "inputs: sampler",
                lambda: trained(views(4), linear(), inputs=(EYE, EYE)),
            ),
            ("batch-of-a-sampler", ValueError, "batch: sampler", lambda: trained(views(4), linear(), batch=4)),
            ("views-odd", ValueError, "embeddings: even 5", lambda: trained(views(5), linear(), ntxent(1.0))),
            ("temperature-zero", ValueError, "temperature: 0", lambda: trained(views(4), linear(), ntxent(0.0))),
            ("temperature-negative", ValueError, "temperature: -1", lambda: trained(batch=2, loss=clip(-1))),
            ("learned-temperature", ValueError, "temperature: 0", lambda: mt.training.Clip(0)),
            ("tabular-n", ValueError, "n: 1 0", lambda: tabular(0)),
            ("tabular-dimension", ValueError, "dimension: 1 0", lambda: tabular(3, 0)),
            ("tabular-marginal", ValueError, "marginal: 3 (2,)", lambda: tabular(marginal=[0.5, 0.5])),
            ("tabular-massless", ValueError, "marginal: positive", lambda: tabular(marginal=[0.5, 0.5, 0])),
            ("mlp-sizes", ValueError, "sizes: inputs outputs", lambda: mt.training.MLP((3,), key=KEY)),
            ("mlp-empty-layer", ValueError, "sizes: 1 0", lambda: mt.training.MLP((3, 0, 2), key=KEY)),
            ("convolutional-side", ValueError, "side: 8 20", lambda: mt.training.Convolutional(3, side=20, key=KEY)),
        ]
    ),
]


@pytest.mark.parametrize(("call", "error", "words"), BAD)
def test_bad_input_is_refused(call, error, words, tmp_path):
    assert_refused(error, words, lambda: call(tmp_path))
