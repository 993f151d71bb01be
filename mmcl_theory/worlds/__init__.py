"""Where joints come from: worlds with a knob for each quantity, and data sets."""

from .drawings import emoji_drawings
from .latent import BY_NAME, content_style, kernel
from .world import World

__all__ = ["BY_NAME", "World", "content_style", "emoji_drawings", "kernel"]
