"""Say what the default device of JAX is, and compile for it: the only file that asks for the platform."""

import functools
from collections.abc import Callable
from typing import Any

import jax


def on_gpu() -> bool:
    """Return whether arrays are computed on a GPU unless said otherwise."""
    return jax.default_backend() == "gpu"


# Of XLA on a GPU: products of wide matrices are twice as fast by cuBLAS as by XLA's own, which compile longer.
BY_CUBLAS = {"xla_gpu_enable_triton_gemm": False}


def compiled(
    function: Callable[..., Any], cpu_options: dict[str, Any] | None = None, gpu_options: dict[str, Any] | None = None,
    **options: Any,
) -> Callable[..., Any]:  # fmt: skip
    """Compile a function as ``jax.jit`` does, but for a GPU without trying out which algorithm is fastest.

    To try them all takes longer than all products of a factorization, and lets rounding differ from run to run.  XLA
    has further options for each platform.  Within a function that is being compiled the function is a part of that,
    whose own options hold.
    """

    @functools.cache
    def program() -> Any:
        chosen = {"xla_gpu_autotune_level": 0, **(gpu_options or {})} if on_gpu() else cpu_options
        return jax.jit(function, compiler_options=chosen, **options)

    @functools.wraps(function)
    def called(*arguments: Any) -> Any:
        traced = any(isinstance(part, jax.core.Tracer) for part in jax.tree.leaves(arguments))
        return (function if traced else program())(*arguments)

    called.lower = lambda *arguments: program().lower(*arguments)  # type: ignore[attr-defined]
    return called
