"""Name the verdicts: every word that a table, a certificate or a falsification says of a statement."""

HOLDS = "holds"
AGREES = "agrees"  # the sides of a bound agree within rounding, so that either may be the larger
VIOLATED = "violated"
VACUOUS = "vacuous"  # the bound says no more than the trivial value
NOT_APPLICABLE = "not applicable"  # an assumption fails, or the instance lacks a quantity
ORDER = "order"  # a statement of an order: the ratio is the least constant consistent with the instance
EXCEEDED = "exceeded"  # a probable bound, by this draw
CONSISTENT = "consistent"  # of a certificate: the sides are enclosed, and nothing contradicts the identity
UNDECIDED = "undecided"  # neither is proven
