"""Write a duel to a file and read it back: its joints are kept, and measured again."""

import os
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .. import _archive, _checks
from ..falsification.ascent import populate
from ..falsification.candidates import Search, sized_search
from ..joints.settings import Settings
from ..theory.theorem import Kind
from .combination import Combination, combination, named_assumptions
from .duel import Setting, State, restored

CONJECTURES = _archive.FileKind("conjecture", 1, "path", "is no search for a conjecture, or a damaged one")
_FACTS = 2**18  # bytes of what is told in words
_SIZES = ("n_images", "n_texts", "n_classes", "k")
_COUNTS = ("quiet", "attacked", "rounds")


def about(setting: Setting) -> dict[str, Any]:
    """Say in words and numbers what a duel is about, by which a file is known again."""
    form = setting.form
    return {
        "lhs": form.lhs.text,
        "terms": [one.text for one in form.terms],
        "kind": form.kind.value,
        "requires": [one.name for one in form.requires],
        "searches": [[getattr(one, name) for name in _SIZES] for one in setting.searches],
        "settings": setting.searches[0].settings.__dict__,
        "first": setting.first,
        "weights": None if setting.weights is None else list(setting.weights),
        "budget": setting.budget,
        "key": np.asarray(jax.random.key_data(setting.key)).tolist(),
        "key kind": str(jax.random.key_impl(setting.key)),
    }


def write(state: State, path: str | os.PathLike[str], argument: str = "path") -> None:
    """Write a duel as it stands between two rounds."""
    final = state.coefficients
    facts = about(state.setting) | {name: getattr(state, name) for name in _COUNTS}
    facts |= {"coefficients": None if final is None else [str(one) for one in final], "versions": _archive.versions()}
    places = [state.setting.searches.index(block.search) for block in state.blocks]
    arrays = {"facts": _archive.packed(facts), "places": np.array(places)}
    for number, block in enumerate(state.blocks):
        arrays |= {f"block {number} {i}": leaf for i, leaf in enumerate(jax.tree.leaves(block.points))}
    CONJECTURES.write_arrays(path, arrays)


def read(path: str | os.PathLike[str], form: Combination | None) -> State:
    """Read what ``write`` wrote; a form whose formulas are functions must be given again.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it was not written by ``write``, is of another form, or its coefficients fail on its own joints.
    """
    with CONJECTURES.reading_arrays(path) as arrays:
        facts = _archive.unpacked(arrays.read("facts", _FACTS))
        setting = _setting(facts, form)
        places = arrays.read("places", 2**16).tolist()
        points = [(place, _points(arrays, setting, place, number)) for number, place in enumerate(places)]
        state = restored(setting, points, facts)
        state.check()
    return state


def _setting(facts: dict[str, Any], form: Combination | None) -> Setting:
    """Rebuild what a duel is about."""
    if form is None:
        form = combination(facts["lhs"], facts["terms"], Kind(facts["kind"]), named_assumptions(facts["requires"]))
    theorem = form.at(np.ones(len(form.terms)))
    settings = Settings(**facts["settings"])
    searches = tuple(sized_search(theorem, *sizes, restarts=8, settings=settings) for sizes in facts["searches"])
    weights = None if facts["weights"] is None else tuple(map(float, facts["weights"]))
    key = jax.random.wrap_key_data(jnp.array(facts["key"], jnp.uint32), impl=facts["key kind"])
    first = _checks.integer("first", facts["first"], 1, len(searches))
    setting = Setting(form, searches, first, weights, key, _checks.integer("budget", facts["budget"], 1))
    if about(setting) != {name: facts[name] for name in about(setting)}:
        raise ValueError("it is about another form of bounds")
    return setting


def _points(arrays: Any, setting: Setting, place: int, number: int) -> Any:
    """Read the points of a block, of the shapes and types that the search's own have."""
    search: Search = setting.searches[place]
    leaves, structure = jax.tree.flatten(populate(np.random.default_rng(0), search, 1).points)
    count = arrays.shape(f"block {number} 0")[0]
    stored = [
        arrays.read_as(f"block {number} {i}", jax.dtypes.canonicalize_dtype(leaf.dtype), (count, *leaf.shape[1:]))
        for i, leaf in enumerate(leaves)
    ]
    return jax.tree.unflatten(structure, stored)
