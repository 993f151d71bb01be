"""Checkpoints: of one training only, refused where damaged, and never shared or half written."""

import functools
import json
import os
import pathlib
import random
import sys
import time

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from mutations import mutated_arrays, mutated_bytes, mutated_json
from refusals import assert_refused

import mmcl_theory as mt
from mmcl_theory.training.fingerprint import Incomparable, fingerprint

KEY = jax.random.key(0)
ROOT = pathlib.Path(__file__).parents[2]
MATRIX = [[5, 1, 0], [1, 4, 1], [0, 2, 3]]
SAVED = ROOT / "tests" / "saved"
TEMPERATURE = 0.07


def tables(seed: int = 0, n: int = 3):
    return tuple(mt.training.Tabular(n, 2, key=jax.random.key(seed + side)) for side in range(2))


def joint(image_labels=(0, 1, 2), text_labels=(0, 1, 2)):
    return mt.Joint(MATRIX, image_labels, text_labels)


def clip(temperature):
    return lambda images, texts: mt.losses.clip(images, texts, temperature)


def reads_a_global(images, texts):
    return mt.losses.clip(images, texts, TEMPERATURE)


class Scaled(eqx.Module):
    """A loss with a field that is no leaf."""

    scale: float = eqx.field(static=True)

    def __call__(self, images, texts):
        return self.scale * mt.losses.spectral(images, texts)


class Unknown:
    """An object of which nobody knows what its content is."""

    def __call__(self, images, texts):
        return mt.losses.spectral(images, texts)


SAMPLED = {"loss": mt.losses.spectral, "batch": 8, "optimizer": optax.adam(1e-2)}


@pytest.fixture
def moved(monkeypatch):
    """Move all weights in place of training: to compare what was given, none of its losses need be compiled."""

    def run_until(state, stop, run):
        learned = jax.tree.map(lambda leaf: leaf + 1 if eqx.is_inexact_array(leaf) else leaf, state.learned)
        return eqx.tree_at(lambda s: (s.step, s.learned, s.value), state, (stop, learned, jnp.ones(())))

    monkeypatch.setattr(sys.modules["mmcl_theory.training.train"], "run_until", run_until)


def train(path, data=None, encoder=None, steps=4, **given):
    given = {**SAMPLED, "every": 2, "key": KEY, **given}
    return mt.train(data or joint(), encoder or tables(), given.pop("loss"), steps=steps, checkpoint=path, **given)


def same_encoder(one, other) -> bool:
    encoders = (eqx.filter(run.encoder, eqx.is_array) for run in (one, other))
    return jax.tree.all(jax.tree.map(np.array_equal, *encoders))


# What was given first, what is given then, and the name under which that is refused.
OTHERS = {
    "step size": ({}, {"optimizer": optax.adam(1e-1)}, "optimizer"),
    "rule": ({}, {"optimizer": optax.adamw(1e-2)}, "optimizer"),
    "default rule": ({}, {"optimizer": None}, "optimizer"),
    "schedule": (
        {"optimizer": optax.sgd(optax.exponential_decay(1e-2, 10, 0.5))},
        {"optimizer": optax.sgd(optax.exponential_decay(1e-2, 10, 0.6))},
        "optimizer",
    ),
    "batch": ({}, {"batch": 16}, "batch"),
    "negatives": ({}, {"negatives": "independent", "loss": mt.losses.spectral_independent}, "batch"),
    "closure": ({"loss": clip(0.07)}, {"loss": clip(0.7)}, "loss"),
    "constant": (
        {"loss": lambda z, w: mt.losses.clip(z, w, 0.07)},
        {"loss": lambda z, w: mt.losses.clip(z, w, 0.7)},
        "loss",
    ),
    "partial": (
        {"loss": functools.partial(mt.losses.clip, temperature=0.07)},
        {"loss": functools.partial(mt.losses.clip, temperature=0.7)},
        "loss",
    ),
    "compiled": ({"loss": jax.jit(clip(0.07))}, {"loss": jax.jit(clip(0.7))}, "loss"),
    "static field": (
        {"loss": mt.training.CrossClr(negative_weight=0.8)},
        {"loss": mt.training.CrossClr(negative_weight=0.7)},
        "loss",
    ),
    "static field of a user's": ({"loss": Scaled(1.0)}, {"loss": Scaled(2.0)}, "loss"),
    "named": ({"loss": Unknown(), "named": "a"}, {"loss": Unknown(), "named": "b"}, "loss"),
    "image labels": ({}, {"data": joint(image_labels=(0, 1, 1))}, "data"),
    "text labels": ({}, {"data": joint(text_labels=(0, 1, 1))}, "data"),
    "encoder": ({}, {"encoder": tables(2)}, "encoder"),
    "inputs": (
        {"inputs": (jnp.arange(3), jnp.arange(3))},
        {"inputs": (jnp.array([0, 2, 1]), jnp.arange(3))},
        "inputs",
    ),
    "every": ({}, {"every": 1}, "every"),
    "key": ({}, {"key": jax.random.key(1)}, "key"),
}


@pytest.mark.parametrize(("first", "then", "name"), [pytest.param(*row, id=name) for name, row in OTHERS.items()])
def test_the_checkpoint_of_another_training_is_refused(first, then, name, tmp_path, moved):
    path = tmp_path / "a.npz"
    run = train(path, **first)
    assert same_encoder(run, train(path, **first))  # the same is only read
    assert_refused(ValueError, f"checkpoint: another {name}", lambda: train(path, **{**first, **then}))


def test_a_global_that_a_loss_reads_is_compared(tmp_path, monkeypatch, moved):
    train(tmp_path / "a.npz", loss=reads_a_global)
    monkeypatch.setitem(globals(), "TEMPERATURE", 0.7)
    assert_refused(ValueError, "checkpoint: another loss", lambda: train(tmp_path / "a.npz", loss=reads_a_global))


def test_a_sampler_is_compared_by_what_it_holds(tmp_path, moved):
    def sampler(n):
        return lambda key: (jax.random.randint(key, (n,), 0, 3), jax.random.randint(key, (n,), 0, 3))

    def run(n):
        loss, path = mt.losses.spectral, tmp_path / "a.npz"
        return mt.train(sampler(n), tables(), loss, steps=2, checkpoint=path, key=KEY)

    run(4)
    assert run(4).history.step.tolist() == [0, 1, 2]
    assert_refused(ValueError, "checkpoint: another sampler", lambda: run(6))


def test_what_cannot_be_compared_must_be_named(tmp_path, moved):
    words = "checkpoint: loss: test_checkpoints.Unknown named=…"
    assert_refused(ValueError, words, lambda: train(tmp_path / "a.npz", loss=Unknown()))
    assert os.listdir(tmp_path) == []
    train(None, loss=Unknown())  # without a checkpoint there is nothing to compare
    with pytest.raises(Incomparable, match=r"_thread\.lock"):
        fingerprint({"a": [__import__("threading").Lock()]})


def defined(power: int):
    """Define a class that is called the same and computes another thing."""
    names = {"eqx": eqx, "__name__": "__main__"}
    exec(f"class Mine(eqx.Module):\n    def __call__(self, x):\n        return x**{power}", names)
    return names["Mine"]()


def wrapped(temperature: float):
    """Wrap a loss of the package, whose name the wrapper takes."""
    return functools.wraps(mt.losses.clip)(lambda images, texts: mt.losses.clip(images, texts, temperature))


@pytest.mark.parametrize("make", [defined, wrapped])
def test_code_counts_and_names_do_not(make):
    assert fingerprint(make(2)) == fingerprint(make(2)) != fingerprint(make(3))


def members(path) -> dict[str, np.ndarray]:
    with np.load(path) as opened:
        return {name: opened[name] for name in opened.files}


def forged(path, digest: bool = True, **changes):
    """Write a checkpoint again with other arrays, and, as a forger would, with their digest."""
    arrays = members(path) | changes
    facts = json.loads(arrays["facts"].tobytes())
    if digest:
        leaves = [arrays[name] for name in sorted(arrays, key=len) if name.startswith("leaf_")]
        facts["digest"] = fingerprint((arrays["history"], leaves))
    arrays["facts"] = np.frombuffer(json.dumps(facts).encode(), np.uint8)
    np.savez(path, **arrays)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda a: {"leaf_0": np.array(10**6)}, "last step of its history"),
        (lambda a: {"leaf_0": np.array(3)}, "last step of its history"),
        (lambda a: {"leaf_1": a["leaf_1"].astype("f4")}, "type float32 in place of float64"),
        (lambda a: {"leaf_1": a["leaf_1"].astype("U7")}, "type <U7 in place"),
        (lambda a: {"leaf_1": a["leaf_1"][:2]}, "shape (2, 2) in place of (3, 2)"),
        (lambda a: {"leaf_1": a["leaf_1"] * np.nan}, "not finite"),
        (lambda a: {"history": a["history"][:, :-1]}, "columns"),
        (lambda a: {"history": a["history"].astype("U9")}, "columns"),
        (lambda a: {"history": a["history"][:0]}, "step after another"),
        (lambda a: {"history": a["history"][::-1]}, "step after another"),
        (lambda a: {"history": a["history"][1:]}, "step after another"),
        (lambda a: {"history": a["history"] + 4 * (np.arange(3) == 2)[:, None]}, "step 8, beyond the 4"),
        (lambda a: {"facts": np.frombuffer(b"[[", np.uint8)}, "no checkpoint of this training"),
    ],
)
def test_a_forged_checkpoint_is_refused_by_name(change, words, tmp_path):
    path = tmp_path / "a.npz"
    train(path)
    changes = change(members(path))
    if "facts" in changes:
        np.savez(path, **(members(path) | changes))
    else:
        forged(path, **changes)
    with pytest.raises(ValueError, match=r"^checkpoint: '") as caught:
        train(path)
    assert words in str(caught.value)


def test_rows_that_can_be_measured_are_not_believed(tmp_path):
    path = tmp_path / "a.npz"
    run = train(path)
    history = members(path)["history"]
    history[[0, -1], 2:] = 0
    forged(path, history=history)
    assert train(path).history.equals(run.history)


def test_a_checkpoint_beyond_the_last_step_is_refused(tmp_path):
    train(tmp_path / "a.npz")
    assert_refused(ValueError, "checkpoint: step 4, beyond 3", lambda: train(tmp_path / "a.npz", steps=3))
    assert train(tmp_path / "a.npz", steps=6).history.step.tolist() == [0, 2, 4, 6]


def test_a_checkpoint_of_an_earlier_version_is_refused(tmp_path):
    path = tmp_path / "a.npz"
    train(path)
    arrays = members(path)
    np.savez(path, given=np.array("a"), columns=np.array(["step"]), history=arrays["history"], leaf_0=arrays["leaf_0"])
    assert_refused(ValueError, "checkpoint: earlier version", lambda: train(path))
    np.savez(path, **(arrays | {"format": np.int64(1)}))
    assert_refused(ValueError, "checkpoint: format 1, this version reads 2", lambda: train(path))


def test_a_checkpoint_that_cannot_be_written_is_refused_before_the_work(tmp_path):
    def loss(*_):
        raise AssertionError("the work has begun")

    (tmp_path / "file").write_text("")
    for path in (tmp_path, tmp_path / "file" / "a.npz", "", "a\0b"):
        assert_refused(ValueError, "checkpoint:", lambda path=path: train(path, loss=loss))
    for path in (5, []):
        assert_refused(TypeError, "checkpoint: file", lambda path=path: train(path, loss=loss))


def forge(draw: random.Random, path: pathlib.Path):
    """Change the facts of a checkpoint, or an array together with the digest."""
    arrays = members(path)
    if draw.random() < 0.5:
        facts = mutated_json(draw, json.loads(arrays["facts"].tobytes()))
        arrays["facts"] = np.frombuffer(json.dumps(facts).encode(), np.uint8)
        np.savez(path, **arrays)
        return
    path.write_bytes(mutated_arrays(draw, path.read_bytes()))
    try:
        forged(path)
    except (ValueError, KeyError, TypeError):  # the facts themselves were damaged
        return


def damage(path: pathlib.Path, count: int, seed: int = 0) -> str:
    """Damage a finished checkpoint: it is refused, or what is read is of the end that the training had."""
    whole, content, draw = train(path), path.read_bytes(), random.Random(seed)
    read, changed, longest = 0, 0, 0.0
    for _ in range(count):
        kind = draw.choice(["bytes", "arrays", "forged"])
        path.write_bytes({"bytes": mutated_bytes, "arrays": mutated_arrays}.get(kind, lambda _, c: c)(draw, content))
        if kind == "forged":
            forge(draw, path)
        start, message, run = time.perf_counter(), "checkpoint: ", None
        try:
            run = train(path)
        except ValueError as error:
            message = str(error)
        longest = max(longest, time.perf_counter() - start)
        assert message.startswith("checkpoint: ")
        if run is not None:
            read += 1
            # Weights are the one thing that only training again would prove: what is said of them is measured.
            same = same_encoder(run, whole)
            assert same or kind == "forged"
            changed += not same
            assert not same or run.history.iloc[-1, 2:].equals(whole.history.iloc[-1, 2:])
    assert longest < 10
    return f"{count} files, {read} read, of them {changed} with forged weights, {longest:.2f} s at most"


def test_a_damaged_checkpoint_is_refused_or_says_the_same(tmp_path):
    damage(tmp_path / "a.npz", 60)


@pytest.mark.parametrize("number", [3, -1, 99])
def test_a_row_that_no_table_has_is_not_a_number(number):
    table = mt.training.Tabular(3, 2, key=KEY)
    found = table(jnp.array([0, number]))
    assert np.isfinite(found[0]).all()
    assert np.isnan(found[1]).all()


def test_encoders_without_a_vector_for_each_input_are_refused():
    wide = mt.Joint(np.ones((6, 5)) + np.eye(6, 5), [0, 1, 2, 0, 1, 2], [0, 1, 2, 0, 1])
    pairs = {
        "swapped": (mt.training.Tabular(5, 2, key=KEY), mt.training.Tabular(6, 2, key=KEY)),
        "short": (mt.training.Tabular(6, 2, key=KEY), mt.training.Tabular(2, 2, key=KEY)),
    }
    for encoder, side in ((pairs["swapped"], "images"), (pairs["short"], "texts")):
        for more in ({}, {"batch": 4}):
            loss = mt.losses.spectral if more else mt.losses.spectral_population
            assert_refused(
                ValueError,
                f"encoder: finite nan {side}",
                lambda e=encoder, loss=loss, m=more: mt.train(wide, e, loss, steps=1, key=KEY, **m),
            )
    inputs = (jnp.array([0, 1, 2, 99, 4, 5]), jnp.arange(5))
    fit = (mt.training.Tabular(6, 2, key=KEY), mt.training.Tabular(5, 2, key=KEY))
    loss = mt.losses.spectral_population
    assert_refused(
        ValueError, "encoder: nan images", lambda: mt.train(wide, fit, loss, steps=1, inputs=inputs, key=KEY)
    )
