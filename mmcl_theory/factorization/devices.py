"""Say what the default device of JAX is, and compile for it: the only file that asks for the platform."""

import functools
from collections.abc import Callable
from typing import Any

import jax

from .._arrays import of_jax


def on_gpu() -> bool:
    """Return whether arrays are computed on a GPU unless said otherwise."""
    return jax.default_backend() == "gpu"


# Of XLA on a GPU: products of wide matrices are twice as fast by cuBLAS as by XLA's own, which compile longer.
BY_CUBLAS = {"xla_gpu_enable_triton_gemm": False}


def compiled(
    function: Callable[..., Any], cpu_options: dict[str, Any] | None = None, gpu_options: dict[str, Any] | None = None,
    **options: Any,
) -> Callable[..., Any]:  # fmt: skip
    """Compile a function for arguments of JAX as ``jax.jit`` does, but without trying out which algorithm is fastest.

    To try them all on a GPU takes longer than all products of a factorization, and lets rounding differ from run to
    run.  XLA has further options for each platform.  Within a function that is being compiled the function is a part of
    that, whose own options hold.  Of NumPy's arrays alone it is just called, and what it would be given the buffer of,
    it may write to.
    """

    @functools.cache
    def program() -> Any:
        chosen = {"xla_gpu_autotune_level": 0, **(gpu_options or {})} if on_gpu() else cpu_options
        return jax.jit(function, compiler_options=chosen, **options)

    @functools.wraps(function)
    def called(*arguments: Any) -> Any:
        leaves = jax.tree.leaves(arguments)
        traced = any(isinstance(part, jax.core.Tracer) for part in leaves)
        return (function if traced or not of_jax(*leaves) else program())(*arguments)

    return called
