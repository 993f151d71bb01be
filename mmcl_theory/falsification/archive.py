"""Falsifications on disk: NumPy archives, without pickle."""

import dataclasses
import json
import os
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..certification.certificate import Certificate
from ..joints.instance import Instance
from ..joints.joint import Joint
from ..joints.pairs import PairGraph
from ..theory.registry import theorems
from ..theory.theorem import Theorem
from .ascent import populate
from .candidates import Search
from .falsification import Falsification

FORMAT = 1
_NUMBERS = ("ratio", "safe_ratio", "lhs", "rhs", "tolerance", "verdict", "reason", "rounds")


def save(found: Falsification, path: str | os.PathLike[str]) -> None:
    """Write a falsification; see ``Falsification.save``."""
    facts = {
        "format": FORMAT,
        "theorem": found.theorem.slug,
        "search": dataclasses.asdict(found.search),
        "key": str(jax.random.key_impl(found.key)),
        **{name: getattr(found, name) for name in _NUMBERS},
    }
    made, joint = found.instance, found.joint
    arrays: dict[str, Any] = {
        "facts": _bytes(facts),
        "key": jax.random.key_data(found.key),
        "matrix": joint.matrix,
        "image_labels": joint.image_labels,
        "text_labels": joint.text_labels,
        "channel": made.channel,
        "augmentation": None if made.augmentation is None else made.augmentation.matrix,
        "auxiliary_labels": made.auxiliary_labels,
        "sample": made.sample,
        "certificate": None if found.certificate is None else _bytes(found.certificate.to_json()),
        "image_features": None if made.encoders is None else made.encoders[0],
        "text_features": None if made.encoders is None else made.encoders[1],
        **{f"population {i}": leaf for i, leaf in enumerate(jax.tree.leaves(found.population))},
    }
    for name in ("trajectory", "trend"):
        table = getattr(found, name)
        arrays |= {f"{name} {column}": np.array(table[column].tolist()) for column in table}
    os.makedirs(os.path.dirname(os.fspath(path)) or ".", exist_ok=True)
    with open(path, "wb") as file:  # an open file, so that NumPy does not add a suffix of its own
        np.savez_compressed(file, **{name: array for name, array in arrays.items() if array is not None})


def _bytes(data: dict[str, Any]) -> np.ndarray:
    return np.frombuffer(json.dumps(data).encode(), dtype=np.uint8)


def load(path: str | os.PathLike[str], theorem: Theorem | None) -> Falsification:
    """Read a falsification; see ``Falsification.load``."""
    if not os.path.isfile(path):
        raise FileNotFoundError(f"path: there is no file {os.fspath(path)!r}")
    try:
        with open(path, "rb") as opened, np.load(opened, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        facts = json.loads(arrays["facts"].tobytes())
        if facts["format"] != FORMAT:
            raise ValueError(f"format {facts['format']}, this version reads {FORMAT}")
        slug = str(facts["theorem"])
    except Exception as error:  # a damaged archive raises many kinds; all mean that save did not write it
        raise _not_ours(path, error) from error
    chosen = theorems.get(slug) if theorem is None else theorem
    if chosen is None or chosen.slug != slug:
        got = "none" if chosen is None else chosen.slug
        raise ValueError(f"theorem: the file is about {slug!r}, which must be given, got {got}")
    try:
        return _restored(chosen, facts, arrays)
    except Exception as error:
        raise _not_ours(path, error) from error


def _not_ours(path: str | os.PathLike[str], error: Exception) -> ValueError:
    return ValueError(f"path: {os.fspath(path)!r} was not written by Falsification.save ({error})")


def _restored(theorem: Theorem, facts: dict[str, Any], arrays: dict[str, np.ndarray]) -> Falsification:
    search = Search(**(facts["search"] | {"parts": tuple(facts["search"]["parts"])}))
    key = jax.random.wrap_key_data(jnp.asarray(arrays["key"]), impl=facts["key"])
    joint = Joint(arrays["matrix"], arrays["image_labels"], arrays["text_labels"], n_classes=search.n_classes)
    parts: dict[str, Any] = {name: arrays.get(name) for name in ("channel", "auxiliary_labels", "sample")}
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
        certificate=Certificate.from_json(json.loads(proof.tobytes())) if proof is not None else None,
        search=search,
        key=key,
        population=_population(search, arrays),
        **{name: facts[name] for name in _NUMBERS},
    )


def _table(name: str, arrays: dict[str, np.ndarray]) -> Any:
    import pandas as pd

    start = f"{name} "
    columns = {full.removeprefix(start): array for full, array in arrays.items() if full.startswith(start)}
    return pd.DataFrame({column: array.tolist() for column, array in columns.items()})


def _population(search: Search, arrays: dict[str, np.ndarray]) -> Any:
    size = len(arrays["population 0"])
    shapes = populate(np.random.default_rng(0), search, size)
    leaves, structure = jax.tree.flatten(shapes)
    stored = [arrays[f"population {i}"] for i in range(len(leaves))]
    if [leaf.shape for leaf in leaves] != [leaf.shape for leaf in stored]:
        raise ValueError("its candidates are of another size")
    return jax.tree.unflatten(structure, stored)
