"""Sparse and factored joints, against the definitions and against the same joint as a dense array."""

import dataclasses
import os
import warnings
from typing import Any

import definitions
import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest
import scipy.sparse
import scipy.stats
from small_worlds import WORLDS

import mmcl_theory as mt
from mmcl_theory._arrays import on_host
from mmcl_theory.cli import app as cli
from mmcl_theory.joints import fields, sampling
from mmcl_theory.joints.laws.factored import FactoredLaw
from mmcl_theory.joints.laws.sparse import SparseLaw
from mmcl_theory.quantities.decompositions import decomposed
from mmcl_theory.quantities.measurement import Measurement
from mmcl_theory.quantities.quantities import errors_of, quantities_of
from mmcl_theory.worlds.latent import World

# What needs the complete spectrum, enumeration of cuts or triples, or each pair's mass, of either kind of joint.
COMPLETE = {"sigma_after", "inertia", "text_induced_tail", "optimal_text_induced_loss", "largest_leverage"}
COMPLETE |= {"within_class_gap", "unexplained_energy", "sigma_affine_next"}
COMPLETE |= {"dilution_residual", "caption_gap"}
ENUMERATED = {"conductance", "infonce_information"}
BY_PAIR = {"mutual_information", "infonce_gradient"}


def dense(world: str, seed: int) -> mt.Joint:
    made = WORLDS[world](jax.random.key(seed))
    return made.joint if isinstance(made, World) else made


def factored(seed: int, n_images: int = 9, n_texts: int = 7, m: int = 5, concentration: float = 0.3) -> mt.Joint:
    """Random channels with many zeros."""
    rng = np.random.default_rng(seed)
    images, texts = (rng.gamma(concentration, size=(m, n)) + np.eye(m, n) for n in (n_images, n_texts))
    channels = (side / side.sum(axis=1, keepdims=True) for side in (images, texts))
    return mt.Joint.of_channels(*channels, rng.random(m), np.arange(n_images) % 3)


def nearly_optimal_encoders(P: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """The optimal features of dimension 3, with a little noise on each; by NumPy, which compiles nothing."""
    marginals = P.sum(axis=1), P.sum(axis=0)
    left, values, right = np.linalg.svd(definitions.normalized(P))
    return tuple(
        side[:, :3] * np.sqrt(values[:3]) / np.sqrt(p)[:, None] + 0.03 * rng.standard_normal((len(p), 3))
        for side, p in zip((left, right.T), marginals, strict=True)
    )


def assert_has_its_quantities(joint: mt.Joint, law: Any, absent: set[str], k: int) -> None:
    """Of a joint that is not dense, against their definitions on P; those that are absent apart."""
    P, rng = np.asarray(law), np.random.default_rng(1)
    encoders, sample = nearly_optimal_encoders(P, rng), rng.multinomial(300, P.ravel() / P.sum()).reshape(P.shape)
    expected = definitions.quantities(P, joint.image_labels, joint.text_labels, k, encoders, sample=sample, steps=2)
    labels = np.roll(np.asarray(joint.image_labels), 1)
    parts = {"encoders": encoders, "sample": scipy.sparse.coo_array(sample), "auxiliary_labels": labels}
    got = mt.measure(mt.Instance(joint, **parts, steps=2), k)
    unique = expected["sigma_k"] - expected["sigma_next"] > 1e-6
    of_encoder = {"probe_residual", "text_probe_residual", "zero_shot_residual"}
    of_encoder |= {"probe_error", "text_probe_error", "zero_shot_error"}
    of_encoder |= {"walk_lower", "walk_upper", "zero_shot_walk_lower", "zero_shot_walk_upper"}
    of_encoder |= {"probe_drawn_error", "probe_drawn_gain", "zero_shot_drawn_error", "zero_shot_drawn_gain"}
    of_encoder |= {"head_distance", "soft_residual", "fitted_residual"}
    left_out = {"sample_residual", "sample_error", "practical_residual"}  # Π̂ has gaps of its own: tested below
    for field in dataclasses.fields(got):
        value, found = expected.get(field.name), getattr(got, field.name)
        if field.name in absent or value is None:
            assert found is None, field.name
        elif field.name not in left_out and (unique or field.name not in of_encoder):
            assert found == pytest.approx(value, rel=1e-10, abs=1e-10), field.name


# A sparse law knows its shape, its zeros and its labels alone.  Four worlds have all that differs in these; the others
# are of like shapes, for each of which everything is compiled anew.
DIFFERENT = ("hierarchical", "sparse dirichlet", "tall dirichlet, random labels", "wide dirichlet")


@pytest.mark.parametrize(
    "world", [world if world in DIFFERENT else pytest.param(world, marks=pytest.mark.slow) for world in WORLDS]
)
def test_a_sparse_joint_has_the_quantities_of_the_definitions(world):
    joint = dense(world, 0)
    absent = COMPLETE | ENUMERATED | (set() if joint.n_images > joint.n_texts else {"sigma_min"})
    # Of many classes not as many values are computed.
    absent |= {"sigma_classes", "gap_of_classes"} if joint.n_classes > 4 else set()
    assert_has_its_quantities(joint.to_sparse(), joint.matrix, absent, 3)


def test_a_factored_joint_has_the_quantities_of_the_definitions():
    for seed in range(2):
        joint = factored(seed)
        assert_has_its_quantities(joint, joint.to_dense().matrix, COMPLETE | ENUMERATED | BY_PAIR, 2)


def test_a_search_finds_the_quantities_of_the_definitions(by_search):
    sparse = dense("wide dirichlet", 0)
    held = factored(0, sparse.n_images, sparse.n_texts)  # of one shape, for which a search is compiled
    assert_has_its_quantities(sparse.to_sparse(), sparse.matrix, COMPLETE | ENUMERATED | {"sigma_min"}, 3)
    assert_has_its_quantities(held, held.to_dense().matrix, COMPLETE | ENUMERATED | BY_PAIR | {"sigma_min"}, 3)


def test_a_sample_teaches_a_sparse_joint_what_it_teaches_the_dense_one():
    joint = mt.generators.block_joint(14, 10, (2, 1, 1), 0.1, 0.5, key=jax.random.key(0))
    sample = joint.draw(2000, key=jax.random.key(1))
    dense = mt.Instance(joint, sample=sample)
    sparse = mt.Instance(joint.to_sparse(), sample=scipy.sparse.csr_array(sample))
    names = ("sample_size", "sample_deviation", "sample_residual", "practical_deviation", "practical_residual")
    for k in (1, 5):
        expected, got = (quantities_of(Measurement(one, decomposed(one, k, ()), k), names) for one in (dense, sparse))
        for name in names:
            assert getattr(got, name) == pytest.approx(float(getattr(expected, name)), abs=1e-10), name


def test_verdicts_agree_and_what_is_not_measured_is_told():
    joint = dense("block", 3)
    tables = [mt.verify(one, [1, 3, 5]) for one in (joint, joint.to_sparse())]
    rows = tables[1][tables[1].verdict != "not applicable"]
    same = tables[0].loc[rows.index]
    assert len(rows) > 40
    # Sides that agree within the rounding of the one may be told apart by that of the other.
    assert (rows.verdict.replace("agrees", "holds") == same.verdict.replace("agrees", "holds")).all()
    np.testing.assert_allclose(rows[["lhs", "rhs"]].astype(float), same[["lhs", "rhs"]].astype(float), atol=1e-10)
    told = tables[1].set_index("theorem").reason
    assert "complete spectrum" in told["chi-square"]


def test_a_joint_is_unchanged_by_how_it_is_held():
    joint = dense("sparse dirichlet", 0)
    sparse = joint.to_sparse()
    assert isinstance(sparse.matrix, SparseLaw)
    assert (sparse.to_dense().matrix == joint.matrix).all()
    assert (sparse.transpose().to_dense().matrix == joint.matrix.T).all()
    assert repr(sparse) == repr(joint)


def test_a_large_scipy_matrix_stays_sparse_and_drops_zero_mass():
    n = 10_000
    counts = scipy.sparse.coo_array(([3, 1, 4, 0], ([0, 0, 7, 9], [5, n - 1, 5, 9])), shape=(n, n))
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        joint = mt.Joint(counts, np.arange(n) % 2, n_classes=2)
    assert [str(one.message).split(" (")[0] for one in told] == [
        f"matrix: 9998 {what} of zero mass dropped" for what in ("images", "texts")
    ]
    assert isinstance(joint.matrix, SparseLaw)
    assert joint.image_ids.tolist() == [0, 7]
    assert joint.text_ids.tolist() == [5, n - 1]
    assert joint.to_dense().matrix.tolist() == [[3 / 8, 1 / 8], [4 / 8, 0]]
    assert joint.text_labels.tolist() == [1, 0]


def test_a_factored_joint_is_the_mixture_of_what_natural_samples_lead_to():
    images, texts, natural = np.array([[0.5, 0.5, 0], [0, 0, 1]]), np.array([[1, 0], [0.25, 0.75]]), [3, 1]
    joint = mt.Joint.of_channels(images, texts, natural, [0, 0, 1], [0, 1])
    expected = sum(p * np.outer(image, text) for p, image, text in zip([0.75, 0.25], images, texts, strict=True))
    assert isinstance(joint.matrix, FactoredLaw)
    np.testing.assert_allclose(joint.to_dense().matrix, expected, rtol=1e-15)
    assert float(joint.labeling_error) == 1 / 16


def lossy(n_texts: int, seed: int, empty: int = 1) -> np.ndarray:
    """A channel in which each text becomes one of two new ones; none becomes the last."""
    rng = np.random.default_rng(seed)
    n_new = n_texts // 2 + 1
    rows = [rng.multinomial(8, rng.dirichlet(np.ones(2)))[rng.permutation(2)] / 8 for _ in range(n_texts)]
    channel = np.zeros((n_texts, n_new + empty))
    for row, shares in zip(channel, rows, strict=True):
        row[rng.choice(n_new, 2, replace=False)] = shares
    return channel


@pytest.mark.parametrize("kind", ["sparse", "factored"])
def test_a_garbled_joint_is_that_of_the_dense_one(kind):
    for seed in range(3):
        joint = factored(seed)
        held = {"sparse": joint.to_dense().to_sparse(), "factored": joint}[kind]
        channel = lossy(joint.n_texts, seed)
        expected = joint.to_dense().garble(channel)
        for given in (channel, scipy.sparse.coo_array(channel)):
            got = held.garble(given)
            assert type(got.matrix) is type(held.matrix)
            np.testing.assert_allclose(got.to_dense().matrix, expected.matrix, atol=1e-15)
            assert (got.text_labels == expected.text_labels).all()
            assert got.text_ids.tolist() == expected.text_ids.tolist()


@pytest.mark.parametrize("kind", ["sparse", "factored"])
def test_captions_of_a_joint_that_is_not_dense_are_garbled_in_its_instance(kind):
    joint = factored(0)
    held = {"sparse": joint.to_dense().to_sparse(), "factored": joint}[kind]
    channel = lossy(joint.n_texts, 1)
    expected, got = (
        mt.verify(mt.Instance(one, channel=channel), [1, 2, 4], "caption-garbling") for one in (joint.to_dense(), held)
    )
    assert (got.verdict == expected.verdict).all()
    np.testing.assert_allclose(got[["lhs", "rhs"]], expected[["lhs", "rhs"]], atol=1e-10)
    assert (got.lhs < got.rhs - 0.01)[:2].all()  # captions forgot something
    assert got.lhs.iloc[2] == pytest.approx(0, abs=1e-10)  # σ_5 of four captions


@pytest.mark.parametrize(("world", "k"), [("isotropic", 3), ("block", 4), ("sparse dirichlet", 6)])
def test_the_class_spectrum_of_a_sparse_joint_is_the_dense_ones_beginning(world, k):
    joint = dense(world, 0)
    whole = mt.class_spectrum(joint)
    expected, got = whole[:k], mt.class_spectrum(joint.to_sparse(), k)
    pd.testing.assert_frame_equal(mt.class_spectrum(joint, k), expected)
    assert (got.j == expected.j).all()
    np.testing.assert_allclose(got.sigma, expected.sigma, atol=1e-10)
    # Where σ_k = σ_{k+1}, which of their directions are the first is open.
    settled = expected.sigma > whole.sigma[k] + 1e-9
    assert settled.any()
    for column in ("image_share", "text_share"):
        np.testing.assert_allclose(got[column][settled], expected[column][settled], atol=1e-9)
    assert (got.leading_class == expected.leading_class)[settled].all()


def test_the_leading_class_of_a_tie_is_the_lowest():
    # The first direction is constant over the sum of two classes, so that each other one has as much of both.
    law = np.random.default_rng(0).random((6, 5))
    joint = mt.Joint(law / law.sum(), [0, 0, 0, 1, 1, 1])
    heavier = int(np.argmax(law.reshape(2, 15).sum(axis=1)))
    for table in (mt.class_spectrum(joint), mt.class_spectrum(joint.to_sparse(), 4)):
        assert table.leading_class[0] == heavier
        assert (table.leading_class[1:] == 0).all()
        assert (table.image_share[1:] > 1e-6).all()


def test_a_sparse_joint_is_certified_as_the_dense_one():
    joint = dense("block", 0)
    sample = joint.draw(100, key=jax.random.key(0))
    for theorem in ("probe-mmcl", "finite-sample"):
        expected, got = (
            mt.certify(theorem, mt.Instance(one, sample=counts), 3)
            for one, counts in ((joint, sample), (joint.to_sparse(), scipy.sparse.csr_array(sample)))
        )
        assert got == expected


def test_a_large_sparse_joint_is_saved_loaded_and_verified(tmp_path):
    """20,000 × 20,000, five texts an image, nine in ten of its own class: it would take 3.2 GB, were it dense."""
    n, pairs, r = 20_000, 100_000, 4
    rng = np.random.default_rng(0)
    images = np.arange(pairs) % n
    texts = rng.permuted(images.reshape(-1, r), axis=0).ravel()  # of the image's class
    stray = rng.random(pairs) < 0.1
    texts[stray] = rng.permutation(texts[stray])
    counts = scipy.sparse.coo_array((np.ones(pairs), (images, texts)), shape=(n, n))
    joint = mt.Joint(counts, np.arange(n) % r, np.arange(n) % r)
    joint.save(tmp_path / "joint.npz")
    assert os.path.getsize(tmp_path / "joint.npz") < 2**21
    again = mt.Joint.load(tmp_path / "joint.npz")
    assert isinstance(again.matrix, SparseLaw)
    assert (again.matrix.to_scipy() * pairs != counts).nnz == 0
    halved = scipy.sparse.coo_array((np.ones(n), (np.arange(n), np.arange(n) // 2)))
    assert again.garble(halved).matrix.shape == (n, n // 2)
    theorems = ["label-transfer", "probe-error", "zero-shot-error", "class-conductance", "information-chi-square"]
    table = mt.verify(again, 3, theorems).set_index("theorem")
    assert (table.verdict == "holds").all()
    error = np.mean(images % r != texts % r)
    assert float(again.labeling_error) == pytest.approx(error, abs=1e-12)
    assert table.loc["label-transfer", "rhs"] == pytest.approx(2 * error - error**2, abs=1e-12)


@pytest.mark.parametrize("kind", ["dense", "sparse", "factored"])
def test_draws_have_the_law_of_the_joint(kind, monkeypatch):
    monkeypatch.setattr(sampling, "AT_ONCE", 3000)  # several parts
    joint = factored(0, concentration=5.0)
    held = {"dense": joint.to_dense, "sparse": joint.to_dense().to_sparse, "factored": lambda: joint}[kind]()
    counts = held.draw(20_000, key=jax.random.key(4))
    counts = counts if kind == "dense" else counts.toarray()
    assert counts.sum() == 20_000
    law = np.asarray(joint.to_dense().matrix)
    assert (counts[law == 0] == 0).all()
    expected = 20_000 * law[law > 0]
    assert scipy.stats.chisquare(counts[law > 0], expected * 20_000 / expected.sum()).pvalue > 1e-3
    again = held.draw(20_000, key=jax.random.key(4))
    assert (counts == (again if kind == "dense" else again.toarray())).all()


def test_parts_are_drawn_independently(monkeypatch):
    joint = factored(1)
    whole = joint.draw(4000, key=jax.random.key(0)).toarray()
    monkeypatch.setattr(sampling, "AT_ONCE", 2000)
    halves = [joint.draw(2000, key=key).toarray() for key in jax.random.split(jax.random.key(0))]
    assert (halves[0] != halves[1]).any()
    assert (joint.draw(4000, key=jax.random.key(0)).toarray() == halves[0] + halves[1]).all()
    assert (whole != halves[0] + halves[1]).any()


def test_a_sample_of_a_joint_that_is_not_dense_is_sparse():
    joint = factored(2)
    for held in (joint, joint.to_dense().to_sparse()):
        drawn = held.sample(50, key=jax.random.key(0))
        assert isinstance(drawn.matrix, SparseLaw)
        labels = np.asarray(joint.image_labels)[np.asarray(drawn.image_ids)]
        assert (drawn.image_labels == labels).all()


def test_measuring_jits_and_batches_over_k():
    joint = dense("block", 0).to_sparse()

    def measured(joint):
        return joint.labeling_error, joint.text_induced_error, joint.normalized @ np.ones(10)

    for got, value in zip(jax.jit(measured)(joint), measured(on_host(joint)), strict=True):
        np.testing.assert_allclose(got, value, rtol=1e-14)


def test_what_has_not_converged_is_allowed_for(monkeypatch):
    """Vectors turned by 1e-4 move every quantity by less than the tolerance that their residual norms lead to."""
    joint = dense("block", 1).to_sparse()
    instance = mt.Instance(joint)
    exact = decomposed(instance, 3)
    rng = np.random.default_rng(0)
    left, right = (
        np.linalg.qr(part + 1e-4 * rng.normal(size=part.shape))[0] for part in (exact.image_vectors, exact.text_vectors)
    )
    turned = np.asarray(joint.to_dense().normalized)
    rotate, values, back = np.linalg.svd(left.T @ turned @ right)
    left, right = left @ rotate, right @ back.T
    norms = np.maximum(
        np.linalg.norm(turned @ right - left * values, axis=0), np.linalg.norm(turned.T @ left - right * values, axis=0)
    )
    rough = dataclasses.replace(
        exact,
        image_vectors=jnp.asarray(left),
        singular_values=jnp.asarray(values),
        text_vectors=jnp.asarray(right),
        residual_norms=jnp.asarray(norms),
        value_bounds=jnp.asarray(norms),
    )

    names = ("sigma_k", "sigma_next", "tail", "probe_residual", "text_probe_residual", "zero_shot_residual")

    @jax.jit
    def measured(spectrum, k):
        m = Measurement(instance, spectrum, k)
        found = quantities_of(m, names)
        return found, errors_of(m, found)

    for k in (1, 3):
        (best, _), (worse, errors) = (measured(one, k) for one in (exact, rough))
        for name in names:
            moved = abs(float(getattr(best, name) - getattr(worse, name)))
            assert moved <= float(getattr(errors, name)), name
        assert float(errors.probe_residual) < 0.05
        assert abs(float(best.probe_residual - worse.probe_residual)) > 1e-9


def test_pairs_from_a_file_verify_on_the_command_line(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(fields, "SPARSE_FROM", 100)
    rng = np.random.default_rng(0)
    classes = rng.integers(0, 3, 60)
    images = rng.integers(0, 60, 3000)
    texts = np.where(rng.random(3000) < 0.8, 3 * rng.integers(0, 15, 3000) + classes[images], rng.integers(0, 45, 3000))
    pairs = pd.DataFrame({"image": images, "text": [f"t{text}" for text in texts], "breed": classes[images]})
    pairs.to_parquet(tmp_path / "pairs.parquet")
    out = str(tmp_path / "table.parquet")
    options = ["--labels", "breed", "--sample", "2000", "--out", out]
    for theorem in ("amf-optimum", "probe-mmcl", "probe-error", "suboptimal-encoder", "finite-sample"):
        options += ["--theorem", theorem]
    monkeypatch.setattr("sys.argv", ["mmcl-theory", "verify", "--pairs", str(tmp_path / "pairs.parquet"), *options])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 0
    assert "3 classes" in capsys.readouterr().out
    table = mt.tables.read(out)
    assert sorted(table.k.dropna().unique()) == [1, 2, 3]
    assert (table[table.theorem == "amf-optimum"].verdict == "holds").all()
