"""State what lossy captions do to the spectrum."""

from ...worlds.extremal import two_images
from ..theorem import Extremal, Kind, Theorem

caption_garbling = Theorem(
    slug="caption-garbling",
    title="Lossy captions never raise the spectrum",
    kind=Kind.UPPER_BOUND,
    statement=r"\sigma_{k+1}(PK) \le \sigma_{k+1}(P)",
    source="ours",
    proof="The normalized matrix of PK is A times D_L^{1/2} K D_{L'}^{-1/2}, a contraction.",
    lhs=lambda q: q.garbled_sigma_next,
    rhs=lambda q: q.sigma_next,
    extremal=Extremal(two_images, attained=True),
    weaker_with=("sigma_next",),
)
