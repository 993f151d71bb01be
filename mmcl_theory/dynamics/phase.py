"""Compute where each kind of training learns the signal: test accuracy over n·SNR² and ‖μ̃‖/‖μ‖."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from .. import _checks
from .._progress import progress_bar
from .data import Config, Draw
from .recursion import advance, at_scales, geometries
from .simulate import test_accuracy

if TYPE_CHECKING:
    import pandas as pd


def phase_diagram(
    config: Config, n_snr_squared: Sequence[float], ratios: Sequence[float], keys: PRNGKeyArray
) -> "pd.DataFrame":
    """Train single- and multi-modal encoders in every cell of the plane of n·SNR² and ‖μ̃‖/‖μ‖, for every key.

    ‖μ‖ is set for n·SNR², ‖μ̃‖ for the ratio; all else is the config's, the test signal too, so that all encoders face
    the same test.  The cells of a key share its random numbers, and so one set of inner products.

    Parameters
    ----------
    config
        The configuration of every run; its ``signal``, ``partner_signal`` and ``multi_modal`` are not used.
    n_snr_squared, ratios
        The values of n·SNR² and of ‖μ̃‖/‖μ‖, positive.
    keys
        A batch of s random keys.

    Returns
    -------
    pandas.DataFrame
        n_snr_squared, ratio, seed, ``single_accuracy``, ``multi_accuracy`` at the end of training, and the last losses
        ``single_loss`` and ``multi_loss``.  Single-modal training does not see the second modality, and is the same
        for every ratio.

    Raises
    ------
    TypeError, ValueError
        If an argument is malformed; the message names it.

    Examples
    --------
    >>> import jax, mmcl_theory as mt
    >>> config = mt.dynamics.Config(dimension=50, n_samples=8, n_neurons=5, n_steps=10)
    >>> keys = jax.random.split(jax.random.key(0), 2)
    >>> len(mt.dynamics.phase_diagram(config, [0.1, 1.0, 10.0], [1.0, 2.0, 4.0], keys))
    18
    """
    import pandas as pd

    if not isinstance(config, Config):
        raise TypeError(f"config: an mt.dynamics.Config is needed, got {type(config).__name__}")
    strengths, factors = _positive("n_snr_squared", n_snr_squared), _positive("ratios", ratios)
    keys = _checks.key_batch("keys", keys)
    single_modal, multi_modal = (jax.tree.map(jnp.asarray, replace(config, multi_modal=both)) for both in (False, True))
    signal = np.asarray(config.noise * np.sqrt(strengths * config.dimension / config.n_samples))
    cells = np.stack([grid.ravel() for grid in np.meshgrid(signal, factors, indexing="ij")])
    signals = jnp.stack([signal, signal], axis=1), jnp.stack([cells[0], cells[0] * cells[1]], axis=1)
    results = []
    with progress_bar("Training over the plane", len(keys)) as step:
        for key in keys:
            single, multi = _ends((single_modal, multi_modal), signals, Draw.of(config, key))
            results.append((*(np.repeat(one, len(factors)) for one in single), *(np.asarray(one) for one in multi)))
            step()
    columns = ("single_accuracy", "single_loss", "multi_accuracy", "multi_loss")
    tables = [
        pd.DataFrame(
            {
                "n_snr_squared": np.repeat(strengths, len(factors)),
                "ratio": cells[1],
                "seed": seed,
                **dict(zip(columns, result, strict=True)),
            }
        )
        for seed, result in enumerate(results)
    ]
    return pd.concat(tables, ignore_index=True)


def _positive(name: str, values: Sequence[float]) -> np.ndarray:
    array = _checks.weights(name, values, 1)
    if not array.all():
        raise ValueError(f"{name}: all values must be positive, got 0")
    return array


@eqx.filter_jit
def _ends(
    configs: tuple[Config, Config], signals: tuple[Float[Array, "cells 2"], ...], draw: Draw
) -> list[tuple[Float[Array, " cells"], Float[Array, " cells"]]]:
    """Train single- and multi-modal in the cells of one key; return the test accuracies and losses at the end of each.

    Most of the time of a few cells goes to random numbers, so both trainings are given the same ones.
    """
    units = geometries(configs[1], draw)

    def one(config: Config, pair: Float[Array, "2"]) -> tuple[Float[Array, ""], Float[Array, ""]]:
        cell = eqx.tree_at(lambda c: (c.signal, c.partner_signal), config, (pair[0], pair[1]))
        shapes = at_scales(units[: 1 + config.multi_modal], cell)
        start = tuple(jnp.zeros_like(shape.start) for shape in shapes)
        (end, loss), _ = jax.lax.scan(
            lambda state, _: (advance(state[0], cell, shapes, draw.labels), None),
            (start, jnp.zeros(())),
            None,
            length=cell.n_steps,
        )
        return test_accuracy(end[0], cell, shapes[0], draw), loss

    # One program that trains one cell after the other: on a CPU, batching products of small matrices was no faster.
    return [jax.lax.map(partial(one, config), pairs) for config, pairs in zip(configs, signals, strict=True)]
