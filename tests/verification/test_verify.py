"""The table: verdicts and their reasons, columns, batches."""

import dataclasses
import subprocess
import sys
import time
from contextlib import nullcontext

import jax
import numpy as np
import pandas as pd
import pytest
from small_worlds import WORLDS, exchanged, instances, random_augmentations

import mmcl_theory as mt
from mmcl_theory.quantities.quantities import extras_of
from mmcl_theory.theory.theorem import read_by
from mmcl_theory.verification import batches, evaluation

COLUMNS = "joint theorem kind k lhs rhs slack ratio tolerance trivial verdict reason"
CONTEXT = "labeling_error sigma_next n_items marginal_distance sample_size failure_probability"
BATCHED = ("matrix", "image_labels", "text_labels")
JOINT = mt.generators.isotropic_noise(4, 0.2)


def row(joint, slug, k=1):
    (only,) = mt.verify(joint, k, slug).to_dict("records")
    return only


def test_columns_and_order_are_as_documented():
    table = mt.verify(JOINT, k=[2, 1])
    assert " ".join(table.columns) == f"{COLUMNS} {CONTEXT}"
    assert list(dict.fromkeys(table.theorem)) == list(mt.theorems)
    assert list(table.k[table.theorem == "amf-optimum"]) == [1, 2]
    assert table.k[table.theorem == "label-transfer"].isna().all()


def test_context_is_that_of_the_instance_and_missing_where_it_has_none():
    bare = row(JOINT, "amf-optimum", k=2)
    assert [bare[name] for name in CONTEXT.split()] == pytest.approx([0.15, 0.8, 8, *[np.nan] * 3], nan_ok=True)
    uneven = mt.PairGraph(np.diag([4, 2, 1, 1]), range(4))
    parts = {"augmentation": uneven, "sample": 5 * np.eye(4), "failure_probability": 0.2}
    whole = row(mt.Instance(JOINT, **parts), "label-transfer")
    assert [whole[name] for name in CONTEXT.split()] == pytest.approx([0.15, np.nan, 8, 0.25, 20, 0.2], nan_ok=True)


def test_a_bound_whose_sides_agree_is_not_said_to_hold():
    """Rounding hides which side is the larger; a bound that is also vacuous says both; an identity claims no more."""
    tight = row(JOINT, "label-transfer-classes")
    assert (tight["verdict"], tight["reason"][:31]) == ("agrees", "the sides agree within rounding")
    constant = row(JOINT, "probe-text-induced")  # the constant encoder, of which the bound says all: 1 − π
    assert constant["verdict"] == "vacuous"
    assert constant["reason"] == "the bound says no more than the trivial value 0.75; the sides agree within rounding"
    assert row(JOINT, "chi-square")["verdict"] == "holds"


def test_equal_singular_values_make_the_projector_not_unique():
    tied = row(JOINT, "probe-text-induced", k=2)
    assert tied["verdict"] == "not applicable"
    assert "σ_k = σ_{k+1}" in tied["reason"]
    assert np.isnan(tied["lhs"])


def test_a_disconnected_graph_has_no_bound_below_its_components():
    joint = mt.Joint([[2, 1, 0, 0], [1, 2, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]], [0, 0, 1, 1])
    cut = row(joint, "probe-text-induced")
    assert cut["verdict"] == "not applicable"
    assert "more than k components" in cut["reason"]
    assert row(joint, "probe-text-induced", k=3)["verdict"] in ("holds", "agrees")  # the texts tell the classes: 0 ≤ 0


def test_a_bound_above_one_is_vacuous():
    assert row(mt.generators.isotropic_noise(4, 0.6), "probe-error-mmcl")["verdict"] == "vacuous"


def test_a_missing_part_is_named():
    assert "needs a caption channel" in row(JOINT, "caption-garbling")["reason"]
    assert "needs a pair of encoders" in row(JOINT, "scl-amf")["reason"]
    large = mt.generators.isotropic_noise(17, 0.2)
    assert "needs 2 to 16 images" in row(large, "cheeger")["reason"]


def test_an_order_statement_is_never_said_to_hold():
    order = row(JOINT, "probe-mmcl-paper")
    assert order["verdict"] == "order"
    assert order["ratio"] == pytest.approx(order["lhs"] / order["rhs"])


def test_a_false_theorem_is_violated_whatever_its_kind():
    theorem = mt.theorems["label-transfer"]
    little = mt.rational(1, 10**6)
    for kind, change in ((mt.Kind.UPPER_BOUND, -little), (mt.Kind.LOWER_BOUND, 1.0), (mt.Kind.IDENTITY, little)):
        false = dataclasses.replace(
            theorem,
            kind=kind,
            slug="false",
            lhs=lambda q: q.labeling_error,
            rhs=lambda q, d=change: q.labeling_error + d,
        )
        assert row(JOINT, false)["verdict"] == "violated"


def test_a_decision_compares_signs_and_nothing_else():
    theorem = dataclasses.replace(mt.theorems["chi-square"], slug="sign", kind=mt.Kind.DECISION)
    error = float(JOINT.labeling_error)
    cases = [(1, 5, "holds"), (-1, -5, "holds"), (1, -5, "violated"), (-1, 5, "violated"), (0, 5, "agrees")]
    for side, other, verdict in cases:  # α less 0.15 is 0 but for rounding
        lhs = lambda q, side=side: q.labeling_error - mt.rational(3, 20) + side  # noqa: E731
        rhs = lambda q, other=other: other * q.labeling_error  # noqa: E731
        found = row(JOINT, dataclasses.replace(theorem, lhs=lhs, rhs=rhs))
        assert found["verdict"] == verdict
        assert found["slack"] == pytest.approx(side * other * error, abs=1e-12)
        assert np.isnan([found["ratio"], found["trivial"]]).all()
    assert "its sign is open" in found["reason"]


def test_a_side_that_is_no_number_is_never_a_pass():
    theorem = dataclasses.replace(mt.theorems["label-transfer"], slug="nan", rhs=lambda q: mt.log(q.labeling_error - 2))
    assert row(JOINT, theorem)["verdict"] == "not applicable"


def test_an_unknown_quantity_is_named():
    theorem = dataclasses.replace(mt.theorems["label-transfer"], slug="typo", rhs=lambda q: q.labelling_error)
    with pytest.raises(AttributeError, match="labelling_error"):
        mt.verify(JOINT, 1, theorem)


def test_the_tolerance_grows_where_the_formula_magnifies_rounding():
    near = mt.generators.isotropic_noise(4, 1e-6)  # 1 − σ² = 2e-6 divides
    assert row(near, "probe-text-induced")["tolerance"] > 1e3 * row(JOINT, "probe-text-induced")["tolerance"]
    assert "agree within rounding" in row(near, "probe-text-induced")["reason"]


# Statements that read every part of an instance; all of them would take seconds of compilation more a call.
SOME = ["scl-amf", "probe-text-induced", "caption-garbling", "probe-sscl-haochen", "finite-sample-apriori"]


def test_a_batch_gives_what_its_joints_give_alone(by_programs):
    other = mt.Instance(mt.generators.random_dirichlet(5, 9, 2, key=jax.random.key(1)))
    batch = [*instances("dirichlet", 3), other, *instances("dirichlet", 1)]
    together = mt.verify(batch, [1, 2, 3], SOME)
    for position in (0, 3, 4):  # the last of its shape apart from the others
        alone = mt.verify(batch[position], [1, 2, 3], SOME)
        part = together[together.joint == position].reset_index(drop=True)
        assert list(part.verdict) == list(alone.verdict)
        # Batched and single LAPACK calls round differently.
        np.testing.assert_allclose(part.rhs, alone.rhs, rtol=1e-9, atol=1e-12)


def test_another_theorem_on_what_is_measured_compiles_nothing(by_programs):
    joint = mt.generators.random_dirichlet(5, 7, 2, key=jax.random.key(8))
    before = evaluation._measure_batch._cache_size()
    alone = mt.verify(joint, [1, 2], ["probe-mmcl"])
    # One program more, which measures some of what needs no further decomposition.
    plain = ["probe-mmcl", "probe-error", "chi-square", "label-transfer"]
    read = read_by(*(formula for slug in plain for formula in mt.theorems[slug].formulas))
    assert not extras_of(read)
    assert {"inertia", "probe_error"} <= set(read)
    together = mt.verify(joint, [1, 2], plain)
    programs = evaluation._measure_batch._cache_size()
    mine = dataclasses.replace(mt.theorems["probe-mmcl"], slug="mine", rhs=lambda q: q.inertia + q.probe_error)
    mt.verify(joint, [1, 2], [mine])
    again = mt.verify(joint, [1, 2], ["probe-mmcl"])
    assert programs == evaluation._measure_batch._cache_size() == before + 2
    expected = together[together.theorem == "probe-mmcl"]
    for table in (alone, again):
        np.testing.assert_allclose(table[["lhs", "rhs"]], expected[["lhs", "rhs"]], rtol=1e-12)


def test_splitting_work_changes_nothing(by_programs, monkeypatch):
    batch, ks = instances("dirichlet", 4), [1, 2, 3]  # as many as above, for which programs are compiled
    whole = mt.verify(batch, ks, SOME)
    monkeypatch.setattr("mmcl_theory.verification.batches.AT_ONCE", 2 * 64)  # two of k, one joint at a time
    split = mt.verify(batch, ks, SOME)
    assert list(split.verdict) == list(whole.verdict)
    np.testing.assert_allclose(split.lhs, whole.lhs, rtol=1e-9, atol=1e-12)


def test_a_batch_with_a_leading_axis_gives_what_the_list_does(by_programs):
    listed = [mt.generators.random_dirichlet(6, 5, 3, key=key) for key in jax.random.split(jax.random.key(0), 7)]
    laws, labels, texts = (np.stack([getattr(joint, name) for joint in listed]) for name in BATCHED)
    batch = jax.vmap(lambda *one: mt.Joint(*one, n_classes=3))(laws, labels, texts)
    instances = jax.vmap(lambda joint, counts: mt.Instance(joint, sample=counts))(batch, np.round(1000 * laws))
    table = mt.verify(listed, [3, 1], [*SOME, "label-transfer"])
    together = mt.verify(batch, [3, 1], [*SOME, "label-transfer"])
    numbers = ["lhs", "rhs", "tolerance", "labeling_error", "sigma_next"]
    others = ["joint", "theorem", "kind", "k", "verdict", "reason"]
    pd.testing.assert_frame_equal(together[others], table[others])
    np.testing.assert_allclose(together[numbers], table[numbers], rtol=1e-9, atol=1e-12)
    parts = [mt.Instance(one, sample=np.round(1000 * law)) for one, law in zip(listed, laws, strict=True)]
    read = [*SOME, "finite-sample"]
    assert list(mt.verify(instances, 2, read).verdict) == list(mt.verify(parts, 2, read).verdict)


def test_all_cores_change_nothing(by_programs, monkeypatch):
    """Bit for bit, whatever the number of threads, each with one of BLAS, in chunks of four blocks of two joints."""
    listed = [mt.generators.random_dirichlet(6, 5, 3, key=key) for key in jax.random.split(jax.random.key(0), 50)]
    monkeypatch.setattr("mmcl_theory.verification.batches._CHUNK", 8 * 30)  # eight joints, and at last two
    monkeypatch.setattr("mmcl_theory.verification.batches._BLOCK", 2 * 30)
    tables, limited = [], []
    monkeypatch.setattr(evaluation, "one_blas_thread", lambda: nullcontext(limited.append(len(tables))))
    for cores in (1, 2, 4):
        monkeypatch.setattr("os.cpu_count", lambda cores=cores: cores)
        tables.append(mt.verify(listed, [1, 2], SOME))
    assert limited == [1, 2]
    assert tables[0].equals(tables[1])
    assert tables[0].equals(tables[2])
    assert list(tables[0].joint) == sorted(tables[0].joint)
    alone = pd.concat([mt.verify(one, [1, 2], SOME) for one in listed], ignore_index=True)
    np.testing.assert_allclose(tables[0].rhs, alone.rhs, rtol=1e-9, atol=1e-12)


def test_a_gpu_measures_a_chunk_at_once_where_there_is_room(monkeypatch):
    batch = jax.vmap(lambda law: mt.Joint(law, [0, 1], n_classes=2))(np.full((200_000, 2, 2), 0.25))
    (group,) = batches.groups_of(batch)
    monkeypatch.setattr(batches, "on_gpu", lambda: True)
    assert group.block(1, ["sigma_next"]) == len(group.chunks(1, ["sigma_next"])[0]) == batches._CHUNK // 4
    monkeypatch.setattr(batches, "AT_ONCE", 4 * 1000)
    assert group.block(1, ["sigma_next"]) == len(group.chunks(1, ["sigma_next"])[0]) == 1000
    monkeypatch.undo()
    assert group.block(1, ["sigma_next"]) == batches._BLOCK // 4
    assert len(group.chunks(1, ["sigma_next"])[0]) == batches._CHUNK // 4
    # So many k leave room for fewer instances in a chunk.
    assert len(group.chunks(1000, ["sigma_next"])[0]) == batches._BLOCK // 4 * 2


def test_nothing_more_is_begun_where_a_chunk_fails(by_programs, monkeypatch):
    listed = [mt.generators.random_dirichlet(6, 5, 3, key=key) for key in jax.random.split(jax.random.key(0), 20)]
    monkeypatch.setattr("mmcl_theory.verification.batches._CHUNK", 30)  # a joint a chunk
    begun = []

    def fails(*_, **__):
        begun.append(time.sleep(0.05 * len(begun)))  # the first fails at once, the others do not overtake it
        raise MemoryError

    monkeypatch.setattr(evaluation, "_decomposed", fails)
    with pytest.raises(MemoryError):
        mt.verify(listed, [1, 2], SOME)
    assert 0 < len(begun) < 10


def test_what_a_formula_does_not_read_leaves_its_tolerance_alone():
    """The tolerance is that of moving every quantity: typed again, over all of them."""
    joint = mt.generators.random_dirichlet(key=jax.random.key(1))
    quantities = mt.measure(joint, 2)
    theorem = mt.theorems["class-conductance"]  # it reads a sum of non-negative terms and a singular value
    expected = 0.0
    for field in dataclasses.fields(quantities):
        value = getattr(quantities, field.name)
        if value is not None:
            least = 0 if field.metadata["relative"] else 1
            step = 2.0**12 * np.finfo(float).eps * max(least, abs(float(value)))
            moved = [dataclasses.replace(quantities, **{field.name: value + sign * step}) for sign in (1, -1)]
            expected += max(abs(float(theorem.slack(one) - theorem.slack(quantities))) for one in moved)
    assert row(joint, "class-conductance", k=2)["tolerance"] == pytest.approx(expected, rel=1e-3)


def test_the_same_call_gives_the_same_table_bit_for_bit():
    joint = mt.generators.random_dirichlet(key=jax.random.key(5))
    again = mt.generators.random_dirichlet(key=jax.random.key(5))
    assert mt.verify(joint, [1, 3]).equals(mt.verify(again, [1, 3]))


def test_emoji_gives_the_recorded_values(emoji):
    """Labeling error 0.1569, α_T 0.2024, 39 components; at k = 400 a residual 0.1558 against 0.4894."""
    table = mt.verify(emoji, k=[38, 39, 400], theorems=["label-transfer", "probe-text-induced"])
    assert table.labeling_error[0].round(4) == 0.1569
    assert table.lhs[0].round(4) == 0.2024
    assert list(table.verdict[1:]) == ["not applicable", "vacuous", "holds"]
    assert table.lhs.round(4).iloc[-1] == 0.1558
    assert table.rhs.round(4).iloc[-1] == 0.4894


# Which kind of pairs is provably better.


def compared(worlds, k):
    instances = [mt.Instance(world.joint, augmentation=world.augmentation) for world in worlds]
    return mt.advantage(mt.verify(instances, k, mt.COMPARISON))


CAPTIONS_WIN = WORLDS["content-style"](None)


@pytest.mark.parametrize(
    ("world", "winner", "loser"), [(CAPTIONS_WIN, "mmcl", "sscl"), (exchanged(CAPTIONS_WIN), "sscl", "mmcl")]
)
def test_the_better_kind_of_pairs_is_told_where_the_bounds_prove_it(world, winner, loser):
    report = compared([world], [1, 3]).set_index("k")
    assert list(report.verdict) == ["undecided", winner]
    assert report[f"{winner}_upper"][3] < report[f"{loser}_lower"][3]
    for kind in ("mmcl", "sscl"):
        within = report[f"{kind}_residual"].between(report[f"{kind}_lower"] - 1e-12, report[f"{kind}_upper"] + 1e-12)
        assert within.all()  # rounding aside
    assert (report.marginal_distance < 1e-12).all()


def test_the_report_has_what_was_measured_and_what_the_theorems_say():
    worlds = [CAPTIONS_WIN, mt.worlds.content_style(6, 9, 3, 1, 0.2, 0.1, 0.5)]
    report = compared(worlds, [3, 1, 4])
    assert list(zip(report.joint, report.k, strict=True)) == [(0, 1), (0, 3), (0, 4), (1, 1), (1, 3), (1, 4)]
    for made in report.to_dict("records"):
        world, k = worlds[made["joint"]], made["k"]
        q = mt.measure(mt.Instance(world.joint, augmentation=world.augmentation), k)
        if k == 4:  # inside a group of equal values, so no bound applies
            assert np.isnan([made[name] for name in ("mmcl_residual", "mmcl_upper", "mmcl_lower")]).all()
            assert made["verdict"] == "undecided"
            continue
        assert made["mmcl_residual"] == pytest.approx(float(q.probe_residual), abs=1e-12)
        assert made["sscl_residual"] == pytest.approx(float(q.sscl_residual), abs=1e-12)
        bounds = {
            "mmcl_upper": min(q.walk_upper, q.text_induced_error / (1 - q.sigma_next**2)),
            "sscl_upper": min(q.sscl_walk_upper, q.augmentation_error / (1 - q.lambda_next)),
        }
        for name, bound in bounds.items():
            assert made[name] == pytest.approx(float(bound), abs=1e-12)


def test_residuals_under_two_marginals_are_reported_apart():
    joint = mt.generators.random_dirichlet(key=jax.random.key(0))
    graphs = [random_augmentations(joint, np.random.default_rng(1)), joint.text_induced()]
    instances = [mt.Instance(joint, augmentation=graph) for graph in graphs]
    report = mt.advantage(mt.verify(instances, 1, mt.COMPARISON))
    apart = abs(np.asarray(graphs[0].marginal) - np.asarray(joint.image_marginal)).sum() / 2
    assert report.marginal_distance[0] == pytest.approx(apart)
    assert list(report.verdict) == ["different marginals", "undecided"]
    assert report.mmcl_residual[1] == pytest.approx(report.sscl_residual[1])  # text-induced pairs against themselves


# Statements of an order only.


def test_order_constants_are_the_largest_ratios_of_each_size():
    sizes = [2, 8, 4, 4]  # isotropic noise of 2m images and texts
    joints = [mt.generators.isotropic_noise(m, noise) for m, noise in zip(sizes, (0.9, 0.1, 0.2, 0.5), strict=True)]
    table = mt.verify(joints, 1, ["probe-mmcl-paper", "label-transfer"])
    ratio = table.ratio[table.theorem == "probe-mmcl-paper"].to_numpy()
    constants = mt.order_constants(table)
    assert set(constants.theorem) == {"probe-mmcl-paper"}
    assert list(constants.n_items) == [4, 8, 16]
    assert list(constants["rows"]) == [1, 2, 1]
    largest = [ratio[0], max(ratio[2:]), ratio[1]]
    assert constants.constant.to_numpy() == pytest.approx(largest)
    assert constants.so_far.to_numpy() == pytest.approx(np.maximum.accumulate(largest))
    # e_1 = 1 where all m scores tie, α = β(1−1/m) and σ_2 = 1−β.
    assert constants.constant[2] == pytest.approx((1 - 0.9**2) / (0.1 * 7 / 8))


def test_order_constants_keep_statements_apart_and_leave_out_where_they_do_not_apply():
    rows = pd.DataFrame(
        {
            "theorem": ["b", "a", "b", "b", "a", "c"],
            "kind": ["order"] * 5 + ["upper bound"],
            "n_items": [20.0, 10.0, 10.0, 30.0, 20.0, 10.0],
            "ratio": [2.0, 5.0, 3.0, np.nan, 4.0, 9.0],
        }
    )
    found = mt.order_constants(rows)
    assert list(zip(found.theorem, found.n_items, found.constant, found.so_far, strict=True)) == [
        ("a", 10, 5.0, 5.0),
        ("a", 20, 4.0, 5.0),
        ("b", 10, 3.0, 3.0),
        ("b", 20, 2.0, 3.0),
    ]


@pytest.mark.parametrize("distance", 10.0 ** -np.arange(2, 17, 2))
def test_nearly_collinear_features_lose_no_digits(distance):
    key, other, texts = jax.random.split(jax.random.key(0), 3)
    joint = mt.generators.random_dirichlet(6, 5, key=key)
    first, second = np.asarray(jax.random.normal(other, (2, 6)))
    encoders = (np.column_stack([first, first + distance * second]), jax.random.normal(texts, (5, 2)))
    held = row(mt.Instance(joint, encoders=encoders), "partial-minimum")
    assert held["verdict"] == "holds"
    # Two directions are left of them down to 1e-14; the loss is what the range leaves of A, in NumPy.
    if distance >= 1e-14:
        factors = np.sqrt(joint.image_marginal)[:, None] * np.column_stack([first, second])
        basis = np.linalg.qr(factors)[0]
        left = joint.normalized - basis @ (basis.T @ joint.normalized)
        # The two columns differ by rounding in the 16th digit, which turns their plane by 1e-16 over their distance.
        assert held["lhs"] == pytest.approx(np.sum(left**2), abs=1e-13 + 1e-14 / distance)


HANGING = """
import faulthandler, jax, mmcl_theory as mt
faulthandler.dump_traceback_later(100, exit=True)
joint = mt.worlds.kernel(12, 12, 3).joint
graph = mt.worlds.kernel(12, 12, 3).augmentation
parts = {"n_pairs": 500, "augmentation": graph, "drawn": ("encoders", "channel", "sample")}
instances = 300 * [mt.Instance.with_random_parts(joint, key=jax.random.key(0), **parts)]
for _ in range(3):
    mt.verify(instances, [1, 2, 3], ["probe-mmcl", "finite-sample", "caption-garbling", "linear-mmcl"])
"""


def test_batched_decompositions_do_not_wait_for_each_other_for_ever():
    subprocess.run([sys.executable, "-c", HANGING], check=True, timeout=120, capture_output=True)
