"""Contrastive training of small networks on real-valued inputs: what the shortcut experiments share."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray

MOMENTUM = 0.9
RIDGE = 1e-2  # of the probe, on features of length one


def network(in_size: int, out_size: int, width: int, depth: int, key: PRNGKeyArray) -> eqx.nn.MLP:
    """A ReLU network with ``depth`` hidden layers; none is a linear map."""
    return eqx.nn.MLP(in_size, out_size, width, depth, key=key)


def features(encoder: eqx.nn.MLP, inputs: Float[Array, "n d"]) -> Float[Array, "n k"]:
    """The encoder's outputs, each of length one."""
    outputs = jax.vmap(encoder)(inputs)
    return outputs / (jnp.linalg.norm(outputs, axis=1, keepdims=True) + 1e-6)


def infonce(one: Float[Array, "b k"], other: Float[Array, "b k"], temperature: float) -> Float[Array, ""]:
    """Symmetric InfoNCE (CLIP) in a batch of pairs: the other pairs' members are the negatives.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> round(float(infonce(jnp.ones((4, 1)), jnp.ones((4, 1)), 0.5)), 4)  # log 4
    1.3863
    """
    scores = one @ other.T / temperature
    both = jax.nn.logsumexp(scores, axis=0) + jax.nn.logsumexp(scores, axis=1)
    return jnp.mean(both / 2 - jnp.diagonal(scores))


def train(
    loss: Callable[[Any, PRNGKeyArray], Float[Array, ""]],
    model: Any,
    n_steps: int,
    step_size: float | np.floating,
    key: PRNGKeyArray,
) -> tuple[Any, Float[Array, " t"]]:
    """Stochastic gradient descent with momentum on ``loss(model, key)``, a fresh key at each step; the losses as well.

    Examples
    --------
    >>> import jax, jax.numpy as jnp
    >>> end, losses = train(lambda x, key: jnp.sum((x - 1.0) ** 2), jnp.zeros(2), 200, 0.05, jax.random.key(0))
    >>> end.round(3).tolist(), losses.shape
    ([1.0, 1.0], (200,))
    """
    start, static = eqx.partition(model, eqx.is_inexact_array)

    def step(state: tuple[Any, Any], key: PRNGKeyArray) -> tuple[tuple[Any, Any], Float[Array, ""]]:
        now, velocity = state
        value, gradient = jax.value_and_grad(lambda own: loss(eqx.combine(own, static), key))(now)
        velocity = jax.tree.map(lambda v, g: MOMENTUM * v + g, velocity, gradient)
        return (jax.tree.map(lambda w, v: w - step_size * v, now, velocity), velocity), value

    still = jax.tree.map(jnp.zeros_like, start)
    (end, _), losses = jax.lax.scan(step, (start, still), jax.random.split(key, n_steps))
    return eqx.combine(end, static), losses


def ridge_probe(
    train_features: Float[Array, "n k"], labels: Int[Array, " n"], n_classes: int, test_features: Float[Array, "m k"]
) -> Int[Array, " m"]:
    """Classes predicted by least squares on one-hot labels, with an intercept and a ridge of 0.01.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> ridge_probe(jnp.array([[1.0], [0.0]]), jnp.array([1, 0]), 2, jnp.array([[0.9], [0.2]])).tolist()
    [1, 0]
    """
    mean = jnp.mean(train_features, axis=0)
    targets = jax.nn.one_hot(labels, n_classes)
    centred = train_features - mean
    gram = centred.T @ centred + RIDGE * jnp.eye(centred.shape[1])
    weights = jnp.linalg.solve(gram, centred.T @ (targets - jnp.mean(targets, axis=0)))
    return jnp.argmax(jnp.mean(targets, axis=0) + (test_features - mean) @ weights, axis=1)
