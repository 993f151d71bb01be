"""Files of searches: nothing in them is believed, no damage is taken for a search, and no kill loses one."""

import dataclasses
import json
import pathlib
import random
import re
import sys
import time

import jax
import numpy as np
import pytest
import search_kills
from forks import found_by
from mutations import mutated_arrays, mutated_bytes
from refusals import assert_refused

import mmcl_theory as mt
from mmcl_theory.falsification import candidates

KEY = jax.random.key(0)

# A false statement, and another of the same name that is true.
DOUBTFUL = mt.Theorem(
    slug="doubtful",
    title="The transfer of labels without its square",
    kind=mt.Kind.UPPER_BOUND,
    statement=r"\alpha_T \le \alpha",
    source="an exercise",
    lhs=lambda q: q.text_induced_error,
    rhs=lambda q: q.labeling_error,
    per_k=False,
)
TRUE = dataclasses.replace(DOUBTFUL, rhs=lambda q: 4 * q.labeling_error)


@pytest.fixture(scope="module")
def violated():
    return mt.falsify(DOUBTFUL, 3, 3, key=KEY, budget=2, restarts=16)


@pytest.fixture(scope="module")
def written(violated, tmp_path_factory):
    path = tmp_path_factory.mktemp("searches") / "doubtful.npz"
    violated.save(path)
    return path


def members(path) -> dict[str, np.ndarray]:
    with np.load(path) as opened:
        return {name: opened[name] for name in opened.files}


def forged(path, target, **changes) -> pathlib.Path:
    """Write a file again with some of its arrays, or of its facts, exchanged."""
    arrays = members(path)
    facts = json.loads(arrays["facts"].tobytes())
    for name, value in changes.items():
        if isinstance(value, np.ndarray):
            arrays[name.replace("_", " ", 1)] = value
        else:
            facts[name] = value
    arrays["facts"] = np.frombuffer(json.dumps(facts).encode(), np.uint8)
    np.savez(target, **arrays)
    return target


def scored(path, place: int, change) -> dict[str, np.ndarray]:
    """Change the array of the population that holds safe ratios (0), left (1) or right (2) sides."""
    names = sorted((name for name in members(path) if name.startswith("population ")), key=lambda s: int(s.split()[1]))
    name = names[-5 + place]
    return {name.replace(" ", "_", 1): change(members(path)[name].copy())}


def test_a_file_says_nothing_of_a_verdict_and_the_same_is_concluded(violated, written):
    assert not {"certificate", "matrix", "trend ratio"} & members(written).keys()
    assert json.loads(members(written)["facts"].tobytes()).keys().isdisjoint({"verdict", "ratio", "reason", "lhs"})
    again = mt.Falsification.load(written, DOUBTFUL)
    assert again.certified
    assert (again.ratio, again.reason, again.certificate) == (violated.ratio, violated.reason, violated.certificate)


def test_what_a_file_of_before_says_of_its_verdict_is_not_believed(written, tmp_path):
    """A ratio of 5 and the certificate of another statement are added, as files had them."""
    other = dataclasses.replace(DOUBTFUL, rhs=lambda q: q.labeling_error / 4)
    proof = mt.certify(other, mt.generators.isotropic_noise(3, 0.1), 1).to_json()
    holding = mt.falsify(TRUE, 3, 3, key=KEY, budget=1, restarts=16)
    holding.save(tmp_path / "holds.npz")
    arrays = members(tmp_path / "holds.npz")
    facts = json.loads(arrays["facts"].tobytes()) | {"ratio": 5.0, "verdict": "violated", "reason": "certified"}
    arrays["facts"], arrays["certificate"] = (
        np.frombuffer(json.dumps(content).encode(), np.uint8) for content in (facts, proof)
    )
    np.savez(tmp_path / "forged.npz", **arrays)
    loaded = mt.Falsification.load(tmp_path / "forged.npz", TRUE)
    assert (loaded.verdict, loaded.ratio, loaded.certified) == (holding.verdict, holding.ratio, False)


def test_a_theorem_of_the_same_name_with_another_formula_is_refused(violated, written):
    words = "path: no search for this theorem as it was written other sides by the formulas"
    assert_refused(ValueError, words, lambda: mt.Falsification.load(written, TRUE))
    with pytest.raises(ValueError, match=r"^resume: its candidates have another score"):
        mt.falsify(TRUE, 3, 3, budget=1, resume=violated)
    with pytest.raises(ValueError, match=r"^checkpoint: .* other sides"):
        mt.falsify(TRUE, 3, 3, budget=3, checkpoint=written)
    for change in ({"statement": "another"}, {"kind": mt.Kind.LOWER_BOUND}):
        changed = dataclasses.replace(DOUBTFUL, **change)
        assert_refused(
            ValueError, f"path: another {next(iter(change))}", lambda c=changed: mt.Falsification.load(written, c)
        )
    assert_refused(TypeError, "theorem: Theorem 'doubtful'", lambda: mt.Falsification.load(written, "doubtful"))
    # The same statement, written down again, is the same.
    again = dataclasses.replace(DOUBTFUL, rhs=lambda q: 1 * q.labeling_error)
    assert mt.falsify(again, 3, 3, budget=1, resume=violated).rounds == 3


def test_versions_are_named_where_a_number_cannot_be_reproduced(written, tmp_path):
    path = forged(written, tmp_path / "old.npz", versions={"jax": "0.0.1"})
    assert mt.Falsification.load(path, DOUBTFUL).certified
    with pytest.raises(ValueError, match=r"written with .*jax 0\.0\.1.*here are .*jax"):
        mt.Falsification.load(path, TRUE)


def test_forged_scores_are_found_before_a_search_goes_on(written, tmp_path):
    """The candidate of the lowest score is given another one, which no table or figure shows."""

    def lifted(safe):
        safe[np.argmin(safe)] = np.sort(safe)[-2]
        return safe

    path = forged(written, tmp_path / "forged.npz", **scored(written, 0, lifted))
    with pytest.raises(ValueError, match=r"^checkpoint: .*another score \(safe\)"):
        mt.falsify(DOUBTFUL, 3, 3, budget=3, checkpoint=path)
    with pytest.raises(ValueError, match=r"^resume: .*another score \(safe\)"):
        mt.falsify(DOUBTFUL, 3, 3, budget=3, resume=mt.Falsification.load(path, DOUBTFUL))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda path: scored(path, 0, lambda safe: safe + 1), "does not end at its best candidate"),
        (lambda path: scored(path, 0, lambda safe: safe * np.nan), "not a number"),
        (lambda path: scored(path, 4, lambda trend: trend + 1), "trend does not end at its best"),
        (lambda path: {"trajectory_safe_ratio": members(path)["trajectory safe_ratio"] - 1}, "best candidate"),
        (lambda path: {"trajectory_round": np.array([2, 2])}, "round after round"),
        (lambda path: {"trajectory_round": np.array([0.5, 2])}, "trajectory has a round of type float64"),
        (lambda path: {"population_0": members(path)["population 0"].astype("f4")}, "float64"),
        (lambda path: {"population_0": members(path)["population 0"] * np.nan}, "not finite"),
        (lambda path: {"population_1": members(path)["population 1"] + 2}, "labels of its candidates"),
        (lambda path: {"population_0": members(path)["population 0"][:12]}, "multiple of 8"),
        (lambda path: {"population_0": np.zeros((2**20, 3, 3))}, "restarts: must be 8 … 16384"),
        (lambda path: {"search": {"n_images": 30_000, "n_texts": 3, "n_classes": 2, "k": 1}}, "at most"),
        (lambda path: {"search": {"n_images": "3", "n_texts": 3, "n_classes": 2, "k": 1}}, "n_images: an integer"),
        (lambda path: {"search": None}, "path"),
        (lambda path: {"key": np.zeros((2, 2), np.uint32)}, "key: one"),
    ],
)
def test_what_no_search_writes_is_refused(change, words, written, tmp_path):
    path = forged(written, tmp_path / "forged.npz", **change(written))
    start = time.perf_counter()
    assert_refused_as_file(path, words)
    assert time.perf_counter() - start < 10


def assert_refused_as_file(path, words):
    with pytest.raises(ValueError, match=r"^path: ") as caught:
        mt.Falsification.load(path, DOUBTFUL)
    assert words in str(caught.value)


def test_a_large_violation_is_loaded_as_not_yet_checked(violated, written, monkeypatch):
    monkeypatch.setattr("mmcl_theory.falsification.falsification._QUICKLY", 2)
    loaded = mt.Falsification.load(written, DOUBTFUL)
    assert loaded.suspected
    assert not loaded.certified
    assert "not yet checked" in loaded.reason
    assert "not certified" in repr(loaded)
    assert loaded.ratio == violated.ratio


def test_without_python_flint_a_violation_is_loaded_as_not_certified(written, monkeypatch):
    monkeypatch.setitem(sys.modules, "flint", None)
    loaded = mt.Falsification.load(written, DOUBTFUL)
    assert (loaded.verdict, loaded.certified) == ("violated", False)
    assert "not certified: certify: python-flint is needed" in loaded.reason


def test_a_search_is_sized_before_anything_is_drawn(monkeypatch):
    monkeypatch.setattr(candidates, "start", None)
    for sizes in ((20_000, 20_000), (10**6, 6), (6, 10**30)):
        assert_refused(
            ValueError, "n_images: at most 512", lambda sizes=sizes: mt.falsify("probe-mmcl", *sizes, key=KEY)
        )
    assert_refused(ValueError, "restarts: 16384", lambda: mt.falsify("probe-mmcl", restarts=2**20, key=KEY))


def test_a_search_goes_on_from_its_checkpoint(violated, tmp_path):
    path = tmp_path / "new" / "search.npz"
    given = {"key": KEY, "restarts": 16, "checkpoint": path}
    mt.falsify(DOUBTFUL, 3, 3, budget=1, **given)
    assert mt.Falsification.load(path, DOUBTFUL).rounds == 1
    whole = mt.falsify(DOUBTFUL, 3, 3, budget=2, checkpoint=path)
    assert same(whole, violated)
    assert same(mt.Falsification.load(path, DOUBTFUL), violated)
    before = path.read_bytes()
    assert same(mt.falsify(DOUBTFUL, 3, 3, budget=2, **given), violated)  # a finished search is only read
    assert path.read_bytes() == before
    for words, change in (
        ("checkpoint: round 2 beyond budget 1", {"budget": 1}),
        ("checkpoint: restarts 16 24", {"restarts": 24}),
        ("checkpoint: sizes", {"n_classes": 3}),
        ("key: its own", {"key": jax.random.key(1)}),
        ("resume: checkpoint", {"resume": violated}),
    ):
        assert_refused(ValueError, words, lambda c=change: mt.falsify(DOUBTFUL, 3, 3, **{"budget": 3, **given, **c}))
    assert_refused(
        ValueError, "resume: restarts 16 64", lambda: mt.falsify(DOUBTFUL, 3, 3, resume=violated, restarts=64)
    )
    assert_refused(ValueError, "theorem: 'doubtful'", lambda: mt.falsify("probe-mmcl", 3, 3, budget=3, **given))


def test_a_checkpoint_that_cannot_be_written_is_refused_before_the_search(tmp_path, monkeypatch):
    monkeypatch.setattr(candidates, "start", None)
    (tmp_path / "file").write_text("")
    for path in (tmp_path, tmp_path / "file" / "search.npz", ""):
        assert_refused(ValueError, "checkpoint:", lambda path=path: mt.falsify("probe-mmcl", key=KEY, checkpoint=path))


def same(one, other) -> bool:
    """Decide whether two results are the same, bit for bit."""
    leaves = [jax.tree.leaves((found.instance, found.population)) for found in (one, other)]
    names = ("ratio", "safe_ratio", "lhs", "rhs", "tolerance", "verdict", "reason", "certificate", "rounds", "search")
    return (
        all(np.array_equal(a, b, equal_nan=True) for a, b in zip(*leaves, strict=True))
        and all(getattr(one, name) == getattr(other, name) for name in names)
        and one.trajectory.equals(other.trajectory)
        and one.trend.equals(other.trend)
    )


@pytest.mark.parametrize("n_kills", [1, pytest.param(4, marks=pytest.mark.slow)])
def test_killed_at_random_moments_a_search_ends_the_same(n_kills, tmp_path):
    found_by(search_kills.hurt, tmp_path, n_kills)
    assert same(*(mt.Falsification.load(tmp_path / name) for name in ("whole.npz", "killed.npz")))


def damage(path: pathlib.Path, count: int, seed: int = 0) -> str:
    """Damage a file of DOUBTFUL in the ways of forgers and disks: it is refused, or what is read is proven now."""
    content, draw, damaged = path.read_bytes(), random.Random(seed), path.with_name("damaged.npz")
    whole = mt.Falsification.load(path, DOUBTFUL)
    read, other, longest = 0, 0, 0.0
    for _ in range(count):
        change = draw.choice([mutated_bytes, mutated_arrays, mutated_arrays, mutated_arrays])
        damaged.write_bytes(change(draw, content))
        start, message, loaded = time.perf_counter(), "path: ", None
        try:
            loaded = mt.Falsification.load(damaged, DOUBTFUL)
        except ValueError as error:
            message = str(error)
        longest = max(longest, time.perf_counter() - start)
        assert re.match("(path|theorem): ", message)
        if loaded is not None:
            read += 1
            (row,) = mt.verify(loaded.instance, loaded.k, DOUBTFUL).to_dict("records")
            assert (loaded.lhs, loaded.rhs) == (row["lhs"], row["rhs"])
            assert loaded.certified == (row["verdict"] == "violated")
            if loaded.certificate != whole.certificate:
                other += 1
                assert loaded.certificate is None or loaded.certificate.check(DOUBTFUL) == []
    assert longest < 10
    return f"{count} files, {read} read, of them {other} with another certificate, {longest:.2f} s at most"


def test_damaged_files_are_refused_or_say_what_is_proven(written, tmp_path):
    path = tmp_path / "doubtful.npz"
    path.write_bytes(written.read_bytes())
    damage(path, 60)
