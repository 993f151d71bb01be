"""One function per figure; each reads a table, draws on one style, and returns its axes."""

from .against import against
from .gap import gap
from .spectrum import spectrum
from .style import save

__all__ = ["against", "gap", "save", "spectrum"]
