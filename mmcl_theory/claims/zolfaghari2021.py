"""Decide what Zolfaghari, Zhu, Gehler & Brox claim of negatives within a modality."""

from .claim import REFUTED, UNTESTABLE, Claim
from .statements import on_worlds, too_strong

within = Claim(
    slug="negatives-within-a-modality",
    statement="Contrasting each modality with itself too gives better embeddings.",
    source="zolfaghari2021",
    verdict=REFUTED,
    evidence="With squares in the place of exponentials, and unlimited data, the optimum spans the same space for "
    "every weight of these negatives: they shrink the encoders and balance them, and every bound stays.  What they "
    "change is the way there.",
    theorems=("crossclr-spectral", "intra-energy"),
    command="mmcl-theory show crossclr-spectral",
    check=on_worlds("crossclr-spectral", "intra-energy"),
    control=too_strong("crossclr-spectral", "intra-energy"),
    controlled_by="bounds a tenth stronger",
)

retrieval = Claim(
    slug="crossclr-improves-retrieval",
    statement="CrossCLR improves retrieval between videos and texts over the loss of CLIP.",
    source="zolfaghari2021",
    verdict=UNTESTABLE,
    evidence="The videos are not at hand.  As guides of small encoders on emoji and digits the two losses differ by "
    "less than can be decided, or CrossCLR in full is behind (8 seeds).",
    command="python experiments/resampling.py",
)
