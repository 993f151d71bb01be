"""Check embeddings against plain NumPy: the joint of a softmax, the losses of encoders by cause, and their errors."""

import dataclasses

import definitions
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest
import scipy.optimize
from refusals import assert_refused, bad

import mmcl_theory as mt

DRAW = np.random.default_rng(3)
IMAGES = {f"{i}.jpg": DRAW.normal(size=4) for i in range(9)}
TEXTS = {f"text {i}": DRAW.normal(size=4) for i in range(7)}
CLASSES = {name: "abc"[i % 3] for i, name in enumerate(IMAGES)}


def cosines() -> np.ndarray:
    """Return the cosine of each image and text, one by one."""
    return np.array([[f @ g / np.sqrt(f @ f) / np.sqrt(g @ g) for g in TEXTS.values()] for f in IMAGES.values()])


def of_pairs():
    """Return a joint in which each image occurs with some texts, with names."""
    draw = np.random.default_rng(5)
    rows = [(image, text, CLASSES[image]) for image in IMAGES for text in TEXTS if draw.random() < 0.6]
    counts = draw.integers(1, 9, len(rows))
    return mt.datasets.from_pairs(*map(list, zip(*rows, strict=True)), counts=counts)


def shuffled(vectors: dict) -> dict:
    return {name: vectors[name] for name in np.random.default_rng(1).permutation(list(vectors))}


def test_the_joint_of_a_model_is_a_softmax_of_cosines():
    joint = mt.datasets.from_embeddings(IMAGES, TEXTS, CLASSES, temperature=0.3)
    expected = np.exp(cosines() / 0.3)
    np.testing.assert_allclose(joint.matrix, expected / expected.sum(), rtol=1e-13)
    assert joint.names.images == tuple(IMAGES)
    assert [joint.names.classes[i] for i in joint.image_labels] == list(CLASSES.values())


def test_labels_and_texts_go_by_name_and_not_by_order():
    one = mt.datasets.from_embeddings(IMAGES, TEXTS, CLASSES, temperature=0.3)
    two = mt.datasets.from_embeddings(IMAGES, TEXTS, pd.Series(shuffled(CLASSES)), temperature=0.3)
    assert [one.names.classes[i] for i in one.image_labels] == [two.names.classes[i] for i in two.image_labels]


def test_one_vocabulary_of_classes():
    joint = mt.datasets.from_embeddings(
        IMAGES, TEXTS, dict.fromkeys(IMAGES, 0), text_labels=dict.fromkeys(TEXTS, "0"), temperature=1
    )
    assert (joint.names.classes, float(joint.labeling_error)) == (("0",), 0)


@pytest.mark.parametrize("top", [1, 2, 6, 7, 50])
def test_the_most_similar_pairs_alone(top, monkeypatch):
    monkeypatch.setattr("mmcl_theory.worlds.embeddings._BLOCK", 20)  # several blocks
    joint = mt.datasets.from_embeddings(IMAGES, TEXTS, CLASSES, temperature=0.3, top=top)
    expected = np.exp(cosines() / 0.3)
    of_image = np.argsort(np.argsort(-expected, axis=1), axis=1) < top
    of_text = np.argsort(np.argsort(-expected, axis=0), axis=0) < top
    expected = np.where(of_image | of_text, expected, 0)
    np.testing.assert_allclose(joint.matrix, expected / expected.sum(), rtol=1e-12)


def test_a_low_temperature_and_long_vectors_do_not_overflow():
    joint = mt.datasets.from_embeddings(
        {name: 1e200 * v for name, v in IMAGES.items()},
        {name: 1e-200 * v for name, v in TEXTS.items()},
        CLASSES,
        temperature=0.01,
    )
    expected = np.exp((cosines() - cosines().max()) / 0.01)
    np.testing.assert_allclose(joint.matrix, expected / expected.sum(), rtol=1e-10)


def weighted(joint, instance):
    """Return A, F_V, F_L, Y and W as arrays."""
    images, texts = (np.asarray(features) for features in instance.encoders)
    P = np.asarray(joint.matrix)
    p, q = P.sum(1), P.sum(0)
    A = P / np.sqrt(np.outer(p, q))
    Y = np.sqrt(p)[:, None] * np.eye(joint.n_classes)[np.asarray(joint.image_labels)]
    W = np.sqrt(q)[:, None] * np.eye(joint.n_classes)[np.asarray(joint.text_labels)]
    return A, np.sqrt(p)[:, None] * images, np.sqrt(q)[:, None] * texts, Y, W


def test_vectors_are_found_by_name():
    joint = of_pairs()
    more = shuffled(IMAGES) | {"unused.jpg": np.ones(4)}
    images, texts = mt.datasets.with_embeddings(joint, more, shuffled(TEXTS), cosine=False, scale=4).encoders
    np.testing.assert_allclose(images, [2 * IMAGES[name] for name in joint.names.images])
    np.testing.assert_allclose(texts, [2 * TEXTS[name] for name in joint.names.texts])


def aligned(joint):
    """Return vectors that have something to do with the pairs, in 4 dimensions: noisy optimal encoders."""
    best, draw = mt.factorize(joint, 4), np.random.default_rng(2)
    images = np.asarray(best.image_features) + 0.3 * draw.normal(size=(joint.n_images, 4))
    texts = np.asarray(best.text_features) + 0.3 * draw.normal(size=(joint.n_texts, 4))
    return dict(zip(joint.names.images, images, strict=True)), dict(zip(joint.names.texts, texts, strict=True))


@pytest.mark.parametrize("cosine", [True, False])
def test_the_best_scale_is_that_of_a_numerical_search(cosine):
    joint = of_pairs()
    given = aligned(joint)
    A, F, G, _, _ = weighted(joint, mt.datasets.with_embeddings(joint, *given, cosine=cosine, scale=1))
    found = scipy.optimize.minimize_scalar(lambda s: np.sum((A - s * F @ G.T) ** 2), options={"xtol": 1e-10})
    best = mt.datasets.with_embeddings(joint, *given, cosine=cosine)
    images, texts = best.encoders
    np.testing.assert_allclose(images @ texts.T, found.x * weighted_back(joint, F, G), rtol=1e-6)
    assert mt.datasets.imperfections(best).of_scale == pytest.approx(0, abs=1e-12)
    assert mt.datasets.imperfections(best).best_scale == pytest.approx(1)


def weighted_back(joint, F, G):
    """Return the inner products of features from those of factors."""
    return (F @ G.T) / np.sqrt(np.outer(joint.image_marginal, joint.text_marginal))


@pytest.mark.parametrize("held", ["dense", "sparse"])
def test_the_excess_loss_by_cause(held):
    joint = of_pairs()
    instance = mt.datasets.with_embeddings(joint, *aligned(joint), scale=0.5)
    A, F, G, Y, W = weighted(joint, instance)
    if held == "sparse":
        instance = mt.Instance(joint.to_sparse(), encoders=instance.encoders)
    found = mt.datasets.imperfections(instance)

    loss = np.sum((A - F @ G.T) ** 2)
    scales = np.linspace(0, 20, 200_001)
    scaled = np.min(np.sum(A**2) - 2 * scales * np.sum(A * (F @ G.T)) + scales**2 * np.sum((F @ G.T) ** 2))
    mapped = np.sum((A - F @ np.linalg.pinv(F) @ A @ np.linalg.pinv(G.T) @ G.T) ** 2)
    best_texts = np.sum((A - F @ np.linalg.lstsq(F, A, rcond=None)[0]) ** 2)
    least = np.sum(np.linalg.svd(A, compute_uv=False)[4:] ** 2)
    assert found.dimension == 4
    assert found.excess_loss == pytest.approx(loss - least)
    assert found.of_scale == pytest.approx(loss - scaled, abs=1e-6)
    assert found.of_alignment == pytest.approx(scaled - mapped, abs=1e-6)
    assert found.of_texts == pytest.approx(mapped - best_texts)
    assert found.of_images == pytest.approx(best_texts - least)
    assert min(found.of_scale, found.of_alignment, found.of_texts, found.of_images) > 0.01

    probe = F @ np.linalg.lstsq(F, Y, rcond=None)[0]
    mass, truth = np.asarray(joint.image_marginal), np.asarray(joint.image_labels)
    assert found.probe_residual == pytest.approx(np.sum((Y - probe) ** 2))
    assert found.probe_error == pytest.approx(mass[probe.argmax(1) != truth].sum())
    assert found.zero_shot_error == pytest.approx(mass[(F @ G.T @ W).argmax(1) != truth].sum())


def test_the_quantities_of_theorems_agree():
    joint = of_pairs()
    instance = mt.datasets.with_embeddings(joint, *aligned(joint))
    encoders = [np.asarray(features) for features in instance.encoders]
    found = mt.datasets.imperfections(instance)
    expected = definitions.quantities(joint.matrix, joint.image_labels, joint.text_labels, 2, encoders)
    assert found.excess_loss == pytest.approx(expected["excess_loss"])
    assert found.probe_residual == pytest.approx(expected["encoder_residual"])
    table = mt.verify(instance, [1, 2, 3], ["suboptimal-encoder", "scl-amf", "partial-minimum", "linear-mmcl"])
    assert set(table.verdict) <= {"holds", "vacuous", "not applicable"}
    assert (table.verdict == "holds").sum() >= 3
    residuals = table.lhs[(table.theorem == "suboptimal-encoder") & table.lhs.notna()]
    np.testing.assert_allclose(residuals.astype(float), found.probe_residual)


def test_the_best_texts_leave_what_is_due_to_images():
    joint = of_pairs()
    instance = mt.datasets.with_embeddings(joint, *aligned(joint), scale=0.5)
    best = mt.datasets.with_best_texts(instance)
    A, F, *_ = weighted(joint, instance)
    images, texts = (np.asarray(features) for features in best.encoders)
    expected = F @ np.linalg.lstsq(F, A, rcond=None)[0]
    np.testing.assert_allclose(images @ texts.T, weighted_back(joint, expected, np.eye(A.shape[1])), atol=1e-12)
    before, after = mt.datasets.imperfections(instance), mt.datasets.imperfections(best)
    assert after.excess_loss == pytest.approx(after.of_images)
    assert after.of_images == pytest.approx(before.of_images)
    assert after.probe_residual == pytest.approx(before.probe_residual)
    bounds = mt.verify([instance, best], [1, 2, 3], "suboptimal-encoder")
    bounds = bounds[bounds.verdict != "not applicable"].groupby("joint").rhs.min()
    assert bounds[1] < bounds[0]


def test_optimal_encoders_have_no_imperfection_but_the_directions_of_vectors():
    joint = of_pairs()
    best = mt.factorize(joint, 3)
    images = dict(zip(joint.names.images, np.asarray(best.image_features), strict=True))
    texts = dict(zip(joint.names.texts, np.asarray(best.text_features), strict=True))
    found = mt.datasets.imperfections(mt.datasets.with_embeddings(joint, images, texts, cosine=False))
    assert found.excess_loss == pytest.approx(0, abs=1e-12)
    assert found.best_scale == pytest.approx(1)
    assert mt.datasets.imperfections(mt.datasets.with_embeddings(joint, images, texts)).excess_loss > 0.01


def test_more_dimensions_than_images():
    joint, draw = of_pairs(), np.random.default_rng(0)
    instance = mt.Instance(joint, encoders=(draw.normal(size=(9, 20)), draw.normal(size=(7, 20))))
    found = mt.datasets.imperfections(instance)
    A, F, G, _, _ = weighted(joint, instance)
    assert found.excess_loss == pytest.approx(np.sum((A - F @ G.T) ** 2))
    assert (found.of_images, found.of_texts) == (pytest.approx(0, abs=1e-12), pytest.approx(0, abs=1e-12))
    assert (found.probe_error, found.probe_residual) == (0, pytest.approx(0, abs=1e-12))


def test_prompts_answer_the_nearest_class():
    joint, draw = of_pairs(), np.random.default_rng(7)
    prompts = {name: 10 * draw.random() * draw.normal(size=4) for name in "cab"}
    expected = 0.0
    for x, name in enumerate(joint.names.images):
        nearest = max("abc", key=lambda c: IMAGES[name] @ prompts[c] / np.linalg.norm(prompts[c]))
        expected += float(joint.image_marginal[x]) * (nearest != CLASSES[name])
    assert 0 < expected < 1
    assert mt.datasets.prompt_error(joint, IMAGES, prompts) == pytest.approx(expected)
    scores = [[IMAGES[name] @ prompts[c] for c in joint.names.classes] for name in joint.names.images]
    wrong = np.argmax(scores, axis=1) != np.asarray(joint.image_labels)
    raw = mt.datasets.prompt_error(joint, IMAGES, prompts, cosine=False)
    assert raw == pytest.approx(float(np.asarray(joint.image_marginal)[wrong].sum()))


FORMS = {
    "names and array": lambda names, array: (names, array),
    "index and jax": lambda names, array: (pd.Index(names), jnp.asarray(array)),
    "single": lambda names, array: (np.array(names), array.astype(np.float32)),
    "bfloat16": lambda names, array: (names, jnp.asarray(array, dtype=jnp.bfloat16)),
    "frame": lambda names, array: pd.DataFrame(array, index=names),
    "lists": lambda names, array: {name: list(row) for name, row in zip(names, array, strict=True)},
}


@pytest.mark.parametrize("form", FORMS)
def test_forms_of_named_vectors(form):
    given = FORMS[form](list(IMAGES), np.stack(list(IMAGES.values())))
    found = mt.datasets.with_embeddings(of_pairs(), given, TEXTS, scale=1).encoders[0]
    expected = mt.datasets.with_embeddings(of_pairs(), IMAGES, TEXTS, scale=1).encoders[0]
    np.testing.assert_allclose(found, expected, atol={"bfloat16": 1e-2, "single": 1e-6}.get(form, 1e-15))


def believed(images=IMAGES, texts=TEXTS, labels=CLASSES, temperature=0.3, **more):
    return mt.datasets.from_embeddings(images, texts, labels, temperature=temperature, **more)


def encoded(images=IMAGES, texts=TEXTS, **more):
    return mt.datasets.with_embeddings(of_pairs(), images, texts, **more)


WITHOUT = {name: vector for name, vector in IMAGES.items() if name != "4.jpg"}
ARRAY = np.stack(list(IMAGES.values()))
NAMELESS = mt.Joint([[1, 0], [0, 1]], [0, 1])
OPPOSITE = {name: -vector for name, vector in aligned(of_pairs())[1].items()}
BAD = [
    bad("array", TypeError, "image_features: names {name: vector} ndarray", lambda _: believed(ARRAY)),
    bad("list", TypeError, "image_features: names list", lambda _: believed(ARRAY.tolist())),
    bad("range", TypeError, "image_features: DataFrame with no names", lambda _: believed(pd.DataFrame(ARRAY))),
    bad("none", TypeError, "text_features: names NoneType", lambda _: believed(texts=None)),
    bad("twice", ValueError, "image_features: '0.jpg' two", lambda _: believed((["0.jpg"] * 9, ARRAY))),
    bad("1-and-one", ValueError, "image_features: '1' two", lambda _: believed({1: [1.0], "1": [2.0]})),
    bad("nameless", ValueError, "image_features: vector 1 missing", lambda _: believed({"a": [1.0], "": [2.0]})),
    bad("none-name", ValueError, "image_features: vector 0 missing", lambda _: believed(([None], [[1.0]]))),
    bad("lengths", ValueError, "image_features: 2 names got 9", lambda _: believed((["a", "b"], ARRAY))),
    bad("ragged", ValueError, "image_features: rows", lambda _: believed({"a": [1.0], "b": [2.0, 1.0]})),
    bad("words", TypeError, "image_features: real numbers", lambda _: believed({"a": ["x"]})),
    bad("empty", ValueError, "image_features: ", lambda _: believed({})),
    bad("nan", ValueError, "image_features: finite nan", lambda _: believed(IMAGES | {"0.jpg": [np.nan] * 4})),
    bad("zero", ValueError, "image_features: '0.jpg' zero", lambda _: believed(IMAGES | {"0.jpg": [0] * 4})),
    bad("dimensions", ValueError, "text_features: 4 dimensions 2", lambda _: believed(texts={"a": [1.0, 2.0]})),
    bad("temperature-zero", ValueError, "temperature: 0", lambda _: believed(temperature=0)),
    bad("temperature-word", TypeError, "temperature: 'cold'", lambda _: believed(temperature="cold")),
    bad("temperature-low", ValueError, "temperature: no mass higher", lambda _: believed(temperature=1e-4)),
    bad("top-zero", ValueError, "top: at least 1 got 0", lambda _: believed(top=0)),
    bad("top-float", TypeError, "top: integer 1.0", lambda _: believed(top=1.0)),
    bad("labels-list", TypeError, "labels: mapping list", lambda _: believed(labels=list(CLASSES.values()))),
    bad(
        "labels-lacking",
        ValueError,
        "labels: '8.jpg' no class",
        lambda _: believed(labels=dict([*CLASSES.items()][:8])),
    ),
    bad("labels-nan", ValueError, "labels: '0.jpg' no class", lambda _: believed(labels=CLASSES | {"0.jpg": None})),
    bad("labels-twice", ValueError, "labels: two", lambda _: believed(labels=pd.Series([0, 1], index=["a", "a"]))),
    bad("text-labels", ValueError, "text_labels: 'text 0' no class", lambda _: believed(text_labels={})),
    bad("lacking", ValueError, "image_features: 1 of 9 '4.jpg' names are '0.jpg'", lambda _: encoded(WITHOUT)),
    bad("scale-zero", ValueError, "scale: 0", lambda _: encoded(scale=0)),
    bad("scale-infinite", ValueError, "scale: ", lambda _: encoded(scale=np.inf)),
    bad("cosine", TypeError, "cosine: true false 1", lambda _: encoded(cosine=1)),
    bad("opposite", ValueError, "image_features: scale", lambda _: encoded(aligned(of_pairs())[0], OPPOSITE)),
    bad("joint", TypeError, "joint: Joint NoneType", lambda _: mt.datasets.with_embeddings(None, IMAGES, TEXTS)),
    bad("joint-names", ValueError, "joint: names", lambda _: mt.datasets.with_embeddings(NAMELESS, IMAGES, TEXTS)),
    bad("prompts-names", ValueError, "joint: names", lambda _: mt.datasets.prompt_error(NAMELESS, IMAGES, TEXTS)),
    bad("prompts", ValueError, "prompts: 3 of 3 'a'", lambda _: mt.datasets.prompt_error(of_pairs(), IMAGES, TEXTS)),
    bad(
        "prompts-dimension",
        ValueError,
        "prompts: 4 dimensions 1",
        lambda _: mt.datasets.prompt_error(of_pairs(), IMAGES, {name: [1.0] for name in "abc"}),
    ),
    bad("no-encoders", TypeError, "instance: encoders", lambda _: mt.datasets.imperfections(mt.Instance(of_pairs()))),
    bad("best-texts", TypeError, "instance: encoders", lambda _: mt.datasets.with_best_texts(of_pairs())),
    bad("no-instance", TypeError, "instance: encoders", lambda _: mt.datasets.imperfections(of_pairs())),
]


@pytest.mark.parametrize(("call", "error", "words"), BAD)
def test_is_refused(call, error, words):
    assert_refused(error, words, lambda: call(None))


def test_imperfections_are_plain_numbers():
    found = mt.datasets.imperfections(encoded(*aligned(of_pairs())))
    assert all(type(value) in (int, float) for value in dataclasses.asdict(found).values())
