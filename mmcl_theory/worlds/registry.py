"""List every world under the name that it has on the command line.

A function is named by its module and imported when it is asked for, so that the list can be read without JAX.
"""

import importlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True)
class WorldEntry:
    """Describe a world that is made by its name.

    Attributes
    ----------
    name
        The name on the command line.
    place
        The module of this folder and the function in it that makes the world, such as "latent.kernel".
    description
        What the world is, in one sentence.
    is_random
        Whether the world is drawn at random: its function then takes a ``key``.
    has_augmentations
        Whether the world has augmentation pairs too: its function then returns a ``World``, otherwise a ``Joint``.
    is_bundled
        Whether the pairs are of a data set that the package carries, and so of one size.
    together
        The function of the same module that makes many such worlds at once, bit for bit the same, where there is one:
        of the other arguments, a list of the values of ``together_over``, and keys.
    together_over
        The arguments in which worlds that are made at once may differ.

    Examples
    --------
    >>> entry = WORLDS["isotropic"]
    >>> entry.knobs, entry.is_random
    (('n_classes', 'noise'), False)
    >>> entry.function(n_classes=4)
    Joint(4 images × 4 texts, 4 classes)
    """

    name: str
    place: str
    description: str
    is_random: bool = False
    has_augmentations: bool = False
    is_bundled: bool = False
    together: str | None = None
    together_over: tuple[str, ...] = ()

    @property
    def function(self) -> Callable[..., Any]:
        """Load the function that makes the world."""
        module, _, name = self.place.rpartition(".")
        return getattr(importlib.import_module(f".{module}", __package__), name)

    @property
    def function_together(self) -> Callable[..., list[Any]] | None:
        """Load the function that makes many such worlds at once; None where there is none."""
        return getattr(importlib.import_module(self.function.__module__), self.together) if self.together else None

    @property
    def knobs(self) -> tuple[str, ...]:
        """Return the names of the function's arguments other than ``key``."""
        return tuple(name for name in inspect.signature(self.function).parameters if name != "key")


_ENTRIES = (
    WorldEntry(
        "emoji",
        "datasets.emoji",
        "Emoji are the images and their keyword tags the texts; all pairs of one language are equally likely.",
        is_bundled=True,
    ),
    WorldEntry(
        "emoji-drawings",
        "drawings.emoji_drawings",
        "Drawings of emoji are the images; augmentations redraw, shift and mirror them, and keyword tags are captions.",
        has_augmentations=True,
        is_bundled=True,
    ),
    WorldEntry(
        "tabler",
        "icons.tabler",
        "Tabler's line drawings are the images and their keyword tags the texts; all pairs are equally likely.",
        is_bundled=True,
    ),
    WorldEntry(
        "phosphor",
        "icons.phosphor",
        "Phosphor's icons are the images and their keyword tags the texts; all pairs are equally likely.",
        is_bundled=True,
    ),
    WorldEntry(
        "phosphor-drawings",
        "drawings.phosphor_drawings",
        "Phosphor's icons are the images; augmentations change their weight and shift them, and tags are captions.",
        has_augmentations=True,
        is_bundled=True,
    ),
    WorldEntry(
        "isotropic",
        "generators.isotropic_noise",
        "Each image matches one text and is a class of its own; noise pairs it with any text.",
    ),
    WorldEntry(
        "block",
        "generators.block_joint",
        "Classes are blocks of images and texts; in each, independent pairs are mixed with a sparse matching.",
        is_random=True,
        together="block_joints",
        together_over=("label_noise", "contrast"),
    ),
    WorldEntry(
        "dirichlet",
        "generators.random_dirichlet",
        "The probabilities of all pairs are drawn from a Dirichlet distribution, without regard to classes.",
        is_random=True,
    ),
    WorldEntry(
        "hierarchical",
        "generators.hierarchical_classes",
        "Images and texts are the leaves of a tree, with classes within classes.",
    ),
    WorldEntry(
        "caption",
        "generators.caption_model",
        "Images have attributes, of which a caption names some.",
        is_random=True,
    ),
    WorldEntry(
        "content-style",
        "latent.content_style",
        "An image is a content in a style; augmentations change the style, and captions name the content.",
        has_augmentations=True,
    ),
    WorldEntry(
        "coloured-digits",
        "shortcuts.coloured_digits",
        "An image is a digit in a colour and a style; the colour follows a noisy label, which captions may tell.",
        has_augmentations=True,
    ),
    WorldEntry(
        "scarce",
        "shortcuts.scarce",
        "An image is an example of a scarce modality with a shortcut; texts share a meaning with it, or the class.",
    ),
    WorldEntry(
        "coloured",
        "shortcuts.coloured",
        "An image is a digit in a colour, which go together; captions and views keep the one better or the other.",
        has_augmentations=True,
    ),
    WorldEntry(
        "resampled",
        "latent.resampled",
        "An image is a content in a style; a guide that knows the contents adds pairs or drops some.",
        has_augmentations=True,
    ),
    WorldEntry(
        "kernel",
        "latent.kernel",
        "Images and texts are points on a circle; augmentations and captions lie near their image.",
        has_augmentations=True,
    ),
)

WORLDS: Mapping[str, WorldEntry] = MappingProxyType({entry.name: entry for entry in _ENTRIES})
