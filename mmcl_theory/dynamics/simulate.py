"""Simulate the training: trajectories of loss, test accuracy, signal learning and noise memorization."""

from typing import TYPE_CHECKING, Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from .. import _checks
from ..probes.fitted import logistic_probe
from .data import Config, Draw
from .recursion import Coefficients, Geometry, advance, at_scales, geometries, parts_of

if TYPE_CHECKING:
    import pandas as pd


class Trajectory(eqx.Module):
    """Hold a run of training after 0 … T steps, or a batch of runs with an axis in front.

    Attributes
    ----------
    loss
        The training loss, shape (…, T+1); with two modalities the sum of both directions.
    test_accuracy
        The accuracy of a probe on the first encoder's features, shape (…, T+1); a tie counts as an error.
    signal_coefficients, noise_coefficients
        The coefficients of the first encoder: γ, shape (…, T+1, m), and ρ, shape (…, T+1, m, n).
    partner_signal_coefficients, partner_noise_coefficients
        The coefficients γ̃ and ρ̃ of the second encoder, or None.
    """

    loss: Float[Array, "*batch t"]
    test_accuracy: Float[Array, "*batch t"]
    signal_coefficients: Float[Array, "*batch t m"]
    noise_coefficients: Float[Array, "*batch t m n"]
    partner_signal_coefficients: Float[Array, "*batch t m"] | None
    partner_noise_coefficients: Float[Array, "*batch t m n"] | None

    @property
    def signal(self) -> Float[Array, "*batch t"]:
        """Return the signal learning, max_r |γ_r|."""
        return jnp.max(jnp.abs(self.signal_coefficients), axis=-1)

    @property
    def memorization(self) -> Float[Array, "*batch t"]:
        """Return the noise memorization, max_{r,i} |ρ_{r,i}|."""
        return jnp.max(jnp.abs(self.noise_coefficients), axis=(-2, -1))

    def table(self, **columns: Any) -> "pd.DataFrame":
        """Return a table with a row for each run and step: loss, test_accuracy, signal, memorization, and ``columns``.

        The counters are ``run`` and ``step``; each of ``columns`` is a name and a value that all rows have.
        """
        import pandas as pd

        names = ("loss", "test_accuracy", "signal", "memorization")
        values = {name: np.atleast_2d(np.asarray(getattr(self, name))) for name in names}
        run, step = np.indices(values["loss"].shape)
        counters = {"run": run.ravel(), "step": step.ravel()}
        return pd.DataFrame(counters | {name: array.ravel() for name, array in values.items()}).assign(**columns)


def simulate(config: Config, key: PRNGKeyArray) -> Trajectory:
    """Simulate gradient descent on all examples by the recursion in γ and ρ, which is exact (see ``recursion``).

    Parameters
    ----------
    config
        The sizes, the scales, and whether the positive is a second modality.
    key
        One key, or a batch of them of shape (s,): then every array of the result has an axis of length s in front.
        Runs of one key, single- and multi-modal, see the same examples, tests and initial weights.

    Returns
    -------
    Trajectory
        What was measured after every step.  γ and ρ take 8 (T+1) m (n+1) bytes for each run and encoder.

    Raises
    ------
    TypeError
        If the config is not a ``Config``, or the key neither a key nor a batch of keys.

    Examples
    --------
    >>> import jax, mmcl_theory as mt
    >>> config = mt.dynamics.Config(dimension=300, n_samples=20, n_neurons=20, n_steps=100, step_size=0.2)
    >>> runs = mt.dynamics.simulate(config, jax.random.split(jax.random.key(0), 3))
    >>> runs.noise_coefficients.shape
    (3, 101, 20, 20)
    >>> bool((runs.loss[:, -1] < 0.1 * runs.loss[:, 0]).all())
    True
    """
    if not isinstance(config, Config):
        raise TypeError(f"config: an mt.dynamics.Config is needed, got {type(config).__name__}")
    config = jax.tree.map(jnp.asarray, config)  # one program for all scales
    batch = isinstance(key, jax.Array) and jax.dtypes.issubdtype(key.dtype, jax.dtypes.prng_key) and key.ndim == 1
    if not batch or not len(key):
        return _run(config, Draw.of(config, _checks.random_key("key", key)))
    runs = [_run(config, Draw.of(config, one)) for one in key]
    return jax.tree.map(lambda *parts: jnp.asarray(np.stack(parts)), *runs)


def coefficients_over_time(
    config: Config, shapes: tuple[Geometry, ...], labels: Float[Array, " n"]
) -> tuple[tuple[Coefficients, ...], Float[Array, " t"]]:
    """Return the coefficients of each encoder after 0 … T steps, and the loss there."""

    def step(state: tuple[Coefficients, ...], _: None) -> tuple[Any, Any]:
        moved, loss = advance(state, config, shapes, labels)
        return moved, (state, loss)

    start = tuple(jnp.zeros_like(shape.start) for shape in shapes)
    return jax.lax.scan(step, start, None, length=config.n_steps + 1)[1]


def test_accuracy(coefficients: Coefficients, config: Config, shape: Geometry, draw: Draw) -> Float[Array, ""]:
    """Fit a probe on the training features h(x) of an encoder; return its accuracy on fresh test examples.

    The signal of the test examples is ``test_signal``; a tie counts as an error.
    """
    products = shape.products(coefficients)
    probe = logistic_probe(jnp.sum(parts_of(products, draw.labels), axis=0), draw.labels)
    signal = config.test_signal / config.signal * draw.test_labels[:, None] * products[:, 0]
    features = jax.nn.relu(signal) + jax.nn.relu(shape.test_products(coefficients).T)
    return jnp.mean(draw.test_labels * (features @ probe) > 0, dtype=float)


@eqx.filter_jit
def ends(config: Config, draw: Draw) -> tuple[Float[Array, ""], Float[Array, ""], Float[Array, ""]]:
    """Return the loss at the start of a run, and loss and test accuracy at its end, without the probes between."""
    shapes = at_scales(geometries(config, draw), config)
    over_time, loss = coefficients_over_time(config, shapes, draw.labels)
    return loss[0], loss[-1], test_accuracy(over_time[0][-1], config, shapes[0], draw)


@eqx.filter_jit
def _run(config: Config, draw: Draw) -> Trajectory:
    shapes = at_scales(geometries(config, draw), config)
    over_time, loss = coefficients_over_time(config, shapes, draw.labels)
    accuracy = jax.lax.map(lambda now: test_accuracy(now, config, shapes[0], draw), over_time[0])
    pairs = [(one[..., 0], one[..., 1:]) for one in over_time] + [(None, None)]
    return Trajectory(loss, accuracy, *pairs[0], *pairs[1])
