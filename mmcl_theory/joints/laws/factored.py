"""Hold a joint distribution by the channels through which natural samples become images and texts."""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import scipy
from jaxtyping import Float, Int, PRNGKeyArray

from ... import _checks
from ..._arrays import Array, fixed, xp
from ..sampling import draw_pairs
from .law import Law, massive
from .sparse import SparseLaw


class FactoredLaw(Law):
    """Hold P = Kᵥᵀ diag(p) Kₗ: an image and a text drawn, independently, given a natural sample; P is never formed.

    Attributes
    ----------
    natural
        p, the distribution of natural samples, shape (m,).
    images, texts
        Kᵥ and Kₗ, shapes (m, n_V) and (m, n_L); each row is a distribution, unless ``scaled``.
    """

    natural: Float[Array, " m"]
    images: Float[Array, "m n_V"]
    texts: Float[Array, "m n_L"]
    held: ClassVar[str] = "factored"
    has_pairs: ClassVar[bool] = False

    @staticmethod
    def of(image_channel: Any, text_channel: Any, natural_law: Any) -> "FactoredLaw":
        """Check two channels and the weights of natural samples, and normalize; they stay arrays of NumPy."""
        images = _checks.stochastic("image_channel", image_channel)
        texts = _checks.stochastic("text_channel", text_channel)
        natural = _checks.law("natural_law", natural_law, 1)
        for name, rows in (("image_channel", images), ("text_channel", texts)):
            if len(rows) != len(natural):
                needed = f"{len(natural)} rows are needed, one for each natural sample"
                raise ValueError(f"{name}: {needed}, got {len(rows)}")
        # Rows that sum to 1 to the last place: the marginals of images and of texts each rely on the other's channel.
        kept: Any = [side[natural > 0] / side[natural > 0].sum(axis=1, keepdims=True) for side in (images, texts)]
        masses: Any = natural[natural > 0]
        return FactoredLaw(masses, *kept)

    @property
    def shape(self) -> tuple[int, int]:
        """Return (n_V, n_L)."""
        return self.images.shape[-1], self.texts.shape[-1]

    @property
    def ndim(self) -> int:
        """Return 2 for one distribution, and more for a batch."""
        return 1 + self.natural.ndim

    @property
    def dtype(self) -> Any:
        """Return the type of the numbers."""
        return self.natural.dtype

    @property
    def rank(self) -> int:
        """Return an upper bound on the rank of the matrix: no more than there are natural samples."""
        return min(*self.shape, self.natural.shape[-1])

    @property
    def n_terms(self) -> int:
        """Return an upper bound on how many numbers are summed: those of natural samples are, besides."""
        return super().n_terms + self.natural.shape[-1]

    @property
    def T(self) -> "FactoredLaw":
        """Return the transpose, with the roles of images and texts exchanged."""
        return FactoredLaw(self.natural, self.texts, self.images)

    def sum(self, axis: int) -> Float[Array, " n"]:
        """Sum over ``axis``: return the marginal of the images for 1, of the texts for 0."""
        kept, gone = (self.images, self.texts) if axis == 1 else (self.texts, self.images)
        return (self.natural * gone.sum(axis=1)) @ kept

    def __matmul__(self, block: Float[Array, "n_L *c"]) -> Float[Array, "n_V *c"]:
        """Multiply a vector or a block of columns from the right."""
        return ((self.texts @ block).T * self.natural @ self.images).T

    def scaled(self, rows: Float[Array, " n_V"], columns: Float[Array, " n_L"]) -> "FactoredLaw":
        """Multiply row x by rows[x] and column l by columns[l]."""
        return FactoredLaw(self.natural, self.images * rows, self.texts * columns)

    def class_mass(self, labels: Int[Array, " n_V"], n_classes: int) -> Float[Array, "n_L r"]:
        """Return P(l, y_V = i), the mass that each text has with the images of each class."""
        return self.T @ xp.one_hot(labels, n_classes)

    def squared_norm(self) -> Float[Array, ""]:
        """Return ‖P‖_F², the sum of the squared entries, from two Gram matrices of the natural samples."""
        root = xp.sqrt(self.natural)
        images, texts = (side * root[:, None] for side in (self.images, self.texts))
        return xp.sum((images @ images.T) * (texts @ texts.T))

    def squared_distance(self, left: Float[Array, "n_V d"], right: Float[Array, "n_L d"]) -> Float[Array, ""]:
        """Return ‖P − left·rightᵀ‖_F², from triangular factors of both sides put side by side."""
        root = xp.sqrt(self.natural)
        rows = xp.linalg.qr(xp.hstack([self.images.T * root, -left]), mode="r")
        columns = xp.linalg.qr(xp.hstack([self.texts.T * root, right]), mode="r")
        return xp.sum((rows @ columns.T) ** 2)

    def least_product(self, images: Float[Array, " n_V"], texts: Float[Array, " n_L"]) -> Float[Array, ""]:
        """Return the least product images[x]·texts[l] over the pairs that some natural sample makes."""
        least_image, least_text = (
            xp.min(xp.where(side > 0, masses, xp.inf), axis=1)
            for side, masses in ((self.images, images), (self.texts, texts))
        )
        return xp.min(xp.where(self.natural > 0, least_image * least_text, xp.inf))

    def check_entries(self, name: str) -> None:
        """Raise a ValueError, as entries are sums that rounding would change; ``name`` is the joint's."""
        raise ValueError(f"{name}: a product of channels has no exact entries; certify it rounded: joint.to_dense()")

    def draw(self, n_pairs: int, key: PRNGKeyArray) -> "scipy.sparse.csr_array":
        """Draw pairs independently and return the count of each."""
        return draw_pairs(self.natural, self.images, self.texts, n_pairs, key)

    def garbled(self, channel: Any) -> "FactoredLaw":
        """Return P·K, each text having passed through a NumPy array or SciPy sparse matrix K."""
        return FactoredLaw.of(self.images, np.asarray(self.texts) @ channel, self.natural)

    def support(self) -> tuple[np.ndarray, np.ndarray]:
        """Find the images and the texts that have mass, each as rows of the other's channel sum to 1."""
        natural = np.asarray(self.natural)
        images, texts = (massive(natural @ np.asarray(side)) for side in (self.images, self.texts))
        return images, texts

    def restricted(self, image_ids: np.ndarray, text_ids: np.ndarray) -> "FactoredLaw":
        """Return the rows and columns that are named."""
        sides = (np.asarray(self.images[:, image_ids]), np.asarray(self.texts[:, text_ids]))
        return fixed(FactoredLaw(np.asarray(self.natural), *sides))

    def to_dense(self) -> Float[Array, "n_V n_L"]:
        """Return the dense array, or raise a ValueError if it is too large."""
        _checks.dense_size("self", *self.shape)
        return (self.images.T * self.natural) @ self.texts

    def to_sparse(self) -> SparseLaw:
        """Return the same distribution by its pairs of positive mass alone."""
        return SparseLaw.of_scipy(self.on_host())

    def arrays(self) -> dict[str, Any]:
        """Return the channels and the distribution of natural samples, which is what a file stores."""
        return {"natural": self.natural, "images": self.images, "texts": self.texts}

    @staticmethod
    def of_arrays(data: Mapping[str, np.ndarray], shape: tuple[int, int]) -> "FactoredLaw":
        """Build a distribution of this shape from what a file stored, checked but not normalized again."""
        natural: Any = _checks.law("natural", data["natural"], 1)
        images: Any = _checks.stochastic("images", data["images"])
        texts: Any = _checks.stochastic("texts", data["texts"])
        if (images.shape, texts.shape) != ((natural.size, shape[0]), (natural.size, shape[1])):
            got = f"{images.shape} and {texts.shape}"
            raise ValueError(f"images, texts: channels to {shape} things are needed, got {got}")
        return FactoredLaw(natural, images, texts)
