"""Draw the sparse joint distributions, of pairs in classes, that the benchmarks factorize."""

import numpy as np
import scipy.sparse


def law_of_pairs(n: int, pairs: int, classes: int, *, same: float = 0.8, seed: int = 0) -> scipy.sparse.csr_matrix:
    """Draw pairs of n images and n texts, and return P of those drawn.

    Each image and each text has a uniformly drawn class.  The image of a pair is uniform; its text is uniform in the
    image's class with probability ``same``, else among all texts.
    """
    rng = np.random.default_rng(seed)
    image_class, text_class = rng.integers(classes, size=(2, n))
    order, counts = np.argsort(text_class, kind="stable"), np.bincount(text_class, minlength=classes)
    first = np.cumsum(counts) - counts
    images, place = rng.integers(n, size=pairs), rng.random(pairs)
    drawn = image_class[images]
    inside = order[first[drawn] + (place * counts[drawn]).astype(int)]
    texts = np.where(rng.random(pairs) < same, inside, (place * n).astype(int))
    law = scipy.sparse.coo_matrix((np.full(pairs, 1 / pairs), (images, texts)), shape=(n, n)).tocsr()
    return law[np.asarray(law.sum(axis=1)).ravel() > 0][:, np.asarray(law.sum(axis=0)).ravel() > 0]


def normalized_pairs(n: int, pairs: int, classes: int, *, same: float = 0.8, seed: int = 0) -> scipy.sparse.csr_matrix:
    """Return the matrix A = D_V^{-1/2} P D_L^{-1/2} of pairs that are drawn like that.

    ``normalized_pairs(100_000, 2_000_000, 20)`` is the instance c1.
    """
    law = law_of_pairs(n, pairs, classes, same=same, seed=seed)
    left, right = (scipy.sparse.diags(np.asarray(law.sum(axis=axis)).ravel() ** -0.5) for axis in (1, 0))
    return (left @ law @ right).tocsr()
