"""A theorem that is false, as a user would write it in a file, which several test files use."""

FALSE_THEOREM = """
import mmcl_theory as mt

too_good = mt.Theorem(
    slug="too-good",
    title="The transfer of labels with half its constant",
    kind=mt.Kind.UPPER_BOUND,
    statement="",
    source="false",
    lhs=lambda q: q.text_induced_error,
    rhs=lambda q: q.labeling_error,
    per_k=False,
)
"""
