"""Compare a pair graph before and after each of the four methods: its quantities, its bounds, and the error."""

from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float, PRNGKeyArray

from .. import _checks, probes
from .._arrays import Array, xp
from ..factorization.dense import eigh
from ..joints.instance import Instance
from ..joints.joint import Joint
from ..joints.pairs import PairGraph, check_graph
from ..theory.verdicts import NOT_APPLICABLE, VIOLATED
from ..verification.verify import verify
from .masked import MaskedOptimum, masked_optimum
from .methods import add_new_positive, drop_easy_negative, drop_false_negative, drop_false_positive

if TYPE_CHECKING:
    import pandas as pd


def compare(
    graph: PairGraph,
    similarity: Any,
    k: int,
    *,
    weight: float = 0.5,
    shares: tuple[float, float, float] = (0.1, 0.05, 0.1),
    n_starts: int = 3,
    key: PRNGKeyArray,
) -> "pd.DataFrame":
    """Compare the optimal encoder of dimension k before and after each method.

    Parameters
    ----------
    graph
        The pair graph, P_A.
    similarity
        The guide's similarity g, symmetric, shape (n, n).
    k
        The encoder dimension, 1 … n − 1.
    weight, shares
        The weight w of AddNewPositive, and the shares d of the other three methods; by default the published ones.
    n_starts, key
        The number of starts and the random key of ``masked_optimum``.

    Returns
    -------
    pandas.DataFrame
        A row for "none" and for each method, with

        ``labeling_error``, ``lambda_next``
            α and λ_{k+1} of the pair graph, which the last two methods leave as it was.
        ``residual``, ``error``
            The residual and the error of the linear probe, images being weighted by the marginal of P_A.
        ``bounded``, ``upper``, ``lower``, ``verdict``
            The residual that is bounded, under the graph's own marginal, the bounds `probe-sscl` and
            `probe-sscl-lower`, and whether one is violated.  The last two methods have no bound of their own; for them
            ``upper`` is `suboptimal-encoder`: the encoder is one of P_A that is not quite optimal, the second encoder
            is the best for it, and the bound is the least over k' ≤ k.
        ``gradient_norm``, ``curvature``, ``margin``
            What ``masked_optimum`` found, for the last two methods.

    Raises
    ------
    ValueError, TypeError
        If an argument is malformed; the message names it.

    Examples
    --------
    >>> import jax, mmcl_theory as mt
    >>> world = mt.worlds.content_style(4, 5, 2, content_change=0.1)
    >>> guide = mt.resampling.cosine(mt.factorize(world.joint, 4).image_features)
    >>> table = mt.resampling.compare(world.augmentation, guide, 2, key=jax.random.key(0))
    >>> table[["method", "labeling_error"]].round(3)
                    method  labeling_error
    0                 none           0.124
    1     add_new_positive           0.062
    2  drop_false_positive           0.027
    3  drop_false_negative           0.124
    4   drop_easy_negative           0.124
    """
    import pandas as pd

    if len(shares) != 3:
        raise ValueError(f"shares: three are needed, one for each method but the first, got {_checks.quoted(shares)}")
    (k,) = _checks.dimensions("k", [k], len(check_graph("graph", graph).labels) - 1)
    graphs = {
        "none": graph,
        "add_new_positive": add_new_positive(graph, similarity, weight),
        "drop_false_positive": drop_false_positive(graph, similarity, shares[0]),
    }
    negatives = {
        "drop_false_negative": drop_false_negative(graph, similarity, shares[1]),
        "drop_easy_negative": drop_easy_negative(graph, similarity, shares[2]),
    }
    rows = [{"method": name, **_positives(graph, changed, k)} for name, changed in graphs.items()]
    for name, masses in negatives.items():
        found = masked_optimum(graph, masses, k, n_starts=n_starts, key=key)
        rows.append({"method": name, **_negatives(graph, found, k)})
    return pd.DataFrame(rows)


def _measured(graph: PairGraph, factors: Float[Array, "n k"]) -> dict[str, float]:
    """Measure the residual and the error of the linear probe on √p f, p the marginal of ``graph``."""
    target = graph.label_matrix
    probe = probes.linear_probe(factors, target)
    return {
        "residual": float(probes.residual(target, probe)),
        "error": float(probes.error(probe, graph.labels, graph.marginal)),
    }


def _positives(graph: PairGraph, changed: PairGraph, k: int) -> dict[str, Any]:
    vectors, values = eigh(changed.normalized)
    features = vectors[:, :k] / xp.sqrt(changed.marginal)[:, None]
    joint = Joint(changed.matrix, changed.labels, changed.labels, n_classes=changed.n_classes)
    table = verify(Instance(joint, augmentation=changed), k, ["probe-sscl", "probe-sscl-lower"])
    upper, lower = table.to_dict("records")
    return {
        "labeling_error": float(changed.labeling_error),
        "lambda_next": float(values[k, k]),
        **_measured(graph, xp.sqrt(graph.marginal)[:, None] * features),
        "bounded": upper["lhs"],
        "upper": upper["rhs"],
        "lower": lower["rhs"],
        "verdict": VIOLATED if VIOLATED in set(table.verdict) else upper["verdict"],
    }


def _negatives(graph: PairGraph, found: MaskedOptimum, k: int) -> dict[str, Any]:
    joint = Joint(graph.matrix, graph.labels, graph.labels, n_classes=graph.n_classes)
    root = xp.sqrt(graph.marginal)[:, None]
    factors = np.asarray(found.factors)
    basis = probes.range_basis(factors)
    encoders = (basis / root, graph.normalized @ basis / root)
    table = verify(Instance(joint, encoders=encoders), range(1, k + 1), "suboptimal-encoder")
    applicable = table[table.rhs.notna()].sort_values("rhs")
    measured = _measured(graph, factors)
    return {
        "labeling_error": float(graph.labeling_error),
        "lambda_next": float(eigh(graph.normalized)[1][k, k]),
        **measured,
        "bounded": measured["residual"],
        "upper": applicable.rhs.min(),
        "lower": np.nan,
        "verdict": VIOLATED if VIOLATED in set(table.verdict) else [*applicable.verdict, NOT_APPLICABLE][0],
        "gradient_norm": found.gradient_norm,
        "curvature": found.curvature,
        "margin": found.margin,
    }
