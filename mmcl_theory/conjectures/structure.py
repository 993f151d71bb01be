"""Describe a joint that nearly meets a bound: its blocks, repeated masses and limits, from which a proof may start."""

from collections import Counter

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from ..joints.instance import Instance

_VANISHING = 1e-6  # a mass below this share of the largest is one that tends to 0
_DIGITS = 4  # to which masses count as equal


def structure(made: Instance) -> str:
    """Describe the joint of an instance in words.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> print(structure(mt.Instance(mt.generators.isotropic_noise(3, 0.25))))
    3 × 3, 3 classes in use; connected; masses 0.02778 (6 times), 0.2778 (3 times)
    """
    law = np.asarray(made.joint.law.to_dense())
    present = law > _VANISHING * law.max()
    n, m = law.shape
    graph = np.block([[np.zeros((n, n)), present], [present.T, np.zeros((m, m))]])
    count, part = connected_components(csr_array(graph), directed=False)
    classes = len({*np.asarray(made.joint.image_labels).tolist(), *np.asarray(made.joint.text_labels).tolist()})
    told = [f"{n} × {m}, {classes} {'class' if classes == 1 else 'classes'} in use"]
    blocks = [((part[:n] == one).sum(), (part[n:] == one).sum()) for one in range(count)]
    kept = [f"{images} × {texts}" for images, texts in blocks if images and texts]
    told.append("connected" if len(kept) == 1 else f"blocks {', '.join(kept)}")
    masses = Counter(f"{mass:.{_DIGITS}g}" for mass in law[present])
    told.append("masses " + ", ".join(_times(mass, times) for mass, times in masses.most_common(6)))
    vanishing = int((~present & (law > 0)).sum())
    if vanishing:
        largest = law[~present].max()
        told.append(f"{vanishing} more that tend to 0 (at most {largest:.0e})")
    return "; ".join(told)


def _times(mass: str, times: int) -> str:
    """Write a mass and how often it stands there."""
    return mass if times == 1 else f"{mass} ({times} times)"
