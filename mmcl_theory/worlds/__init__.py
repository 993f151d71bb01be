"""Define where joints come from: synthetic worlds with a knob for each quantity, and data sets.

The names are imported on first use, so that ``worlds.registry`` can be read without JAX.
"""

import importlib
from typing import TYPE_CHECKING, Any

__all__ = [
    "World",
    "coloured",
    "coloured_digits",
    "content_style",
    "emoji_drawings",
    "kernel",
    "phosphor_drawings",
    "resampled",
    "scarce",
]

_MODULES = {
    "World": "world",
    "coloured": "shortcuts",
    "coloured_digits": "shortcuts",
    "content_style": "latent",
    "emoji_drawings": "drawings",
    "kernel": "latent",
    "phosphor_drawings": "drawings",
    "resampled": "latent",
    "scarce": "shortcuts",
}

if TYPE_CHECKING:
    from .drawings import emoji_drawings, phosphor_drawings
    from .latent import content_style, kernel, resampled
    from .shortcuts import coloured, coloured_digits, scarce
    from .world import World


def __getattr__(name: str) -> Any:
    """Load a public name on first use."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has {', '.join(__all__)}")
    value = getattr(importlib.import_module(f".{_MODULES[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names."""
    return list(__all__)
