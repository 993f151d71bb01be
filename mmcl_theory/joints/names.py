"""Name the images, texts and classes of a joint."""

import dataclasses
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from .. import _checks

PARTS = ("images", "texts", "classes")


@dataclasses.dataclass(frozen=True)
class Names:
    """Hold what images, texts and classes are called: one string for each row, column and class of a joint.

    They may be given as any list, array or column of strings, such as one of pandas or pyarrow.

    Examples
    --------
    >>> import numpy as np
    >>> Names(np.array(["1.png", "2.png"]), ["a cat", "a dog"], ["cat", "dog"]).images
    ('1.png', '2.png')
    """

    images: tuple[str, ...]
    texts: tuple[str, ...]
    classes: tuple[str, ...]

    def __post_init__(self) -> None:
        """Turn lists, arrays and columns of strings into tuples; ``check_names`` refuses anything else."""
        for part in PARTS:
            given = getattr(self, part)
            with suppress(TypeError):
                names = None if isinstance(given, tuple) else _checks.listed(part, given)
                if names is not None and all(isinstance(name, str) for name in names):
                    object.__setattr__(self, part, tuple(map(str, names)))

    def restricted(self, image_ids: np.ndarray, text_ids: np.ndarray) -> "Names":
        """Keep the names of these images and texts, and of all classes."""
        images, texts = tuple(self.images[i] for i in image_ids), tuple(self.texts[i] for i in text_ids)
        return Names(images, texts, self.classes)

    def transposed(self) -> "Names":
        """Exchange the names of images and texts."""
        return Names(self.texts, self.images, self.classes)

    def garbled(self, n_texts: int) -> "Names":
        """Name new texts, of which there are so many, by their numbers."""
        return Names(self.images, tuple(f"garbled {j}" for j in range(n_texts)), self.classes)


def check_names(names: Any, sizes: Sequence[int]) -> None:
    """Raise unless names are None, or ``Names`` for so many images, texts and classes."""
    if names is None:
        return
    if not isinstance(names, Names):
        raise TypeError(f"names: a Names object is needed, got {type(names).__name__}")
    for part, needed in zip(PARTS, sizes, strict=True):
        given = getattr(names, part)
        if not isinstance(given, tuple) or not all(isinstance(name, str) for name in given):
            raise TypeError(f"names.{part}: a tuple of strings is needed, got {_checks.quoted(given)}")
        if len(given) != needed:
            raise ValueError(f"names.{part}: {needed} names are needed, got {len(given)}")
