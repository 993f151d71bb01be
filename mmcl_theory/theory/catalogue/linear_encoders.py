"""State what linear encoders learn."""

from ..theorem import Kind, Theorem

linear_mmcl = Theorem(
    slug="linear-mmcl",
    title="Linear encoders learn the cross-covariance, truncated",
    kind=Kind.IDENTITY,
    statement=r"-\operatorname{Tr}(G_1CG_2^\top) + \tfrac12\|G_1^\top G_2\|_F^2 = -\tfrac12\sum_{j\le k}s_j(C)^2"
    r"\ \text{ at } G_1^\top G_2 = C_k",
    source="nakada2023",
    proof=r"The loss is $\tfrac12\lVert C-G_1^\top G_2\rVert_F^2-\tfrac12\lVert C\rVert_F^2$, so by "
    "Eckart–Young–Mirsky it is least at the truncated decomposition $C_k$. $C$ is the cross-covariance of the "
    "features that the instance has as encoders, and $s_j(C)$ are its singular values.",
    lhs=lambda q: q.linear_loss,
    rhs=lambda q: q.linear_optimum,
)
