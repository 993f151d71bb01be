"""Update weights by an optimizer of optax: one step, and a compiled run of steps."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, PRNGKeyArray

# By this share of itself the line search of optax lets an objective rise, as rounding may raise it.
_LINE_SEARCH = 1e-6


def update(
    objective: Callable[[Any], Float[Array, ""]], optimizer: optax.GradientTransformation, weights: Any, memory: Any
) -> tuple[Any, Any, Float[Array, ""]]:
    """Perform one step of the optimizer; return the new weights, its new memory, and the objective at the old weights.

    Examples
    --------
    >>> import numpy as np, optax
    >>> descent = optax.sgd(0.25)
    >>> start = np.array(2.0)
    >>> weights, _, value = update(lambda x: x**2, descent, start, descent.init(start))
    >>> float(weights), float(value)
    (1.0, 4.0)
    """
    value, slope = jax.value_and_grad(objective)(weights)
    optimize = optax.with_extra_args_support(optimizer).update
    change, memory = optimize(slope, memory, weights, value=value, grad=slope, value_fn=objective)
    return optax.apply_updates(weights, change), memory, value


def downhill(optimizer: optax.GradientTransformationExtraArgs) -> optax.GradientTransformationExtraArgs:
    """Keep an optimizer from taking a step uphill.

    Where an optimum is reached, rounding is all that is left of slopes, and what L-BFGS learns from them may lead
    anywhere: in one start of some dozens its line search ended at a loss of 1e26.  A step is refused that raises the
    objective by more than what the line search allows.

    Examples
    --------
    >>> import numpy as np
    >>> uphill = optax.GradientTransformationExtraArgs(lambda _: 0, lambda slope, memory, *_, **__: (slope, memory + 1))
    >>> for optimizer in (uphill, downhill(uphill)):
    ...     weights, memory, _ = update(lambda x: x**2, optimizer, np.array(2.0), 0)
    ...     print(float(weights), int(memory))
    6.0 1
    2.0 0
    """

    def step(slope: Any, memory: Any, weights: Any, *, value: Any, value_fn: Any, **more: Any) -> tuple[Any, Any]:
        """Perform a step of the optimizer, or none."""
        change, after = optimizer.update(slope, memory, weights, value=value, value_fn=value_fn, **more)
        reached = value_fn(optax.apply_updates(weights, change))
        down = reached <= value + _LINE_SEARCH * jnp.maximum(1, jnp.abs(value))
        kept = jax.tree.map(lambda new, old: jnp.where(down, new, old), after, memory)
        return jax.tree.map(lambda part: jnp.where(down, part, 0), change), kept

    return optax.GradientTransformationExtraArgs(optimizer.init, step)


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
    >>> import jax, numpy as np, optax
    >>> keys = jax.random.split(jax.random.key(0), 200)
    >>> descent = optax.sgd(0.05, momentum=0.9)
    >>> end, losses = follow(lambda x, key: ((x - 1.0) ** 2).sum(), np.zeros(2), descent, keys)
    >>> end.round(3).tolist(), losses.shape
    ([1.0, 1.0], (200,))
    """
    start, fixed = eqx.partition(model, eqx.is_inexact_array)

    def step(state: tuple[Any, Any], key: PRNGKeyArray) -> tuple[tuple[Any, Any], Float[Array, ""]]:
        weights, memory, value = update(lambda weights: loss(eqx.combine(weights, fixed), key), optimizer, *state)
        return (weights, memory), value

    (end, _), losses = jax.lax.scan(step, (start, optimizer.init(start)), keys)
    return eqx.combine(end, fixed), losses
