"""Say what the default device of JAX is, and compile for it: the only file that asks for the platform."""

import functools
from collections.abc import Callable
from typing import Any

import jax


def on_gpu() -> bool:
    """Return whether arrays are computed on a GPU unless said otherwise."""
    return jax.default_backend() == "gpu"


def compiled(function: Callable[..., Any], on_cpu: dict[str, Any] | None = None, **options: Any) -> Callable[..., Any]:
    """Compile a function as ``jax.jit`` does, but for a GPU without trying out which algorithm is fastest.

    To try them all takes longer than all products of a factorization, and lets rounding differ from run to run.  For a
    CPU XLA has the options ``on_cpu``.  Within a function that is being compiled the function is a part of that, whose
    own options hold.
    """

    @functools.cache
    def program() -> Any:
        return jax.jit(function, compiler_options={"xla_gpu_autotune_level": 0} if on_gpu() else on_cpu, **options)

    @functools.wraps(function)
    def called(*arguments: Any) -> Any:
        traced = any(isinstance(part, jax.core.Tracer) for part in jax.tree.leaves(arguments))
        return (function if traced else program())(*arguments)

    called.lower = lambda *arguments: program().lower(*arguments)  # type: ignore[attr-defined]
    return called
