"""Say what the default device of JAX is: the only file that asks for the platform."""

import jax


def on_gpu() -> bool:
    """Return whether arrays are computed on a GPU unless said otherwise."""
    return jax.default_backend() == "gpu"
