"""Make exact instances, and theorems that are false, for the tests of certification."""

import dataclasses
from fractions import Fraction

import numpy as np
from hypothesis import strategies as st

import mmcl_theory as mt
from mmcl_theory.certification.arithmetic.exact import ExactInstance


def exact(matrix, y, w, **parts):
    """An instance with rational entries."""
    rows = tuple(tuple(Fraction(entry) for entry in row) for row in matrix)
    return ExactInstance(rows, tuple(y), tuple(w), 1 + max([*y, *w]), **parts)


def integer_joints(max_size=5):
    """Joints of small integers with many zeros: ties, equal and zero eigenvalues, several components."""

    def build(shape):
        n, m = shape
        rows = st.lists(
            st.lists(st.sampled_from([0, 0, 0, 1, 1, 2, 5]), min_size=m, max_size=m), min_size=n, max_size=n
        )
        labels = [st.lists(st.integers(0, 2), min_size=size, max_size=size) for size in (n, m)]
        return st.tuples(rows, *labels, st.integers(1, min(n, m)))

    def positive(drawn):
        matrix = np.array(drawn[0])
        return matrix.any(axis=0).all() and matrix.any(axis=1).all()

    sizes = st.integers(1, max_size)
    return st.tuples(sizes, sizes).flatmap(build).filter(positive)


def scaled(theorem, factor):
    """With a right-hand side smaller by a factor, to the last bit, or larger for a lower bound."""
    factor = mt.rational(Fraction(factor))
    if theorem.kind is mt.Kind.LOWER_BOUND:
        return dataclasses.replace(theorem, rhs=lambda q: theorem.rhs(q) / factor)
    return dataclasses.replace(theorem, rhs=lambda q: factor * theorem.rhs(q))


def isotropic(m, ratio):
    """All pairs of weight 1, those on the diagonal ratio more: β = m/(m + ratio)."""
    return exact((np.ones((m, m), dtype=int) + ratio * np.eye(m, dtype=int)).tolist(), range(m), range(m))
