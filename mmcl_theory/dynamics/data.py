"""Define and draw the signal–noise data of two modalities, and the random parts of a training (theory, section 8)."""

from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from .. import _checks


class Config(eqx.Module):
    """Describe a training and its data; by default the setting in which the single-modal encoder memorizes (huang2024).

    Attributes
    ----------
    multi_modal
        Whether the positive of an example is its second modality; otherwise it is an augmented view.
    dimension, n_samples, n_neurons, n_test
        The dimension d ≥ 2, and the numbers of training examples, n, of neurons, m, and of test examples, each ≥ 1.
    n_steps
        The number of steps of gradient descent, at least 1.
    signal, partner_signal
        ‖μ‖ and ‖μ̃‖, positive: μ = ‖μ‖e_1 and μ̃ = ‖μ̃‖e_2, which is general since the noise is isotropic.
    noise, augmentation_noise
        The standard deviations of the noise, σ_ξ > 0, the same in both modalities, and of the views, σ_ε ≥ 0.
    temperature, step_size, init_scale
        τ, the step size and the standard deviation of the initial weights, all positive.
    test_signal
        The signal of the test examples is ± ``test_signal`` · e_1, positive; their noise is that of training.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> config = mt.dynamics.Config()
    >>> config.dimension, config.signal, config.n_snr_squared
    (2000, 5.0, 1.25)
    """

    multi_modal: bool = eqx.field(default=True, static=True)
    dimension: int = eqx.field(default=2000, static=True)
    n_samples: int = eqx.field(default=100, static=True)
    n_neurons: int = eqx.field(default=50, static=True)
    n_steps: int = eqx.field(default=200, static=True)
    n_test: int = eqx.field(default=1000, static=True)
    signal: float = 5.0
    partner_signal: float = 15.0
    noise: float = 1.0
    augmentation_noise: float = 0.1
    temperature: float = 1.0
    step_size: float = 0.5
    init_scale: float = 1e-3
    test_signal: float = 2.0

    def __check_init__(self) -> None:
        if not isinstance(self.multi_modal, bool):
            raise TypeError(f"multi_modal: True or False is needed, got {_checks.quoted(self.multi_modal)}")
        _checks.integer("dimension", self.dimension, 2)
        for name in ("n_samples", "n_neurons", "n_steps", "n_test"):
            _checks.integer(name, getattr(self, name), 1)
        _checks.dense_size("dimension", self.dimension, self.n_samples + self.n_neurons + self.n_test)
        for name in _REAL:
            value = getattr(self, name)
            if not _checks.is_traced(value):
                _checks.real(name, value, 0, LARGEST_SCALE, open_low=name != "augmentation_noise")

    @property
    def n_snr_squared(self) -> float:
        """Return n·SNR², SNR = ‖μ‖/(σ_ξ√d): how much faster the signal grows than the noise in one step."""
        return self.n_samples * (self.signal / self.noise) ** 2 / self.dimension


_REAL = (
    "signal",
    "partner_signal",
    "noise",
    "augmentation_noise",
    "temperature",
    "step_size",
    "init_scale",
    "test_signal",
)
LARGEST_SCALE = 1e6  # the largest value of a field: squares of inner products stay far from overflow


class Draw(eqx.Module):
    """Hold all that is random in one run, at unit scales: normal numbers not yet scaled by the config.

    Single- and multi-modal runs with one key see the same examples, tests and initial weights.
    """

    labels: Float[Array, " n"]  # ±1
    noise: tuple[Float[Array, "n d"], Float[Array, "n d"]]  # of the modality and of its partner
    augmentation: Float[Array, "n d"]
    weights: tuple[Float[Array, "m d"], Float[Array, "m d"]]
    test_labels: Float[Array, " n_test"]
    test_noise: Float[Array, "n_test d"]

    @classmethod
    def of(cls, config: Config, key: PRNGKeyArray) -> "Draw":
        """Draw everything for the sizes that the config gives."""
        return cls(*_drawn(config.n_samples, config.dimension, config.n_neurons, config.n_test, key))


@partial(jax.jit, static_argnums=(0, 1, 2, 3))
def _drawn(n: int, d: int, m: int, n_test: int, key: PRNGKeyArray) -> tuple:
    """Draw the fields of a ``Draw``, by one program for all scales and both modes; what has one shape is drawn at once.

    Outside of the programs that use it, since random numbers take the compiler as long as all else.
    """
    keys = jax.random.split(key, 8)
    normal = jax.vmap(jax.random.normal, in_axes=(0, None))
    (first, partner, augmentation), weights = normal(keys[1:4], (n, d)), normal(keys[4:6], (m, d))
    labels, test_labels = (jax.random.rademacher(keys[i], (size,), float) for i, size in ((0, n), (6, n_test)))
    return labels, (first, partner), augmentation, tuple(weights), test_labels, jax.random.normal(keys[7], (n_test, d))


def signals(config: Config) -> tuple[float, ...]:
    """Return the norms of the signals, one for each encoder: ‖μ‖ and, with two modalities, ‖μ̃‖."""
    return (config.signal, config.partner_signal) if config.multi_modal else (config.signal,)


def direction(encoder: int, dimension: int) -> Float[Array, " d"]:
    """Return the direction of the signal: e_1 for the first encoder, e_2 for the second."""
    return jnp.zeros(dimension).at[encoder].set(1.0)
