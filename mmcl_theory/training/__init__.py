"""What training reaches: encoders, pairs drawn in batches, gradient descent with exact resume, and its history."""

from .encoders import MLP, Convolutional, Linear, Tabular
from .objectives import Clip
from .rates import Modes, decay, modes, plateau
from .sampling import Pairs
from .train import Divergence, Training, train

__all__ = [
    "MLP",
    "Clip",
    "Convolutional",
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
