"""Draw figures: one function a figure, which reads a table, draws in one style, and returns its axes."""

from .against import against
from .comparison import advantage_plane
from .constants import constants
from .decisions import decisions
from .finite_sample import finite_sample
from .gap import gap
from .ladder import ladder
from .learning import closed_form, rates
from .pairs_table import joint
from .phase import phase_diagram
from .resampling import gains, guide_quality
from .shortcut import shortcut
from .sides import sides
from .spectra import spectra
from .spectrum import spectrum
from .statement import statement
from .style import save
from .tightness import tightness_map
from .training import training
from .walks import advantage_curves, walks
from .worst import worst_case

__all__ = [
    "advantage_curves",
    "advantage_plane",
    "against",
    "closed_form",
    "constants",
    "decisions",
    "finite_sample",
    "gains",
    "gap",
    "guide_quality",
    "joint",
    "ladder",
    "phase_diagram",
    "rates",
    "save",
    "shortcut",
    "sides",
    "spectra",
    "spectrum",
    "statement",
    "tightness_map",
    "training",
    "walks",
    "worst_case",
]
