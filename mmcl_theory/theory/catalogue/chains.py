"""State what two modalities that were never paired learn of each other through a third."""

from ...worlds.extremal import two_images
from ..theorem import Extremal, Kind, Theorem

modality_chain = Theorem(
    slug="modality-chain",
    title="A third modality passes on no more than the product of the spectra",
    kind=Kind.UPPER_BOUND,
    statement=r"\prod_{i\le k}\sigma_{i+1}(XZ) \le \prod_{i\le k}\sigma_{i+1}(XL)\,\sigma_{i+1}(LZ)",
    source="ours, by Horn's inequality",
    proof="$Z$ is what the channel $K$ makes of the text $L$. Image $X$ and $Z$ are independent given $L$, so the "
    r"normalized matrices of the pairs are $A_{XZ} = A_{XL}\cdot A_{LZ}$, also without the first triplets, which are "
    "those of the constants. Horn's inequality for the singular values of a product. In full: "
    "docs/samples.md#modality-chain-two-modalities-that-were-never-paired.",
    lhs=lambda q: q.garbled_product,
    rhs=lambda q: q.sigma_product * q.channel_product,
    extremal=Extremal(two_images, attained=True),
)
