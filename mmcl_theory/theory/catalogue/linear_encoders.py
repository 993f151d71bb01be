"""State what linear encoders learn."""

from ..theorem import Kind, Theorem

linear_mmcl = Theorem(
    slug="linear-mmcl",
    title="Linear encoders learn the cross-covariance, truncated",
    kind=Kind.IDENTITY,
    statement=r"-\operatorname{Tr}(G_1CG_2^\top) + \tfrac12\|G_1^\top G_2\|_F^2 = -\tfrac12\sum_{j\le k}s_j(C)^2"
    r"\ \text{ at } G_1^\top G_2 = C_k",
    source="nakada2023",
    proof="The loss is ½‖C − G_1ᵀG_2‖² − ½‖C‖², so by Eckart–Young–Mirsky the minimizers are the truncated "
    "decompositions C_k. C is the cross-covariance of the features that the instance has as encoders.",
    lhs=lambda q: q.linear_loss,
    rhs=lambda q: q.linear_optimum,
)
