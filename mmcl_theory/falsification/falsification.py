"""Hold what a search for counterexamples found, write it to a file and read it back."""

import dataclasses
import os
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import PRNGKeyArray

from .. import _archive
from ..certification.certificate import Certificate
from ..joints.instance import OPTIONAL_PARTS, Instance
from ..joints.joint import Joint
from ..joints.pairs import PairGraph
from ..theory.registry import theorems
from ..theory.theorem import Theorem
from ..theory.verdicts import VIOLATED
from .ascent import Population, populate
from .candidates import Search

if TYPE_CHECKING:
    import pandas as pd

_FALSIFICATIONS = _archive.FileKind("falsification", 1, "path", "was not written by Falsification.save")
_NUMBERS = ("ratio", "safe_ratio", "lhs", "rhs", "tolerance", "verdict", "reason", "rounds")
# The optional parts of an instance that are one array each, under their own names in a file.
_ARRAYS = tuple(part for part in OPTIONAL_PARTS if part not in ("encoders", "augmentation"))


@dataclasses.dataclass(frozen=True, repr=False, eq=False)
class Falsification:
    """Hold the worst case that a search found.

    Attributes
    ----------
    theorem, k
        The statement and the encoder dimension that were attacked.
    instance
        The worst case (of violations, the worst that ``certify`` proves): a joint, and the other parts that are read.
    lhs, rhs, tolerance, verdict, reason
        What ``verify`` says of the worst case.  What it calls *violated* is passed to ``certify``, and where that
        decides, verdict and reason are those of the certificate.  Where it does not, or cannot, the reason says why
        the violation is not certified.
    certificate
        The certificate of the suspected violation; None where nothing was suspected or nothing could be certified.
    ratio
        lhs/rhs (rhs/lhs for a lower bound): the share of the bound that is used up.  Above 1 only where the bound is
        violated by more than ``tolerance``, which rounding may account for; within it a ratio above 1 is given as 1.
        For an identity |lhs − rhs| relative to the larger side, or to 1; for an order statement the largest
        constant that it was seen to need.  Infinite where a bound is violated that is not positive; not a number where
        no applicable instance was found.
    safe_ratio
        The ratio with ``tolerance`` taken from its numerator: what the search maximizes, and never loses.
    trajectory
        One row for each round: ``round``, ``steps`` (of each candidate so far), ``ratio``, ``safe_ratio``, ``lhs`` and
        ``rhs`` of the best so far, its ``labeling_error`` α and its ``spectral_gap`` 1 − σ²_{k+1}.
    trend
        The approach to limits: ``ratio``, the best safe ratio with ``labeling_error``, ``spectral_gap`` or ``rhs``
        (named in ``scale``) within ``below`` … ``below``/10; the smallest decade holds all that is smaller.
    search, key, rounds
        Sizes, and what to pass again to get the same.
    population
        All candidates, from which ``falsify(…, resume=…)`` goes on.
    """

    theorem: Theorem
    instance: Instance
    ratio: float
    safe_ratio: float
    lhs: float
    rhs: float
    tolerance: float
    verdict: str
    reason: str
    certificate: Certificate | None
    trajectory: "pd.DataFrame"
    trend: "pd.DataFrame"
    search: Search
    key: PRNGKeyArray
    rounds: int
    population: Population

    @property
    def joint(self) -> Joint:
        """Return the worst joint."""
        return self.instance.joint

    @property
    def k(self) -> int:
        """Return the encoder dimension."""
        return self.search.k

    @property
    def suspected(self) -> bool:
        """Say whether the theorem is violated by more than rounding seems to explain; this is no proof."""
        return self.verdict == VIOLATED

    @property
    def certified(self) -> bool:
        """Say whether the violation is proven: rounding cannot overturn it, and anyone can check ``certificate``."""
        return self.certificate is not None and self.certificate.verdict == VIOLATED

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write everything to an ``.npz`` file (no pickle); ``Falsification.load`` gives it back bit for bit."""
        _FALSIFICATIONS.write_arrays(path, _arrays_of(self))

    @staticmethod
    def load(path: str | os.PathLike[str], theorem: Theorem | None = None) -> "Falsification":
        """Read what ``save`` wrote; a theorem that is not in the registry must be given again.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ValueError
            If the file was not written by ``save``, or is about another theorem.
        """
        with _FALSIFICATIONS.reading_arrays(path) as arrays:
            facts = _archive.unpacked(arrays["facts"])
            _FALSIFICATIONS.check_format(facts["format"])
            slug = str(facts["theorem"])
        chosen = theorems.get(slug) if theorem is None else theorem
        if chosen is None or chosen.slug != slug:
            got = "none" if chosen is None else chosen.slug
            raise ValueError(f"theorem: the file is about {slug!r}, which must be given, got {got}")
        with _FALSIFICATIONS.refusing(path):
            return _restored(chosen, facts, arrays)

    def __repr__(self) -> str:
        s = self.search
        size = f"{s.n_images} × {s.n_texts}, {s.n_classes} classes, k = {s.k}"
        verdict = self.verdict
        if self.suspected:
            verdict += ", certified" if self.certified else ", not certified"
        return f"Falsification({self.theorem.slug}: ratio {self.ratio:.7g}, {verdict}; {size}, {self.rounds} rounds)"


def _arrays_of(found: Falsification) -> dict[str, Any]:
    """Collect everything that a falsification holds as named arrays; what it lacks is None."""
    made, joint = found.instance, found.joint
    facts = {
        "format": _FALSIFICATIONS.number,
        "theorem": found.theorem.slug,
        "search": dataclasses.asdict(found.search),
        "key": str(jax.random.key_impl(found.key)),
        **{name: getattr(found, name) for name in _NUMBERS},
    }
    arrays: dict[str, Any] = {
        "facts": _archive.packed(facts),
        "key": jax.random.key_data(found.key),
        "matrix": joint.matrix,
        "image_labels": joint.image_labels,
        "text_labels": joint.text_labels,
        "augmentation": None if made.augmentation is None else made.augmentation.matrix,
        "certificate": None if found.certificate is None else _archive.packed(found.certificate.to_json()),
        "image_features": None if made.encoders is None else made.encoders[0],
        "text_features": None if made.encoders is None else made.encoders[1],
        **{part: getattr(made, part) for part in _ARRAYS},
        **{f"population {i}": leaf for i, leaf in enumerate(jax.tree.leaves(found.population))},
    }
    for name in ("trajectory", "trend"):
        table = getattr(found, name)
        arrays |= {f"{name} {column}": np.array(table[column].tolist()) for column in table}
    return arrays


def _restored(theorem: Theorem, facts: dict[str, Any], arrays: dict[str, np.ndarray]) -> Falsification:
    """Build the falsification that the arrays of a file describe."""
    search = Search(**(facts["search"] | {"parts": tuple(facts["search"]["parts"])}))
    key = jax.random.wrap_key_data(jnp.asarray(arrays["key"]), impl=facts["key"])
    joint = Joint(arrays["matrix"], arrays["image_labels"], arrays["text_labels"], n_classes=search.n_classes)
    parts: dict[str, Any] = {part: arrays.get(part) for part in _ARRAYS}
    if "image_features" in arrays:
        parts["encoders"] = (arrays["image_features"], arrays["text_features"])
    if "augmentation" in arrays:
        parts["augmentation"] = PairGraph(arrays["augmentation"], arrays["image_labels"], search.n_classes)
    proof = arrays.get("certificate")
    return Falsification(
        theorem=theorem,
        instance=Instance(joint, **parts),
        trajectory=_table("trajectory", arrays),
        trend=_table("trend", arrays),
        certificate=None if proof is None else Certificate.from_json(_archive.unpacked(proof)),
        search=search,
        key=key,
        population=_population(search, arrays),
        **{name: facts[name] for name in _NUMBERS},
    )


def _table(name: str, arrays: dict[str, np.ndarray]) -> "pd.DataFrame":
    """Rebuild one of the two tables from its columns."""
    import pandas as pd

    start = f"{name} "
    columns = {full.removeprefix(start): array for full, array in arrays.items() if full.startswith(start)}
    return pd.DataFrame({column: array.tolist() for column, array in columns.items()})


def _population(search: Search, arrays: dict[str, np.ndarray]) -> Population:
    """Rebuild the candidates from their arrays, whose shapes must be those of the search."""
    size = len(arrays["population 0"])
    shapes = populate(np.random.default_rng(0), search, size)
    leaves, structure = jax.tree.flatten(shapes)
    stored = [arrays[f"population {i}"] for i in range(len(leaves))]
    if [leaf.shape for leaf in leaves] != [leaf.shape for leaf in stored]:
        raise ValueError("its candidates are of another size")
    return jax.tree.unflatten(structure, stored)
