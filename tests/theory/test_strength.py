"""Which statements imply which: the chains, the tree, and what a table need not show."""

import dataclasses

import pandas as pd
import pytest

import mmcl_theory as mt
from mmcl_theory.tables.strength import outdone
from mmcl_theory.theory.strength import branches, is_alike, stronger

JOINT = mt.Joint([[4, 1, 0], [1, 4, 1], [0, 1, 4], [1, 0, 2]], [0, 1, 1, 0], [0, 1, 1])


def named(slug, like="probe-text-induced", **changes):
    return dataclasses.replace(mt.theorems[like], slug=slug, **changes)


def test_what_is_stronger_bounds_the_same_number_from_the_same_side():
    for slug in mt.theorems:
        for above in stronger(slug):
            assert is_alike(mt.theorems[slug], mt.theorems[above])
            assert mt.theorems[slug].kind in (mt.Kind.UPPER_BOUND, mt.Kind.LOWER_BOUND)


def test_chains_are_followed_to_their_end():
    chain = {
        "first": named("first"),
        "second": named("second", implied_by=("first", "label-transfer")),
        "third": named("third", implied_by=("second", "unheard-of")),
        "other": named("other", "label-transfer", implied_by=("third",)),
    }
    assert [stronger(slug, chain) for slug in chain] == [(), ("first",), ("second", "first"), ()]


def test_the_tree_has_each_statement_once_under_one_that_implies_it():
    seen = []

    def walk(branch, above):
        theorem = branch.theorem
        seen.append(theorem.slug)
        assert above is None or above in theorem.implied_by
        assert {above, *branch.beside} - {None} == (set(theorem.implied_by) if above else set())
        for below in branch.weaker:
            walk(below, theorem.slug)

    for branch in branches(mt.theorems.values()):
        walk(branch, None)
    assert sorted(seen) == sorted(mt.theorems)
    assert len(seen) > len(branches(mt.theorems.values()))


def test_the_weaker_bound_of_a_chain_is_not_shown():
    table = mt.verify(JOINT, [1, 2], ["probe-text-induced", "label-transfer", "probe-mmcl", "chi-square"])
    assert outdone(table) == ["probe-mmcl"]
    alone = table[table.theorem != "probe-text-induced"]
    assert outdone(alone) == []  # what implies it is not there to be shown


CHANGES = {
    "violated": {"verdict": "violated"},
    "it says more": {"rhs": 1e-3},
    "the stronger one does not apply": {"verdict": "not applicable"},
}


@pytest.mark.parametrize("case", CHANGES)
def test_nothing_is_hidden_that_is_violated_or_says_more(case):
    table = mt.verify(JOINT, [1, 2], ["probe-text-induced", "probe-mmcl"])
    changed = "probe-text-induced" if case.startswith("the stronger") else "probe-mmcl"
    place = table.index[(table.theorem == changed) & (table.k == 2)]
    for column, value in CHANGES[case].items():
        table.loc[place, column] = value
    assert outdone(table) == []


@pytest.mark.parametrize(
    ("kind", "rhs", "hidden"), [("lower bound", [0.2, 0.1], True), ("lower bound", [0.1, 0.2], False)]
)
def test_a_lower_bound_is_outdone_by_a_larger_one(kind, rhs, hidden):
    row = {"joint": 0, "k": 2, "kind": kind, "verdict": "holds", "tolerance": 1e-12}
    table = pd.DataFrame(
        [row | {"theorem": "probe-text-induced", "rhs": rhs[0]}, row | {"theorem": "probe-mmcl", "rhs": rhs[1]}]
    )
    assert outdone(table) == (["probe-mmcl"] if hidden else [])
    upper = table.assign(kind="upper bound")
    assert outdone(upper) == ([] if hidden else ["probe-mmcl"])
