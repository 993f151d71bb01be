"""State what two modalities that were never paired learn of each other through a third."""

from ...worlds.extremal import two_images
from ..theorem import Extremal, Kind, Theorem

modality_chain = Theorem(
    slug="modality-chain",
    title="A third modality passes on no more than the product of the spectra",
    kind=Kind.UPPER_BOUND,
    statement=r"\prod_{i\le k}\sigma_{i+1}(XZ) \le \prod_{i\le k}\sigma_{i+1}(XL)\,\sigma_{i+1}(LZ)",
    source="ours, by Horn's inequality",
    proof="X and Z are independent given L, so A_XZ = A_XL A_LZ, also without the first triplets, which are those of "
    "the constants; Horn's inequality for the singular values of a product.  Z is what the channel K makes of L.",
    lhs=lambda q: q.garbled_product,
    rhs=lambda q: q.sigma_product * q.channel_product,
    extremal=Extremal(two_images, attained=True),
)
