"""Update weights by an optimizer of optax: one step, and a compiled run of steps."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import optax
from jaxtyping import Array, Float, PRNGKeyArray


def update(
    objective: Callable[[Any], Float[Array, ""]], optimizer: optax.GradientTransformation, weights: Any, memory: Any
) -> tuple[Any, Any, Float[Array, ""]]:
    """Perform one step of the optimizer; return the new weights, its new memory, and the objective at the old weights.

    Examples
    --------
    >>> import jax.numpy as jnp, optax
    >>> descent = optax.sgd(0.25)
    >>> start = jnp.array(2.0)
    >>> weights, _, value = update(lambda x: x**2, descent, start, descent.init(start))
    >>> float(weights), float(value)
    (1.0, 4.0)
    """
    value, slope = jax.value_and_grad(objective)(weights)
    optimize = optax.with_extra_args_support(optimizer).update
    change, memory = optimize(slope, memory, weights, value=value, grad=slope, value_fn=objective)
    return optax.apply_updates(weights, change), memory, value


def follow(
    loss: Callable[[Any, PRNGKeyArray], Float[Array, ""]],
    model: Any,
    optimizer: optax.GradientTransformation,
    keys: PRNGKeyArray,
) -> tuple[Any, Float[Array, " t"]]:
    """Train a model on ``loss(model, key)`` by one step for each key; return the model at the end, and all the losses.

    The run is a scan, so it can be compiled within another program and mapped over many runs.  ``train`` is for runs
    with a history, checkpoints and exact resume.

    Examples
    --------
    >>> import jax, jax.numpy as jnp, optax
    >>> keys = jax.random.split(jax.random.key(0), 200)
    >>> descent = optax.sgd(0.05, momentum=0.9)
    >>> end, losses = follow(lambda x, key: jnp.sum((x - 1.0) ** 2), jnp.zeros(2), descent, keys)
    >>> end.round(3).tolist(), losses.shape
    ([1.0, 1.0], (200,))
    """
    start, fixed = eqx.partition(model, eqx.is_inexact_array)

    def step(state: tuple[Any, Any], key: PRNGKeyArray) -> tuple[tuple[Any, Any], Float[Array, ""]]:
        weights, memory, value = update(lambda weights: loss(eqx.combine(weights, fixed), key), optimizer, *state)
        return (weights, memory), value

    (end, _), losses = jax.lax.scan(step, (start, optimizer.init(start)), keys)
    return eqx.combine(end, fixed), losses
