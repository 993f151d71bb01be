"""State what lossy captions do to the spectrum."""

from ...worlds.extremal import two_images
from ..theorem import Extremal, Kind, Theorem

caption_garbling = Theorem(
    slug="caption-garbling",
    title="Lossy captions never raise the spectrum",
    kind=Kind.UPPER_BOUND,
    statement=r"\sigma_{k+1}(PK) \le \sigma_{k+1}(P)",
    source="ours",
    proof="The normalized matrix of $PK$ is $A$ times $D_L^{1/2}KD_{L'}^{-1/2}$, with $D_{L'}$ the marginal of the "
    "new captions. This is the normalized matrix of the pairs of a text and the new caption, which has norm 1, so "
    "that no singular value grows.",
    lhs=lambda q: q.garbled_sigma_next,
    rhs=lambda q: q.sigma_next,
    extremal=Extremal(two_images, attained=True),
    weaker_with=("sigma_next",),
)
