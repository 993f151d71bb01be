"""Bad input is refused at the border: one clear error that begins with the argument's name; good input is not."""

import dataclasses
import inspect
import json
import pickle
import tempfile
import warnings
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from refusals import assert_refused

import mmcl_theory as mt
from mmcl_theory.factorization.krylov.search import krylov
from mmcl_theory.factorization.operators.dense import Dense

EYE = ((1, 0), (0, 1))
KEY = jax.random.key(0)
FOUR = mt.generators.isotropic_noise(4, 0.25)  # k in 1 … 3
THREE = mt.generators.isotropic_noise(3, 0.25)
NAMES = mt.Names(("a", "b"), ("c", "d"), ("e", "f"))
PAIRS = {"images": ["a", "b"], "texts": ["t", "u"], "labels": ["x", "y"]}
CSV = "image,text,label,count\na,t,x,1\nb,u,y,2\n"


def joint(matrix=EYE, image_labels=(0, 1), text_labels=(0, 1), **more):
    return mt.Joint(matrix, image_labels, text_labels, **more)


def graph(matrix=EYE, labels=(0, 1), **more):
    return mt.PairGraph(matrix, labels, **more)


def pairs(**changed):
    return mt.datasets.from_pairs(**(PAIRS | changed))


def written(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def table(folder: Path, content: str | bytes = CSV, suffix: str = ".csv", **columns):
    return mt.datasets.from_file(written(folder / f"pairs{suffix}", content), **columns)


def load(folder: Path, without: str = "", **changed):
    """Load a saved joint after its fields have been tampered with."""
    path = folder / "joint.npz"
    joint([[3, 1], [1, 3]], names=NAMES).save(path)
    with np.load(path) as file:
        fields = {name: file[name] for name in file.files if name != without}
    np.savez(path, **(fields | {name: np.array(value) for name, value in changed.items()}))
    return mt.Joint.load(path)


def archived(names: dict) -> np.ndarray:
    return np.frombuffer(json.dumps(names).encode(), np.uint8)


def load_bytes(folder: Path, change):
    """Load a saved joint after the bytes of its file have been changed."""
    path = folder / "joint.npz"
    FOUR.save(path)
    return mt.Joint.load(written(path, change(path.read_bytes())))


def load_columns(folder: Path, **columns):
    path = folder / "pairs.parquet"
    pd.DataFrame(columns).to_parquet(path)
    return mt.datasets.from_file(path)


def refuse_to_be_read():
    raise AssertionError("a pickle was executed")


class Trap:
    def __reduce__(self):
        return refuse_to_be_read, ()


TRAP = pickle.dumps(Trap())
OBJECTS = np.empty(1, dtype=object)
OBJECTS[0] = Trap()


def huge(n_dimensions: int = 2):
    place = tuple(np.array([5]) for _ in range(n_dimensions))
    return scipy.sparse.coo_array(([1.0], place), shape=(10**6,) * 2 if n_dimensions == 2 else (10**10,))


def large():
    matrix = scipy.sparse.eye_array(10**6)
    return mt.Joint(matrix, np.zeros(10**6, dtype=int))


def batch(second):
    matrices = np.array([np.eye(2), np.array(second, dtype=float)])
    return jax.vmap(lambda matrix: mt.Joint(matrix, np.arange(2), n_classes=2))(matrices)


def channels(images, law=(1, 1), labels=(0, 1)):
    return mt.Joint.of_channels(images, np.eye(2), law, labels)


def alike(**changed):
    """A built-in theorem and a variant that was left with the same slug."""
    theorem = mt.theorems["probe-text-induced"]
    return [theorem, dataclasses.replace(theorem, **changed)]


def bad(name, error, words, call):
    """A row: ``call``, given an empty folder, must raise ``error``; the message begins with the first word."""
    return pytest.param(call, error, words, id=name)


MATRICES = (
    [
        bad("matrix-negative", ValueError, "matrix: non-negative -1", lambda _: joint([[1, -1], [0, 1]])),
        bad("matrix-nan", ValueError, "matrix: finite nan", lambda _: joint([[1, np.nan], [0, 1]])),
        bad("matrix-inf", ValueError, "matrix: finite inf", lambda _: joint([[1, np.inf], [0, 1]])),
        bad("matrix-complex", TypeError, "matrix: real complex128", lambda _: joint([[1j, 1], [0, 1]])),
        bad("matrix-strings", TypeError, "matrix: real <U1", lambda _: joint([["1", "0"], ["0", "1"]])),
        bad("matrix-string", TypeError, "matrix: real", lambda _: joint("1 0; 0 1")),
        bad("matrix-object", TypeError, "matrix: real object", lambda _: joint([[None, 1], [0, 1]])),
        bad("matrix-none", TypeError, "matrix: real object", lambda _: joint(None)),
        bad("matrix-huge-integer", TypeError, "matrix: real object", lambda _: joint([[10**400, 1], [0, 1]])),
        bad("matrix-dates", TypeError, "matrix: real", lambda _: joint(np.zeros((2, 2), "M8[s]"))),
        bad("matrix-ragged", ValueError, "matrix: unequal", lambda _: joint([[1, 0], [1]])),
        bad("matrix-empty", ValueError, "matrix:", lambda _: joint([])),
        bad("matrix-no-rows", ValueError, "matrix: empty", lambda _: joint(np.zeros((0, 2)), [])),
        bad("matrix-no-columns", ValueError, "matrix: empty", lambda _: joint(np.zeros((2, 0)))),
        bad("matrix-scalar", ValueError, "matrix: 2 dimension", lambda _: joint(1.0)),
        bad("matrix-1d", ValueError, "matrix: 2 dimension (2,)", lambda _: joint([1, 2])),
        bad("matrix-3d", ValueError, "matrix: 2 dimension (2, 2)", lambda _: joint(np.ones((2, 2, 2)))),
        bad("matrix-zero", ValueError, "matrix: total zero", lambda _: joint(np.zeros((2, 2)))),
        bad("matrix-sparse-nan", ValueError, "matrix: finite", lambda _: joint(scipy.sparse.eye(2) * np.nan)),
        bad("matrix-sparse-negative", ValueError, "matrix: non-negative -1.0", lambda _: joint(-huge())),
        bad("matrix-sparse-labels", ValueError, "image_labels: 1000000 got 2", lambda _: joint(huge())),
        bad(
            "batch-empty-row",
            ValueError,
            "joint: image 1 joint 1 no mass",
            lambda _: mt.verify(batch([[1, 1], [0, 0]]), 1),
        ),
        bad("batch-negative", ValueError, "joint: non-negative", lambda _: mt.verify(batch([[2, 1], [1, -1]]), 1)),
        bad("batch-nan", ValueError, "joint: finite", lambda _: mt.verify(batch([[2, 1], [1, np.nan]]), 1)),
        bad("dense-huge", ValueError, "self: too large 1000000", lambda _: large().to_dense()),
        bad("text-induced-sparse", ValueError, "self: densely", lambda _: THREE.to_sparse().text_induced()),
        bad("garble-sparse-rows", ValueError, "channel: 3 2", lambda _: THREE.to_sparse().garble(np.eye(2))),
        bad(
            "garble-sparse-sum",
            ValueError,
            "channel: sum to 1, row 0 2.0",
            lambda _: THREE.to_sparse().garble(2 * scipy.sparse.eye_array(3)),
        ),
        bad(
            "garble-sparse-nan",
            ValueError,
            "channel: finite nan entry",
            lambda _: THREE.to_sparse().garble(np.nan * scipy.sparse.eye_array(3)),
        ),
        bad("certify-channels", ValueError, "joint: exact", lambda _: mt.certify("probe-mmcl", channels(np.eye(2)), 1)),
        bad("certify-sparse", ValueError, "joint: at most 64 1000000", lambda _: mt.certify("probe-mmcl", large(), 1)),
        bad("spectrum-sparse", ValueError, "k: needed", lambda _: mt.class_spectrum(THREE.to_sparse())),
        bad("spectrum-k", ValueError, "k: 1 … 2 3", lambda _: mt.class_spectrum(THREE.to_sparse(), 3)),
        bad("spectrum-k-dense", ValueError, "k: 1 … 2 0", lambda _: mt.class_spectrum(THREE, 0)),
        bad("train-sparse", ValueError, "data: densely", lambda _: trained(THREE.to_sparse())),
        bad("pairs-sparse", ValueError, "joint: densely", lambda _: mt.training.Pairs(large(), 2)),
    ]
    + [
        bad(
            f"{function.__name__}-sparse",
            ValueError,
            "joint: densely",
            lambda _, f=function, more=more: f(large(), *more),
        )
        for function, more in [
            (mt.losses.pointwise_mutual_information, ()),
            (mt.losses.infonce_population, (EYE,)),
            (mt.losses.infonce_two, (EYE,)),
        ]
    ]
    + [
        bad("channels-rows", ValueError, "image_channel: 2 rows got 3", lambda _: channels(np.eye(3))),
        bad("channels-sum", ValueError, "image_channel: rows must sum to 1", lambda _: channels(np.ones((2, 2)))),
        bad("channels-law", ValueError, "natural_law: total mass zero", lambda _: channels(np.eye(2), [0, 0])),
        bad("channels-labels", ValueError, "image_labels: 2 got 3", lambda _: channels(np.eye(2), labels=[0, 1, 0])),
        bad("matrix-sparse-1d-huge", ValueError, "matrix:", lambda _: joint(huge(1))),
        bad("labels-too-few", ValueError, "image_labels: 2 got 1", lambda _: joint(image_labels=[0])),
        bad("labels-too-many", ValueError, "text_labels: 2 got 3", lambda _: joint(text_labels=[0, 1, 1])),
        bad("labels-empty", (ValueError, TypeError), "image_labels:", lambda _: joint(image_labels=[])),
        bad("labels-none", ValueError, "image_labels: integer", lambda _: joint(image_labels=None)),
        bad("labels-scalar", ValueError, "image_labels: integer", lambda _: joint(image_labels=1)),
        bad("labels-float", TypeError, "image_labels: integers float64", lambda _: joint(image_labels=[0.0, 1.0])),
        bad("labels-bool", TypeError, "image_labels: integers bool", lambda _: joint(image_labels=[False, True])),
        bad("labels-strings", TypeError, "text_labels: integers <U1", lambda _: joint(text_labels=["a", "b"])),
        bad("labels-nan", TypeError, "text_labels: integers", lambda _: joint(text_labels=[0, np.nan])),
        bad("labels-negative", ValueError, "image_labels: -1", lambda _: joint(image_labels=[0, -1])),
        bad("labels-huge", ValueError, "image_labels: 1000000000", lambda _: joint(image_labels=[0, 10**9])),
        bad("labels-beyond-int64", TypeError, "image_labels: integers", lambda _: joint(image_labels=[0, 10**30])),
        bad("labels-nested", ValueError, "image_labels: (2, 1)", lambda _: joint(image_labels=[[0], [1]])),
        bad("labels-ragged", ValueError, "text_labels: nested", lambda _: joint(text_labels=[[0], [1, 1]])),
        bad("classes-too-few", ValueError, "image_labels: got 1", lambda _: joint(n_classes=1)),
        bad("classes-zero", ValueError, "n_classes: at least 1", lambda _: joint(n_classes=0)),
        bad("classes-float", TypeError, "n_classes: integer 2.0", lambda _: joint(n_classes=2.0)),
        bad("classes-bool", TypeError, "n_classes: integer True", lambda _: joint(n_classes=True)),
        bad("classes-string", TypeError, "n_classes: integer '2'", lambda _: joint(n_classes="2")),
        bad("classes-huge", ValueError, "n_classes: 1000000000", lambda _: joint(n_classes=10**9)),
        bad("names-dict", TypeError, "names: Names dict", lambda _: joint(names={"images": ("a", "b")})),
        bad("names-tuples", TypeError, "names: Names tuple", lambda _: joint(names=dataclasses.astuple(NAMES))),
        bad(
            "names-images-short",
            ValueError,
            "names.images: 2 got 1",
            lambda _: joint(names=mt.Names(("a",), ("c", "d"), ("e", "f"))),
        ),
        bad(
            "names-texts-long",
            ValueError,
            "names.texts: 2 got 3",
            lambda _: joint(names=mt.Names(("a", "b"), ("c", "d", "e"), ("e", "f"))),
        ),
        bad("names-classes-short", ValueError, "names.classes: 3 got 2", lambda _: joint(n_classes=3, names=NAMES)),
        bad("names-none", TypeError, "names.images:", lambda _: joint(names=dataclasses.replace(NAMES, images=None))),
        bad("names-string", TypeError, "names.texts:", lambda _: joint(names=dataclasses.replace(NAMES, texts="cd"))),
        bad(
            "names-numbers",
            TypeError,
            "names.texts:",
            lambda _: joint(names=dataclasses.replace(NAMES, texts=(1, 2))),
        ),
        bad(
            "names-lists",  # they could not be hashed, as JAX needs them to be
            TypeError,
            "names.classes:",
            lambda _: joint(names=dataclasses.replace(NAMES, classes=["e", "f"])),
        ),
        bad("graph-not-square", ValueError, "matrix: symmetric (2, 3)", lambda _: graph(np.ones((2, 3)))),
        bad("graph-asymmetric", ValueError, "matrix: symmetric", lambda _: graph([[1, 2], [3, 1]])),
        bad("graph-no-mass", ValueError, "matrix: image 1 mass", lambda _: graph([[1, 0], [0, 0]])),
        bad("graph-zero", ValueError, "matrix: mass", lambda _: graph(np.zeros((2, 2)))),
        bad("graph-negative", ValueError, "matrix: non-negative", lambda _: graph([[1, -1], [-1, 1]])),
        bad("graph-nan", ValueError, "matrix: finite", lambda _: graph([[1, np.nan], [np.nan, 1]])),
        bad("graph-1d", ValueError, "matrix: 2 dimension", lambda _: graph([1, 1])),
        bad("graph-labels-short", ValueError, "labels: 2 got 1", lambda _: graph(labels=[0])),
        bad("graph-labels-float", TypeError, "labels: integers", lambda _: graph(labels=[0.0, 1.0])),
        bad("graph-labels-huge", ValueError, "labels: 1000000000", lambda _: graph(labels=[0, 10**9])),
        bad("graph-classes-zero", ValueError, "n_classes: at least 1", lambda _: graph(n_classes=0)),
        bad("graph-classes-few", ValueError, "labels: got 1", lambda _: graph(n_classes=1)),
        bad("graph-classes-huge", ValueError, "n_classes: 1000000000", lambda _: graph(n_classes=10**9)),
        bad(
            "conductance-many",
            ValueError,
            "conductance 16 17",
            lambda _: graph(np.eye(17), np.zeros(17, int)).conductance(),
        ),
        bad("conductance-one", ValueError, "conductance 2 1", lambda _: graph([[1]], [0]).conductance()),
    ]
)

DIMENSIONS = (
    [
        bad(f"{function.__name__}-k-{name}", error, f"k: {words}", lambda _, f=function, k=k: f(FOUR, k))
        for function in (mt.factorize, mt.measure, mt.verify)
        for name, k, error, words in [
            ("zero", 0, ValueError, "1 … 3 got 0"),
            ("negative", -1, ValueError, "1 … 3 got -1"),
            ("large", 4, ValueError, "1 … 3 got 4"),
            ("enormous", 10**30, ValueError, "1 … 3"),
            ("float", 1.0, TypeError, "integer 1.0"),
            ("nan", np.nan, TypeError, "integer nan"),
            ("string", "1", TypeError, "integer '1'"),
            ("bytes", b"\x01", TypeError, "integer"),
            ("bool", True, TypeError, "integer True"),
            ("numpy-bool", np.True_, TypeError, "integer True"),
            ("none", None, TypeError, "integer None"),
            ("empty", [], (ValueError, TypeError), "dimension" if function is mt.verify else "integer []"),
            ("numpy-empty", np.array([], int), (ValueError, TypeError), ""),
            ("2d", np.ones((1, 2), int), TypeError, "integer"),
            ("set", {1}, TypeError, "integer {1}"),
        ]
    ]
    + [
        bad(f"{where}-{name}", error, words, lambda _, run=run, given=given: run(**given))
        for where, run in (
            ("factorize", lambda **given: mt.factorize(FOUR, 1, **given)),
            ("krylov", lambda **given: krylov(Dense(jnp.eye(3)), 1, **({"key": KEY} | given))),
        )
        for name, given, error, words in [
            ("tol-zero", {"tol": 0}, ValueError, "tol: [1e-14, 1.0] 0"),
            ("tol-negative", {"tol": -1e-8}, ValueError, "tol: -1e-08"),
            ("tol-nan", {"tol": np.nan}, ValueError, "tol: nan"),
            ("tol-large", {"tol": 2}, ValueError, "tol: 2"),
            ("tol-string", {"tol": "1e-8"}, TypeError, "tol: real '1e-8'"),
            ("key-number", {"key": 0}, TypeError, "key: JAX 0"),
            ("keys", {"key": jax.random.split(KEY)}, TypeError, "key: single"),
        ]
    ]
    + [
        bad("k-one-image", ValueError, "k: single", lambda _: mt.factorize(joint([[1, 1]], [0]), 1)),
        bad("k-one-text", ValueError, "k: single", lambda _: mt.measure(joint([[1], [1]], text_labels=[0]), 1)),
        bad("k-several-one-bad", ValueError, "k: 1 … 3 got 9", lambda _: mt.verify(FOUR, [1, 9])),
        bad("k-several-floats", TypeError, "k: integer 2.5", lambda _: mt.verify(FOUR, [1, 2.5])),
        bad("k-of-one-joint", ValueError, "k: 1 … 2 got 3", lambda _: mt.verify([FOUR, THREE, FOUR], 3)),
        bad("factorize-no-joint", TypeError, "joint: list", lambda _: mt.factorize([[1, 0], [0, 1]], 1)),
        bad("measure-no-joint", TypeError, "joint: ndarray", lambda _: mt.measure(np.eye(2), 1)),
        bad("spectrum-no-joint", TypeError, "joint: ndarray", lambda _: mt.class_spectrum(np.eye(2))),
        bad("verify-no-joint", TypeError, "joint:", lambda _: mt.verify(np.eye(2), 1)),
        bad("verify-none", TypeError, "joint: None", lambda _: mt.verify(None, 1)),
        bad("verify-one-no-joint", TypeError, "joint: int", lambda _: mt.verify([FOUR, 3], 1)),
        bad("verify-no-joints", (ValueError, TypeError), "joint: one []", lambda _: mt.verify([], 1)),
        bad("slug-unknown", ValueError, "theorems: 'nothing'", lambda _: mt.verify(FOUR, 1, "nothing")),
        bad("slug-unknown-listed", ValueError, "theorems: 'no'", lambda _: mt.verify(FOUR, 1, ["amf-optimum", "no"])),
        bad("theorem-number", TypeError, "theorems: 3", lambda _: mt.verify(FOUR, 1, 3)),
        bad("theorem-number-listed", TypeError, "theorems: 3", lambda _: mt.verify(FOUR, 1, [3])),
        bad("theorems-empty", ValueError, "theorems:", lambda _: mt.verify(FOUR, 1, [])),
        bad(
            "theorems-of-one-slug",
            ValueError,
            "theorems: probe-text-induced",
            lambda _: mt.verify(FOUR, 1, alike(rhs=lambda q: q.tail)),
        ),
    ]
)

PARTS = [
    bad(f"{where}-{name}", error, f"channel: {words}", lambda _, use=use, channel=channel: use(channel))
    for where, use in [
        ("garble", THREE.garble),
        ("instance", lambda channel: mt.Instance(THREE, channel=channel)),
    ]
    for name, channel, error, words in [
        ("rows", np.eye(2), ValueError, "3 rows got 2"),
        ("not-stochastic", np.ones((3, 2)), ValueError, "sum to 1"),
        ("negative", [[2, -1], [1, 0], [1, 0]], ValueError, "non-negative -1"),
        ("nan", [[np.nan, 0], [1, 0], [1, 0]], ValueError, "finite nan"),
        ("1d", [1, 1, 1], ValueError, "2 dimension"),
        ("3d", np.ones((3, 1, 1)), ValueError, "2 dimension"),
        ("empty", np.zeros((3, 0)), ValueError, "empty"),
        ("ragged", [[1], [1, 0], [1]], ValueError, "unequal"),
        ("strings", [["1"]] * 3, TypeError, "real"),
        ("complex", np.ones((3, 1)) * 1j, TypeError, "complex"),
    ]
] + [
    bad(
        f"encoders-{name}",
        error,
        words,
        lambda _, encoders=encoders: mt.Instance(THREE, encoders=encoders),
    )
    for name, encoders, error, words in [
        ("array", np.ones((2, 3, 1)), TypeError, "encoders: pair"),
        ("one", (np.eye(3),), TypeError, "encoders: pair"),
        ("three", (np.eye(3),) * 3, TypeError, "encoders: pair"),
        ("string", "ab", TypeError, "encoders: pair"),
        ("images", (np.eye(4)[:, :3], np.eye(3)), ValueError, "encoders: (3, d) (4, 3)"),
        ("texts", (np.eye(3), np.eye(4)[:, :3]), ValueError, "encoders: (3, d) (4, 3)"),
        ("dimensions", (np.eye(3), np.ones((3, 2))), ValueError, "encoders: (3, d) (3, 2)"),
        ("1d", (np.ones(3), np.ones(3)), ValueError, "encoders[0]: 2 dimension"),
        ("nan", (np.eye(3), np.eye(3) * np.nan), ValueError, "encoders[1]: finite"),
        ("complex", (np.eye(3) * 1j, np.eye(3)), TypeError, "encoders[0]: real"),
        ("none", (None, np.eye(3)), TypeError, "encoders[0]: real"),
    ]
]
PARTS += [
    bad(f"{part}-{name}", error, words, lambda _, parts={part: value}: mt.Instance(THREE, **parts))
    for part, name, value, error, words in [
        ("augmentation", "array", np.eye(3), TypeError, "augmentation: PairGraph ndarray"),
        ("augmentation", "images", mt.PairGraph(np.eye(2), [0, 1]), ValueError, "augmentation: 3 images 2"),
        ("augmentation", "labels", mt.PairGraph(np.eye(3), [0, 1, 1]), ValueError, "augmentation: labels"),
        ("auxiliary_labels", "length", [0, 1], ValueError, "auxiliary_labels: 3 got 2"),
        ("auxiliary_labels", "float", [0.0, 1.0, 2.0], TypeError, "auxiliary_labels: integers float64"),
        ("auxiliary_labels", "negative", [0, 1, -1], ValueError, "auxiliary_labels: -1"),
        ("sample", "shape", np.eye(2), ValueError, "sample: (3, 3) (2, 2)"),
        ("sample", "negative", -np.eye(3), ValueError, "sample: non-negative"),
        ("sample", "empty", np.zeros((3, 3)), ValueError, "sample: total zero"),
        ("sample", "shares", np.eye(3) / 3, ValueError, "sample: whole 0.33"),
        ("failure_probability", "zero", 0, ValueError, "failure_probability: 0"),
        ("failure_probability", "one", 1, ValueError, "failure_probability: below 1"),
        ("failure_probability", "nan", np.nan, ValueError, "failure_probability: nan"),
        ("failure_probability", "string", "5%", TypeError, "failure_probability: '5%'"),
    ]
] + [
    bad(
        "augment-rows", ValueError, "channel: sum to 1", lambda _: mt.PairGraph.of_augmentations([[1, 1]], [1], [0, 0])
    ),
    bad("augment-law", ValueError, "natural_law: 1 got 2", lambda _: mt.PairGraph.of_augmentations([[1]], [1, 1], [0])),
    bad("augment-dead", ValueError, "matrix: image 1", lambda _: mt.PairGraph.of_augmentations([[1, 0]], [1], [0, 0])),
]
PARTS += [
    bad(
        "random-parts-pairs",
        ValueError,
        "n_pairs: 1 … got 0",
        lambda _: mt.Instance.with_random_parts(THREE, n_pairs=0, key=KEY),
    ),
    bad(
        "feature-diversity-rows",
        ValueError,
        "features: 3 (2, 2)",
        lambda _: THREE.text_induced().feature_diversity(np.eye(2)),
    ),
    bad(
        "infonce-shape",
        ValueError,
        "scores: (3, 3) (2, 2)",
        lambda _: mt.losses.infonce_estimate(THREE, np.eye(2), 4, n_draws=10, key=KEY),
    ),
    bad(
        "infonce-one-candidate",
        ValueError,
        "candidates: at least 2",
        lambda _: mt.losses.infonce_estimate(THREE, np.eye(3), 1, n_draws=10, key=KEY),
    ),
    bad(
        "advantage-other-theorems",
        ValueError,
        "table: 'probe-text-induced' COMPARISON",
        lambda _: mt.advantage(mt.verify(THREE, 1, "label-transfer")),
    ),
    bad("instance-no-joint", TypeError, "joint: ndarray", lambda _: mt.Instance(np.eye(2))),
    bad(
        "random-parts-no-joint",
        TypeError,
        "joint: ndarray",
        lambda _: mt.Instance.with_random_parts(np.eye(2), key=KEY),
    ),
    bad(
        "random-parts-zero",
        ValueError,
        "dimension: at least 1",
        lambda _: mt.Instance.with_random_parts(THREE, dimension=0, key=KEY),
    ),
    bad(
        "random-parts-float",
        TypeError,
        "dimension: integer",
        lambda _: mt.Instance.with_random_parts(THREE, dimension=2.0, key=KEY),
    ),
    bad("sample-zero", ValueError, "n_pairs: 1 … got 0", lambda _: THREE.sample(0, key=KEY)),
    bad("sample-negative", ValueError, "n_pairs: 1 … got -1", lambda _: THREE.sample(-1, key=KEY)),
    bad("sample-float", TypeError, "n_pairs: integer 2.5", lambda _: THREE.sample(2.5, key=KEY)),
    bad("sample-string", TypeError, "n_pairs: integer '9'", lambda _: THREE.sample("9", key=KEY)),
    bad("sample-bool", TypeError, "n_pairs: integer True", lambda _: THREE.sample(True, key=KEY)),
    bad("sample-none", TypeError, "n_pairs: integer None", lambda _: THREE.sample(None, key=KEY)),
    bad("sample-key-number", TypeError, "key:", lambda _: THREE.sample(9, key=7)),
    bad("sample-keys", (ValueError, TypeError), "key:", lambda _: THREE.sample(9, key=jax.random.split(KEY))),
    bad("parts-key", TypeError, "key:", lambda _: mt.Instance.with_random_parts(THREE, key=7)),
]


def knob(generator: str, value, error, words: str, argument: str, **others):
    """A row for one argument of a generator, the others being the default."""
    function = getattr(mt.generators, generator)
    others = ({"key": KEY} if "key" in inspect.signature(function).parameters else {}) | others
    return bad(
        f"{generator}-{argument}={value}",
        error,
        words if words.startswith(argument) else f"{argument}: {words}",
        lambda _: function(**(others | {argument: value})),
    )


FRACTIONS = [(-0.1, ValueError, "[0, 1]"), (1.1, ValueError, "[0, 1]"), (np.nan, ValueError, "[0, 1]")]
FRACTIONS += [(None, TypeError, "real None"), ("0.3", TypeError, "real '0.3'"), (1j, TypeError, "real 1j")]
COUNTS = [(0, ValueError, "got 0"), (2.0, TypeError, "integer 2.0"), (True, TypeError, "integer True")]
GENERATORS = [
    *(knob("isotropic_noise", *row, "n_classes") for row in [*COUNTS, (1, ValueError, "at least 2")]),
    *(knob("isotropic_noise", *row, "noise") for row in FRACTIONS),
    knob("isotropic_noise", np.array([0.3]), TypeError, "real", "noise"),
    knob("isotropic_noise", 10**8, ValueError, "large", "n_classes"),
    *(knob("block_joint", *row, "n_images") for row in [*COUNTS, (3, ValueError, "at least 4")]),
    *(knob("block_joint", *row, "n_texts") for row in [*COUNTS, (3, ValueError, "at least 4")]),
    knob("block_joint", (1, 0), ValueError, "positive", "class_sizes"),
    knob("block_joint", (1, -1), ValueError, "non-negative", "class_sizes"),
    knob("block_joint", (1, np.nan), ValueError, "finite", "class_sizes"),
    knob("block_joint", (), ValueError, "empty", "class_sizes"),
    knob("block_joint", 4, ValueError, "1 dimension", "class_sizes"),
    knob("block_joint", "abc", TypeError, "real", "class_sizes"),
    *(knob("block_joint", *row, "label_noise") for row in FRACTIONS),
    knob("block_joint", 0.1, ValueError, "single class", "label_noise", class_sizes=(1,)),
    *(knob("block_joint", *row, "contrast") for row in FRACTIONS),
    knob("block_joint", -1, ValueError, "[0, 50]", "tail"),
    knob("block_joint", 51, ValueError, "[0, 50]", "tail"),
    knob("block_joint", np.nan, ValueError, "[0, 50]", "tail"),
    knob("block_joint", 7, TypeError, "", "key"),
    knob("block_joint", 10**17, ValueError, "large", "n_images"),
    *(knob("random_dirichlet", *row, "n_images") for row in COUNTS),
    *(knob("random_dirichlet", *row, "n_texts") for row in COUNTS),
    *(knob("random_dirichlet", *row, "n_classes") for row in [*COUNTS, (9, ValueError, "1 … 8")]),
    *(knob("random_dirichlet", c, ValueError, "(0, 1000000", "concentration") for c in (0, -1, np.nan, np.inf)),
    knob("random_dirichlet", "1", TypeError, "real", "concentration"),
    knob("random_dirichlet", 7, TypeError, "", "key"),
    knob("hierarchical_classes", (), ValueError, "at least one", "branching"),
    knob("hierarchical_classes", 3, (ValueError, TypeError), "sequence", "branching"),
    knob("hierarchical_classes", None, (ValueError, TypeError), "sequence", "branching"),
    knob("hierarchical_classes", (2, 0, 2), ValueError, "branching[1]: at least 1", "branching"),
    knob("hierarchical_classes", (2, 2.0, 2), TypeError, "branching[1]: integer", "branching"),
    knob("hierarchical_classes", "234", TypeError, "branching[0]: integer", "branching"),
    knob("hierarchical_classes", (10**17,), ValueError, "large", "branching", weights=(1, 1)),
    knob("hierarchical_classes", (1, 1), ValueError, "4 weights", "weights"),
    knob("hierarchical_classes", (0, 0, 0, 0), ValueError, "total zero", "weights"),
    knob("hierarchical_classes", (1, 1, 1, -1), ValueError, "non-negative", "weights"),
    knob("hierarchical_classes", (1, 1, 1, np.nan), ValueError, "finite", "weights"),
    knob("hierarchical_classes", None, TypeError, "real", "weights"),
    *(knob("hierarchical_classes", level, ValueError, "0 … 3", "label_level") for level in (-1, 4)),
    knob("hierarchical_classes", 1.5, TypeError, "integer", "label_level"),
    *(knob("caption_model", *row, "n_images") for row in COUNTS),
    *(knob("caption_model", *row, "n_attributes") for row in COUNTS),
    *(knob("caption_model", *row, "n_classes") for row in [*COUNTS, (17, ValueError, "1 … 16")]),
    knob("caption_model", 4, ValueError, "1 … 3", "n_classes", n_images=3),
    *(knob("caption_model", *row, "attributes_per_image") for row in [*COUNTS, (17, ValueError, "1 … 16")]),
    *(knob("caption_model", *row, "caption_length") for row in [*COUNTS, (5, ValueError, "1 … 4")]),
    *(knob("caption_model", *row, "affinity") for row in FRACTIONS),
    knob("caption_model", 7, TypeError, "", "key"),
    knob("caption_model", 10**17, ValueError, "large", "n_images"),
]

NOT_A_JOINT = "path: not a joint written by Joint.save"
FILES = [
    bad("load-missing", FileNotFoundError, "path: no file none.npz", lambda p: mt.Joint.load(p / "none.npz")),
    bad("load-folder", (FileNotFoundError, ValueError), "path:", lambda p: mt.Joint.load(p)),
    *(
        bad(f"load-{name}", ValueError, NOT_A_JOINT, lambda p, c=content: mt.Joint.load(written(p / "f.npz", c)))
        for name, content in [("text", "hello\n"), ("empty", ""), ("pickle", TRAP), ("zip-start", b"PK\3\4 etc.")]
    ),
    bad("load-truncated", ValueError, NOT_A_JOINT, lambda p: load_bytes(p, lambda b: b[: len(b) // 2])),
    bad("load-headless", ValueError, NOT_A_JOINT, lambda p: load_bytes(p, lambda b: b[100:])),
    bad(  # inside the compressed data of the first field
        "load-corrupted", ValueError, NOT_A_JOINT, lambda p: load_bytes(p, lambda b: b[:60] + b"\xff" * 9 + b[69:])
    ),
    bad("load-objects", ValueError, NOT_A_JOINT, lambda p: load(p, values=OBJECTS)),
    bad("load-other-objects", ValueError, NOT_A_JOINT, lambda p: load(p, more=OBJECTS)),
    bad("load-no-joint", ValueError, NOT_A_JOINT, lambda p: (np.savez(p / "a.npz", x=1), mt.Joint.load(p / "a.npz"))),
    bad("load-npy", ValueError, NOT_A_JOINT, lambda p: (np.save(p / "a.npy", [1]), mt.Joint.load(p / "a.npy"))),
    *(
        bad(f"load-without-{field}", ValueError, f"{NOT_A_JOINT} {field}", lambda p, f=field: load(p, f))
        for field in ("format", "rows", "values", "image_labels", "text_ids", "n_classes", "given_shape")
    ),
    bad("load-without-names", ValueError, f"{NOT_A_JOINT} names", lambda p: load(p, "names")),
    *(
        bad(
            f"load-{'-'.join(changed)}={'-'.join(map(str, changed.values()))}",
            ValueError,
            f"{NOT_A_JOINT} {words}",
            lambda p, changed=changed: load(p, **changed),
        )
        for words, changed in [
            ("format 2", {"format": 2}),
            ("", {"format": "one"}),
            ("held: 'loosely'", {"held": "loosely"}),
            ("natural", {"held": "factored"}),
            ("2", {"rows": [0, 0, 1, 2]}),
            ("", {"rows": [0, 0, 1, -1]}),  # not the last row
            ("", {"rows": [0.0, 0.0, 1.0, 1.0]}),
            ("", {"rows": [True, False, True, False]}),
            ("", {"rows": [0, 0, 1]}),
            ("", {"columns": [0, 1, 1, 1]}),  # one cell twice, one not at all
            ("", {"values": [0.25]}),  # not to be broadcast
            ("non-negative", {"held": "sparse", "values": [1.5, -0.5, 0, 0]}),
            ("zero", {"held": "sparse", "values": [1.0, 0.0, 0.0, 0.0]}),
            ("order", {"held": "sparse", "columns": [0, 1, 1, 1]}),
            ("", {"values": [0.25, 0.25, 0.5]}),
            ("non-negative", {"values": [1.5, -0.5, 0, 0]}),
            ("finite", {"values": [1.0, 0, 0, np.nan]}),
            ("", {"values": ["a", "b", "c", "d"]}),
            ("", {"values": np.ones(4) * (1 + 1j)}),
            ("zero", {"values": [1.0, 0.0, 0.0, 0.0]}),
            ("image_labels", {"image_labels": [0, 1, 1]}),
            ("image_labels", {"image_labels": [0, 2]}),
            ("text_labels", {"text_labels": [0.0, 1.0]}),
            ("", {"n_classes": [2, 2]}),
            ("n_classes", {"n_classes": 0}),
            ("n_classes", {"n_classes": 2.5}),
            ("classes", {"n_classes": 10**9}),
            ("", {"image_ids": 3}),
            ("image_ids", {"image_ids": [0, 9]}),  # of two given
            ("image_ids", {"image_ids": [-1, 0]}),
            ("image_ids", {"image_ids": [0, 0]}),
            ("image_ids", {"image_ids": [0.0, 1.0]}),
            ("text_ids", {"text_ids": ["a", "b"]}),
            ("image_ids", {"given_shape": [1, 1]}),
            ("", {"given_shape": [2, 2, 2]}),
            ("", {"names": np.frombuffer(b"not JSON", np.uint8)}),
            ("names.images", {"names": archived({"images": ["a"], "texts": ["c", "d"], "classes": ["e", "f"]})}),
            ("names.texts", {"names": archived({"images": ["a", "b"], "texts": "cd", "classes": [1, 2]})}),
        ]
    ),
    bad("emoji-language", ValueError, "language: en, de, 'xx'", lambda _: mt.datasets.emoji("xx")),
    bad("emoji-language-none", ValueError, "language: None", lambda _: mt.datasets.emoji(None)),
    bad("emoji-labels", ValueError, "labels: 'group' 'hue'", lambda _: mt.datasets.emoji(labels="hue")),
    bad("file-missing", FileNotFoundError, "path: no file", lambda p: mt.datasets.from_file(p / "none.csv")),
    bad("file-folder", (FileNotFoundError, ValueError), "path:", lambda p: mt.datasets.from_file(p)),
    bad("file-pkl", ValueError, "path: .csv .tsv .parquet .pkl", lambda p: table(p, TRAP, ".pkl")),
    bad("file-no-suffix", ValueError, "path: .csv .tsv .parquet", lambda p: table(p, suffix="")),
    bad("file-pickle-as-csv", ValueError, "path: csv", lambda p: table(p, TRAP)),
    bad("file-pickle-as-parquet", ValueError, "path: parquet", lambda p: table(p, TRAP, ".parquet")),
    bad("file-text-as-parquet", ValueError, "path: parquet", lambda p: table(p, CSV, ".parquet")),
    bad("file-latin-1", ValueError, "path: csv", lambda p: table(p, CSV.replace("t", "é").encode("latin-1"))),
    bad("file-no-column", ValueError, "image: 'img' image, text", lambda p: table(p, image="img")),
    bad("file-no-count", ValueError, "count: 'n' text, label", lambda p: table(p, count="n")),
    bad("file-column-none", (ValueError, TypeError), "image: None", lambda p: table(p, image=None)),
    bad("file-csv-as-tsv", ValueError, "image: column", lambda p: table(p, suffix=".tsv")),
    bad("file-empty", ValueError, "path:", lambda p: table(p, "")),
    bad("file-header-only", ValueError, "path: no rows", lambda p: table(p, "image,text,label\n")),
    bad("file-missing-cell", ValueError, "image missing", lambda p: table(p, CSV.replace("b,", ","))),
    bad("file-short-row", ValueError, "label missing", lambda p: table(p, CSV + "c,t\n")),
    bad("file-long-row", ValueError, "path: csv", lambda p: table(p, CSV + "c,t,x,1,5\n")),
    bad("file-all-rows-long", ValueError, "path:", lambda p: table(p, "image,text,label\na,t,x,1\nb,u,y,2\n")),
    bad("file-count-word", ValueError, "count 'many' row", lambda p: table(p, CSV + "c,t,x,many\n", count="count")),
    bad("file-count-nan", ValueError, "count 'nan' row", lambda p: table(p, CSV + "c,t,x,nan\n", count="count")),
    bad("file-count-inf", ValueError, "count", lambda p: table(p, CSV + "c,t,x,inf\n", count="count")),
    bad("file-count-negative", ValueError, "count", lambda p: table(p, CSV + "c,t,x,-3\n", count="count")),
    bad("file-two-classes", ValueError, "label 'a' two classes", lambda p: table(p, CSV + "a,t,y,1\n")),
    bad(
        "file-parquet-null",
        ValueError,
        "text missing",
        lambda p: load_columns(p, image=["a", "b"], text=["t", None], label=["x", "y"]),
    ),
    bad(
        "file-parquet-lists",
        TypeError,
        "text hashable",
        lambda p: load_columns(p, image=["a", "b"], text=[["t"], ["u", "v"]], label=["x", "y"]),
    ),
    bad("table-suffix", ValueError, "path: .parquet .csv", lambda p: mt.tables.write(pd.DataFrame(), p / "a.pkl")),
    bad("table-no-suffix", ValueError, "path: .parquet .csv", lambda p: mt.tables.write(pd.DataFrame(), p / "a")),
    bad("table-list", TypeError, "table: list", lambda p: mt.tables.write([1], p / "a.csv")),
    bad("read-suffix", ValueError, "path: .parquet .csv", lambda p: mt.tables.read(written(p / "a.pkl", TRAP))),
    bad("read-missing", FileNotFoundError, "path: no file", lambda p: mt.tables.read(p / "a.parquet")),
    bad("read-folder", (FileNotFoundError, ValueError), "path:", lambda p: mt.tables.read(p)),
    bad("read-pickle-csv", ValueError, "path:", lambda p: mt.tables.read(written(p / "a.csv", TRAP))),
    bad("read-pickle-parquet", ValueError, "path:", lambda p: mt.tables.read(written(p / "a.parquet", TRAP))),
    bad("read-empty-csv", ValueError, "path:", lambda p: mt.tables.read(written(p / "a.csv", ""))),
]

PAIR_LISTS = [
    bad(
        f"pairs-{name}",
        error,
        words,
        lambda _, changed=changed: pairs(**changed),
    )
    for name, error, words, changed in [
        ("texts-short", ValueError, "texts: 2 got 1", {"texts": ["t"]}),
        ("labels-short", ValueError, "labels: 2 got 1", {"labels": ["x"]}),
        ("empty", ValueError, "images: empty", {"images": [], "texts": [], "labels": []}),
        ("none", ValueError, "images: 1 missing", {"images": ["a", None]}),
        ("nan", ValueError, "texts: 1 missing", {"texts": ["t", np.nan]}),
        ("blank", ValueError, "texts: 0 missing", {"texts": ["", "u"]}),
        ("na", ValueError, "images: 1 missing", {"images": ["a", pd.NA]}),
        ("label-none", ValueError, "labels: 0 missing", {"labels": [None, "y"]}),
        ("string", TypeError, "images: sequence str", {"images": "ab"}),
        ("bytes", TypeError, "images: sequence bytes", {"images": b"ab"}),
        ("labels-string", TypeError, "labels: sequence str", {"labels": "xy"}),
        ("labels-none", TypeError, "labels: sequence", {"labels": None}),
        ("number", TypeError, "images: sequence int", {"images": 3}),
        ("generator", TypeError, "images: sequence", {"images": (x for x in "ab")}),
        ("lists", TypeError, "images: hashable", {"images": [["a"], ["b"]]}),
        ("dicts", TypeError, "texts: hashable", {"texts": [{}, {}]}),
        ("arrays", TypeError, "images: hashable", {"images": [np.arange(2), np.arange(3)]}),
        ("2d", TypeError, "images: hashable", {"images": np.ones((2, 2))}),
        ("label-lists", TypeError, "labels: hashable", {"labels": [["x"], ["y"]]}),
        ("conflict", ValueError, "labels: 'a' two classes, 'x' 'y'", {"images": ["a", "a"]}),
        ("text-conflict", ValueError, "text_labels: 't' two", {"texts": ["t", "t"], "text_labels": ["x", "y"]}),
        ("text-labels-short", ValueError, "text_labels: 2 got 1", {"text_labels": ["x"]}),
        ("mapping-lacks", ValueError, "labels: 'b' no class", {"labels": {"a": "x"}}),
        ("text-mapping-lacks", ValueError, "text_labels: 'u' no class", {"text_labels": {"t": "x"}}),
        ("mapping-none", ValueError, "labels: 'b'", {"labels": {"a": "x", "b": None}}),
        ("mapping-nan", ValueError, "labels: 'b'", {"labels": {"a": "x", "b": np.nan}}),
        ("mapping-blank", ValueError, "labels: 'b'", {"labels": {"a": "x", "b": ""}}),
        ("mapping-lists", TypeError, "labels: hashable", {"labels": {"a": ["x"], "b": ["y"]}}),
        ("counts-short", ValueError, "counts: 2 (1,)", {"counts": [1]}),
        ("counts-scalar", ValueError, "counts: 1 dimension ()", {"counts": 3}),
        ("counts-2d", ValueError, "counts: 2 (2, 1)", {"counts": [[1], [1]]}),
        ("counts-ragged", ValueError, "counts:", {"counts": [[1], [1, 2]]}),
        ("counts-negative", ValueError, "counts: non-negative -1", {"counts": [1, -1]}),
        ("counts-nan", ValueError, "counts: finite nan", {"counts": [1, np.nan]}),
        ("counts-inf", ValueError, "counts: finite inf", {"counts": [1, np.inf]}),
        ("counts-strings", TypeError, "counts: real", {"counts": ["1", "2"]}),
        ("counts-complex", TypeError, "counts: real", {"counts": [1j, 1]}),
        ("counts-none", TypeError, "counts: real", {"counts": [1, None]}),
        ("counts-zero", ValueError, "counts: zero", {"counts": [0, 0]}),
        (
            "counts-cancel",
            ValueError,
            "counts: non-negative",
            {"images": list("abb"), "texts": list("tuu"), "labels": list("xyy"), "counts": [1, 2, -1]},
        ),
    ]
]


def trained(data=THREE, encoder=None, loss=mt.losses.spectral_population, **more):
    return mt.train(data, encoder or (tabular(), tabular()), loss, **({"steps": 1, "key": KEY} | more))


def tabular(n: int = 3, dimension: int = 2, **more):
    return mt.training.Tabular(n, dimension, key=KEY, **more)


def views(n: int):
    """A sampler of one thing: n rows of views."""
    return lambda key: (jax.random.normal(key, (n, 3)),)


def linear(weight=((1.0, 0.0, 0.0), (0.0, 1.0, 0.0))):
    return eqx.tree_at(lambda f: f.weight, mt.training.Linear(3, 2, key=KEY), jnp.array(weight))


def ntxent(temperature):
    return lambda embeddings: mt.losses.ntxent(embeddings, temperature)


def clip(temperature):
    return lambda images, texts: mt.losses.clip(images, texts, temperature)


TRAINING = [
    bad(f"train-{name}", error, words, lambda _, call=call: call())
    for name, error, words, call in [
        ("data", TypeError, "data: Joint ndarray", lambda: trained(np.eye(3))),
        ("steps", ValueError, "steps: 1 0", lambda: trained(steps=0)),
        ("every", ValueError, "every: 1 0", lambda: trained(every=0)),
        ("key", TypeError, "key:", lambda: trained(key=0)),
        ("batch", ValueError, "batch: 2 1", lambda: trained(batch=1)),
        ("negatives", ValueError, "negatives: in-batch 'hard'", lambda: trained(batch=2, negatives="hard")),
        ("optimizer", TypeError, "optimizer: optax str", lambda: trained(optimizer="sgd")),
        ("encoder", TypeError, "encoder: Equinox int", lambda: trained(encoder=3)),
        ("encoder-single", TypeError, "encoder: pair", lambda: trained(encoder=tabular())),
        ("encoder-three", ValueError, "encoder: pair 3", lambda: trained(encoder=(tabular(),) * 3)),
        (
            "encoder-dimensions",
            ValueError,
            "encoder: (3, 2) (3, 1)",
            lambda: trained(encoder=(tabular(), tabular(3, 1))),
        ),
        ("encoder-vector", ValueError, "encoder: (3,)", lambda: trained(encoder=(lambda x: x * 1.0,) * 2)),
        (
            "encoder-nan",
            ValueError,
            "encoder: finite",
            lambda: trained(views(4), linear([[np.nan] * 3] * 2), ntxent(1.0)),
        ),
        ("inputs-rows", ValueError, "inputs: (3, 3) (3, 2)", lambda: trained(inputs=(np.arange(3), np.arange(2)))),
        ("inputs-nan", ValueError, "inputs: finite", lambda: trained(inputs=(np.full((3, 3), np.nan), np.arange(3)))),
        ("inputs-of-a-sampler", ValueError, "inputs: sampler", lambda: trained(views(4), linear(), inputs=(EYE, EYE))),
        ("batch-of-a-sampler", ValueError, "batch: sampler", lambda: trained(views(4), linear(), batch=4)),
        ("views-odd", ValueError, "embeddings: even 5", lambda: trained(views(5), linear(), ntxent(1.0))),
        ("temperature-zero", ValueError, "temperature: 0", lambda: trained(views(4), linear(), ntxent(0.0))),
        ("temperature-negative", ValueError, "temperature: -1", lambda: trained(batch=2, loss=clip(-1))),
        ("learned-temperature", ValueError, "temperature: 0", lambda: mt.training.Clip(0)),
        ("tabular-n", ValueError, "n: 1 0", lambda: tabular(0)),
        ("tabular-dimension", ValueError, "dimension: 1 0", lambda: tabular(3, 0)),
        ("tabular-marginal", ValueError, "marginal: 3 (2,)", lambda: tabular(marginal=[0.5, 0.5])),
        ("tabular-massless", ValueError, "marginal: positive", lambda: tabular(marginal=[0.5, 0.5, 0])),
        ("mlp-sizes", ValueError, "sizes: inputs outputs", lambda: mt.training.MLP((3,), key=KEY)),
        ("mlp-empty-layer", ValueError, "sizes: 1 0", lambda: mt.training.MLP((3, 0, 2), key=KEY)),
    ]
]


def pictures(n: int = 4, side: int = 2):
    return np.ones((n, 1, side, side, 1), np.float32)


def seen(drawings=None, batch=2, shift=1, jitter=0.1, noise=0.1, mirror=False):
    return mt.resampling.Views(pictures() if drawings is None else drawings, batch, shift, jitter, noise, mirror)


def mlp(n_inputs: int = 4):
    return mt.training.MLP((n_inputs, 3, 2), key=KEY)


def guide(**changed):
    given = {"views": seen(), "captions": np.eye(4), "encoder": mlp(), "steps": 1, "key": KEY}
    return mt.resampling.train_guide(**(given | changed))


def guided(**changed):
    given = {"sampler": seen(), "encoder": mlp(), "guide": mlp(), "steps": 1, "key": KEY}
    return mt.resampling.train_guided(**(given | changed))


ACCURACIES = {"data": ["a"] * 2, "method": ["none"] * 2, "seed": [0, 1], "accuracy": [0.5, 0.6]}
SPOILT = eqx.tree_at(lambda f: f.biases[0], mlp(), jnp.full(3, jnp.nan))
RESAMPLING = [
    bad(f"resampling-{name}", error, words, lambda _, call=call: call())
    for name, error, words, call in [
        ("method", ValueError, "method: none 'hard'", lambda: mt.resampling.Guided("hard", 0.5)),
        ("temperature", ValueError, "temperature: 0", lambda: mt.resampling.Guided("none", 0)),
        ("temperature-nan", ValueError, "temperature: nan", lambda: mt.resampling.Guided("none", np.nan)),
        ("graph", TypeError, "graph: PairGraph ndarray", lambda: mt.resampling.GraphViews(np.eye(2), 2)),
        ("graph-batch", ValueError, "batch: 2 1", lambda: mt.resampling.GraphViews(graph(), 1)),
        ("drawings", ValueError, "drawings: 5 dimension", lambda: seen(np.ones((4, 2, 2)))),
        ("drawings-nan", ValueError, "drawings: finite nan", lambda: seen(pictures() * np.nan)),
        ("batch", ValueError, "batch: 2 1", lambda: seen(batch=1)),
        ("batch-large", ValueError, "batch: 4 5", lambda: seen(batch=5)),
        ("batch-float", TypeError, "batch: integer 2.5", lambda: seen(batch=2.5)),
        ("shift", ValueError, "shift: 0 -1", lambda: seen(shift=-1)),
        ("jitter", ValueError, "jitter: [0, 1] 2", lambda: seen(jitter=2)),
        ("noise", ValueError, "noise: -1", lambda: seen(noise=-1)),
        ("noise-infinite", ValueError, "noise: inf", lambda: seen(noise=np.inf)),
        ("mirror", TypeError, "mirror: True False 1", lambda: seen(mirror=1)),
        ("views", TypeError, "views: Views ndarray", lambda: guide(views=pictures())),
        ("views-few", ValueError, "views: 6 twice 4", lambda: guide(views=seen(batch=3))),
        ("captions", ValueError, "captions: 4 3", lambda: guide(captions=np.eye(3))),
        ("captions-nan", ValueError, "captions: finite nan", lambda: guide(captions=np.full((4, 2), np.nan))),
        ("captions-1d", ValueError, "captions: 2 dimension", lambda: guide(captions=np.ones(4))),
        ("loss", ValueError, "loss: clip 'x'", lambda: guide(loss="x")),
        ("guide-encoder", TypeError, "encoder: MLP Tabular", lambda: guide(encoder=tabular(4))),
        ("guide-inputs", ValueError, "encoder: (4, 2, 2, 1)", lambda: guide(encoder=mlp(5))),
        ("guide-steps", ValueError, "steps: 1 0", lambda: guide(steps=0)),
        ("guide-key", TypeError, "key: JAX", lambda: guide(key=0)),
        ("sampler", TypeError, "sampler: function ndarray", lambda: guided(sampler=pictures())),
        ("sampler-single", ValueError, "sampler: pair", lambda: guided(sampler=lambda key: (jnp.ones((4, 4)),))),
        ("encoder", TypeError, "encoder: Equinox int", lambda: guided(encoder=3)),
        ("encoder-inputs", ValueError, "encoder: (4, 2, 2, 1)", lambda: guided(encoder=mlp(5))),
        ("encoder-vector", ValueError, "encoder: row 4 (4,)", lambda: guided(encoder=lambda x: x.sum(axis=(1, 2, 3)))),
        ("encoder-nan", ValueError, "encoder: finite", lambda: guided(encoder=SPOILT)),
        ("guide", ValueError, "guide: (4, 2, 2, 1)", lambda: guided(guide=mlp(5))),
        ("guide-nan", ValueError, "guide: finite", lambda: guided(guide=SPOILT)),
        ("steps", ValueError, "steps: 1 0", lambda: guided(steps=0)),
        ("guided-temperature", ValueError, "temperature: -1", lambda: guided(temperature=-1)),
        ("key", TypeError, "key: JAX 3", lambda: guided(key=3)),
        ("crossclr-weight", ValueError, "negative_weight: -1", lambda: mt.training.CrossClr(0.1, -1)),
        ("crossclr-temperature", ValueError, "temperature: 0", lambda: mt.training.CrossClr(0)),
        (
            "baseline",
            ValueError,
            "baseline: none 'x'",
            lambda: mt.resampling.summary(pd.DataFrame(ACCURACIES), baseline="x"),
        ),
    ]
]

BAD = RESAMPLING + MATRICES + DIMENSIONS + PARTS + GENERATORS + FILES + PAIR_LISTS + TRAINING


@pytest.mark.parametrize(("call", "error", "words"), BAD)
def test_bad_input_is_refused(call, error, words, tmp_path):
    assert_refused(error, words, lambda: call(tmp_path))


def read_back(frame: pd.DataFrame) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        mt.tables.write(frame, Path(folder) / "new" / "a.csv")
        return mt.tables.read(Path(folder) / "new" / "a.csv").equals(frame)


def read_of_before() -> bool:
    """A file that does not say how P is held, as files once did not."""
    with tempfile.TemporaryDirectory() as folder:
        return load(Path(folder), "held").matrix.tolist() == [[0.375, 0.125], [0.125, 0.375]]


def total(law) -> bool:
    return abs(float(law.matrix.sum()) - 1) < 1e-12


GOOD = {
    "int-matrix": lambda: total(joint(np.array(EYE, np.int8))),
    "bool-matrix": lambda: total(joint(np.eye(2, dtype=bool))),
    "float32-matrix": lambda: total(joint(np.eye(2, dtype=np.float32))),
    "jax-matrix": lambda: total(joint(jnp.eye(2))),
    "frame": lambda: total(joint(pd.DataFrame(np.eye(2)))),
    "sparse-array": lambda: total(joint(scipy.sparse.coo_array(np.eye(2)))),
    "sparse-matrix": lambda: total(joint(scipy.sparse.csr_matrix(np.eye(2)))),
    "huge-entries": lambda: total(joint(np.full((2, 2), 1e308))),
    "tiny-entries": lambda: total(joint(np.full((2, 2), 1e-320))),
    "graph-huge-entries": lambda: total(graph(np.full((2, 2), 1e308))),
    "labels-uint8": lambda: total(joint(image_labels=np.array([0, 1], np.uint8))),
    "labels-int64": lambda: total(joint(image_labels=np.array([0, 1], np.int64))),
    "labels-jax": lambda: total(joint(image_labels=jnp.array([0, 1]), text_labels=None)),
    "labels-series": lambda: total(joint(image_labels=pd.Series([0, 1]))),
    "classes-unused": lambda: joint(n_classes=7).n_classes == 7,
    "classes-numpy": lambda: type(joint(n_classes=np.int64(2)).n_classes) is int,
    "classes-jax": lambda: mt.factorize(joint(n_classes=jnp.asarray(2)), 1).residual_norms.shape == (2,),
    "graph-classes-jax": lambda: type(graph(n_classes=jnp.asarray(2)).n_classes) is int,
    "k-numpy": lambda: mt.factorize(FOUR, np.int32(2)).singular_values.shape == (3,),
    "k-jax": lambda: mt.factorize(FOUR, jnp.asarray(2)).singular_values.shape == (3,),
    "measure-k-numpy": lambda: abs(float(mt.measure(FOUR, np.int64(1)).sigma_next) - 0.75) < 1e-12,
    "verify-k-range": lambda: set(mt.verify(FOUR, range(1, 4), "amf-optimum").k) == {1, 2, 3},
    "verify-k-array": lambda: set(mt.verify(FOUR, np.array([1, 3]), "amf-optimum").k) == {1, 3},
    "verify-mixed": lambda: set(mt.verify((FOUR, mt.Instance(THREE)), 2, ["amf-optimum"]).joint) == {0, 1},
    "channel-sparse": lambda: THREE.garble(scipy.sparse.eye(3)).n_texts == 3,
    "channel-merges-all": lambda: THREE.garble([[1]] * 3).n_texts == 1,
    "channel-unused-text": lambda: bool(
        jnp.isfinite(mt.measure(mt.Instance(THREE, channel=[[1, 0, 0]] * 3), 1).garbled_sigma_next)
    ),
    "auxiliary-labels-of-many-classes": lambda: (
        mt.Instance(joint(image_labels=[0, 3]), auxiliary_labels=[0, 3]).auxiliary_labels is not None
    ),
    "encoders-list": lambda: mt.Instance(THREE, encoders=[np.eye(3), np.eye(3)]).encoders is not None,
    "sample-numpy": lambda: total(THREE.sample(np.int64(50), key=jax.random.PRNGKey(0))),
    "branching-array": lambda: mt.generators.hierarchical_classes(np.array([2, 3, 4])).n_images == 24,
    "joint-of-before": read_of_before,
    "channel-sparse-joint": lambda: THREE.to_sparse().garble(scipy.sparse.eye_array(3)).n_texts == 3,
    "spectrum-k": lambda: len(mt.class_spectrum(THREE, 2)) == 2,
    "csv-round-trip": lambda: read_back(mt.verify(FOUR, [1, 2], "amf-optimum")),
    "pairs-tuples": lambda: pairs(images=[(1, 2), (3, 4)]).names.images == ("(1, 2)", "(3, 4)"),
    "pairs-series": lambda: pairs(images=pd.Series(["a", "b"], index=[7, 8])).n_images == 2,
    "pairs-mapping": lambda: pairs(labels={"b": "y", "a": "x", "c": "z"}).names.classes == ("x", "y"),
    "pairs-many": lambda: (
        pairs(images=range(30_000), texts=range(30_000), labels=[0] * 30_000).matrix.values.size == 30_000
    ),
    "pairs-counts": lambda: pairs(counts=np.array([1, 3], np.int32)).matrix.tolist() == [[0.25, 0], [0, 0.75]],
}


@pytest.mark.parametrize("accepted", [pytest.param(call, id=name) for name, call in GOOD.items()])
def test_legal_input_is_accepted(accepted):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert accepted()


def with_zeros() -> mt.Joint:
    """Image 1 and texts 0 and 3 have no mass."""
    names = mt.Names(("kept", "gone", "größe"), ("none", "猫", "", "nothing"), ("x", "y", "unused"))
    matrix = [[0, 1 / 3, 2, 0], [0, 0, 0, 0], [0, 1 / 7, 0, 0]]
    return mt.Joint(matrix, [0, 2, 1], [0, 1, 0, 2], n_classes=3, names=names)


def test_a_warning_tells_what_was_dropped():
    with pytest.warns(UserWarning, match="of zero mass dropped") as caught:
        law = with_zeros()
    assert [str(warning.message) for warning in caught] == [
        "matrix: 1 images of zero mass dropped (1)",
        "matrix: 2 texts of zero mass dropped (0, 3)",
    ]
    assert {Path(warning.filename).name for warning in caught} == {Path(__file__).name}
    assert law.image_ids.tolist() == [0, 2]
    assert law.text_ids.tolist() == [1, 2]
    assert law.given_shape == (3, 4)
    assert (law.names.images, law.names.texts) == (("kept", "größe"), ("猫", ""))
    assert (law.image_labels.tolist(), law.text_labels.tolist()) == ([0, 1], [1, 0])
    assert "1 images of zero mass dropped" in repr(law)


@pytest.mark.filterwarnings("ignore:.*of zero mass dropped")
@pytest.mark.parametrize(
    "make",
    [
        pytest.param(with_zeros, id="dropped"),
        pytest.param(lambda: with_zeros().transpose(), id="transposed"),
        pytest.param(lambda: FOUR.sample(3, key=KEY), id="sampled"),
        pytest.param(lambda: THREE.garble([[1, 0], [0.3, 0.7], [0, 1]]), id="garbled"),
        pytest.param(lambda: mt.generators.block_joint(tail=2.0, key=KEY), id="block"),
        pytest.param(lambda: mt.generators.random_dirichlet(40, 30, concentration=0.01, key=KEY), id="dirichlet"),
        pytest.param(lambda: mt.generators.caption_model(key=KEY), id="caption"),
        pytest.param(lambda: pairs(images=["a\0", "b\n"]), id="control-characters"),
        pytest.param(lambda: with_zeros().to_sparse(), id="sparse"),
        pytest.param(lambda: FOUR.to_sparse().sample(3, key=KEY), id="sparse-sampled"),
        pytest.param(lambda: channels([[0.5, 0.5, 0], [0, 0.3, 0.7]], [1, 2], [0, 1, 1]), id="channels"),
        pytest.param(lambda: channels([[1, 0, 0], [0, 0, 1]], labels=[0, 1, 1]), id="channels-dropped"),
    ],
)
def test_load_gives_back_what_save_wrote(make, tmp_path):
    law = make()
    path = tmp_path / "any name"
    law.save(path)
    again = mt.Joint.load(path)
    assert jax.tree.structure(again) == jax.tree.structure(law)  # how P is held, n_classes, given_shape and names
    for one, other in zip(jax.tree.leaves(law), jax.tree.leaves(again), strict=True):
        assert one.dtype == other.dtype
        assert one.tobytes() == other.tobytes()
    assert (again.names, again.given_shape, again.n_classes) == (law.names, law.given_shape, law.n_classes)
    assert repr(again) == repr(law)
