"""The smallest counterexample: a table of whole numbers, checked by hand and by brute force, and what is said of it."""

import itertools
from fractions import Fraction

import jax
import numpy as np
import pytest

import mmcl_theory as mt
from mmcl_theory.falsification import smallest
from mmcl_theory.falsification.candidates import Search
from mmcl_theory.falsification.smallest import Smallest, smallest_counterexample

KEY = jax.random.key(0)
TWO = Search(4, 4, 2, 1, ())
# Label transfer without its square, for the linear probe and for pairs of images of one text.
LINEAR = mt.Theorem(
    slug="linear",
    title="The residual of the probe, linear in the labeling error",
    kind=mt.Kind.UPPER_BOUND,
    statement=r"r_k \le \frac{\alpha}{1-\sigma_{k+1}^2}",
    source="false",
    lhs=lambda q: q.probe_residual,
    rhs=lambda q: q.labeling_error / (1 - q.sigma_next**2),
    requires=mt.theorems["probe-mmcl"].requires,
)
TRANSFER = mt.Theorem(
    slug="transfer",
    title="The transfer of labels without its square",
    kind=mt.Kind.UPPER_BOUND,
    statement=r"\alpha_T \le \alpha",
    source="false",
    lhs=lambda q: q.text_induced_error,
    rhs=lambda q: q.labeling_error,
    per_k=False,
)


def errors(table, y, w):
    """(α_T, α), in fractions and by definition."""
    total, size = sum(map(sum, table)), range(len(table))
    error = Fraction(sum(table[x][t] for x in size for t in range(len(w)) if y[x] != w[t]), total)
    induced = Fraction(0)
    for t in range(len(w)):
        column = [table[x][t] for x in size]
        apart = sum(column[x] * column[z] for x in size for z in size if y[x] != y[z])
        induced += Fraction(apart, total * sum(column))
    return induced, error


def test_the_counterexample_of_the_transfer_is_the_least_by_brute_force():
    found = smallest_counterexample(TRANSFER, TWO)
    assert found.matrix == [[0, 1], [1, 2]]
    assert (found.certificate.lhs, found.certificate.rhs) == ("1/3", "1/4")
    assert found.certificate.check(TRANSFER) == []
    instance = found.certificate.instance
    assert errors(found.matrix, instance.image_labels, instance.text_labels) == (Fraction(1, 3), Fraction(1, 4))
    for cells in itertools.product(range(4), repeat=4):
        table = np.reshape(cells, (2, 2))
        if sum(cells) <= 3 and table.any(axis=0).all() and table.any(axis=1).all():
            for labels in itertools.product(range(2), repeat=4):
                lhs, rhs = errors(table.tolist(), labels[:2], labels[2:])
                assert lhs <= rhs


def test_the_sides_are_exact_and_written_as_text_and_in_latex():
    found = smallest_counterexample(LINEAR, TWO)
    assert str(found).splitlines() == [
        "linear: smallest counterexample found, k = 1, certified: lhs = 3/8 > 9/32 = rhs",
        "  P = 1/4 [ 0  1 ]  image of class 0",
        "          [ 1  2 ]  image of class 1",
        "            1  1    classes of the texts",
        "  " + found.to_latex(),
        "  the first, by size and sum, of the tables of whole numbers 2 × 2 of sum ≤ 12, with the labels of 2 classes",
    ]
    assert found.to_latex() == (
        r"P = \tfrac{1}{4}\begin{pmatrix} 0 & 1 \\ 1 & 2 \end{pmatrix},\ y_V = (0, 1),\ y_L = (1, 1),\ k = 1:\ "
        r"\mathrm{lhs} = \frac{3}{8} > \frac{9}{32} = \mathrm{rhs}"
    )
    assert found._repr_latex_() == f"$\\displaystyle {found.to_latex()}$"
    row = mt.verify(found.joint, 1, LINEAR).iloc[0]
    assert (row.lhs, row.rhs) == (pytest.approx(3 / 8), pytest.approx(9 / 32))


def test_where_nothing_is_found_it_is_said_what_was_tried_and_that_it_is_no_proof():
    found = smallest_counterexample(mt.theorems["label-transfer"], TWO)
    assert (found.certificate, found.joint, found.matrix, found.to_latex()) == (None, None, [], "")
    assert "no counterexample among 15827 tables of whole numbers (2 × 2 of sum ≤ 12, 2 × 3" in str(found)
    assert str(found).endswith("nor in the search; that is evidence, and not a proof")
    assert "\n" not in str(found)


def test_every_labeled_table_is_tried_once_up_to_order_and_names():
    """Against all tables and labels, each brought to the least of its reorderings."""
    tables, image_labels, text_labels = smallest._labeled_tables((2, 3), 4, 2)
    tried = [canonical(*one) for one in zip(tables.tolist(), image_labels.tolist(), text_labels.tolist(), strict=True)]
    every = {
        canonical(np.reshape(cells, (2, 3)).tolist(), labels[:2], labels[2:])
        for cells in itertools.product(range(5), repeat=6)
        if sum(cells) <= 4
        and np.reshape(cells, (2, 3)).any(axis=0).all()
        and np.reshape(cells, (2, 3)).any(axis=1).all()
        for labels in itertools.product(range(2), repeat=5)
    }
    assert set(tried) == every
    assert [table.sum() for table in tables] == sorted(table.sum() for table in tables)


def canonical(table, y, w):
    """The least of the same joint with images, texts and class names in another order."""
    return min(
        (tuple(tuple(table[x][t] for t in columns) for x in rows), *names(y, w, rows, columns, swap))
        for rows in itertools.permutations(range(len(y)))
        for columns in itertools.permutations(range(len(w)))
        for swap in (0, 1)
    )


def names(y, w, rows, columns, swap):
    """The labels in this order, classes 0 and 1 exchanged or not."""
    return tuple(y[x] ^ swap for x in rows), tuple(w[t] ^ swap for t in columns)


def test_a_worst_case_that_no_small_table_shows_is_rounded(monkeypatch):
    """Without tables: two images of one text are of different classes whatever the digits."""
    monkeypatch.setattr(smallest, "TABLES", ())
    law = np.array([[0.0, 0.2503], [0.2491, 0.5006]])
    found = smallest_counterexample(TRANSFER, TWO, mt.Instance(mt.Joint(law, [0, 1], [1, 1])))
    assert found.matrix == [[0, 1], [1, 2]]
    assert "rounded to whole numbers" in found.searched


@pytest.mark.parametrize(
    ("slug", "parts", "words"),
    [
        ("probe-mmcl-paper", (), "the statement is of an order only"),
        ("caption-garbling", ("channel",), "the statement reads more than the joint and its labels: channel"),
    ],
)
def test_where_tables_prove_nothing_none_is_tried(slug, parts, words):
    found = smallest_counterexample(mt.theorems[slug], Search(4, 4, 2, 1, parts))
    assert found == Smallest(mt.theorems[slug], None, f"no tables of whole numbers were tried: {words}")


def test_without_flint_it_says_what_is_needed(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "flint", None)
    assert "pip install 'mmcl-theory[certify]'" in str(smallest_counterexample(TRANSFER, TWO))


def test_a_search_that_is_loaded_has_the_same(tmp_path):
    worst = mt.falsify(LINEAR, 2, 2, key=KEY, budget=1, restarts=8)
    worst.save(tmp_path / "worst.npz")
    again = mt.Falsification.load(tmp_path / "worst.npz", LINEAR)
    assert (str(again.smallest), again.smallest.certificate) == (str(worst.smallest), worst.smallest.certificate)
