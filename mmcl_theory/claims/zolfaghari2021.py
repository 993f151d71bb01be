"""Decide what Zolfaghari, Zhu, Gehler & Brox claim of negatives within a modality."""

from .claim import UNTESTABLE, Claim

retrieval = Claim(
    slug="crossclr-improves-retrieval",
    statement="CrossCLR improves retrieval between videos and texts over the loss of CLIP.",
    source="zolfaghari2021",
    verdict=UNTESTABLE,
    evidence="The videos are not at hand.  As guides of small encoders on emoji and digits the two losses differ by "
    "less than can be decided, or CrossCLR in full is behind (8 seeds).",
    command="python experiments/resampling.py",
)
