"""What training reaches: encoders, pairs drawn in batches, gradient descent with exact resume, and its history."""

from .encoders import MLP, Convolutional, Linear, Tabular
from .objectives import Clip
from .sampling import Pairs
from .train import Divergence, Training, train

__all__ = ["MLP", "Clip", "Convolutional", "Divergence", "Linear", "Pairs", "Tabular", "Training", "train"]
