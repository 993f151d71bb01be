"""Train encoders: architectures, pairs drawn in batches, gradient descent with exact resume, and its history."""

from .architectures import MLP, Beside, Convolutional, Linear, Tabular
from .draws import Pairs
from .objectives import Clip, CrossClr
from .rates import Modes, decay, modes, plateau
from .train import Divergence, Training, train

__all__ = [
    "MLP",
    "Beside",
    "Clip",
    "Convolutional",
    "CrossClr",
    "Divergence",
    "Linear",
    "Modes",
    "Pairs",
    "Tabular",
    "Training",
    "decay",
    "modes",
    "plateau",
    "train",
]
