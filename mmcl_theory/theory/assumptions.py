"""Define the conditions that theorems name."""

from .theorem import Assumption

connected_beyond_k = Assumption(
    name="σ_{k+1} < 1",
    margin=lambda q: 1 - q.sigma_next**2,
    otherwise="σ_{k+1} = 1: the co-occurrence graph has more than k components",
    defining=True,
)
unique_projector = Assumption(
    name="σ_k > σ_{k+1}",
    margin=lambda q: q.sigma_k - q.sigma_next,
    otherwise="σ_k = σ_{k+1}: the optimal encoder's column space is not unique",
    defining=True,
)
connected_augmentation = Assumption(
    name="λ_{k+1} < 1",
    margin=lambda q: 1 - q.lambda_next,
    otherwise="λ_{k+1} = 1: the augmentation graph has more than k components",
    defining=True,
)
unique_augmentation_projector = Assumption(
    name="λ_k > λ_{k+1}",
    margin=lambda q: q.lambda_k - q.lambda_next,
    otherwise="λ_k = λ_{k+1}: the column space of the optimal single-modal encoder is not unique",
    defining=True,
)
spread_augmentation = Assumption(
    name="λ_k > λ_min",
    margin=lambda q: q.lambda_k - q.lambda_min,
    otherwise="λ_k = λ_min: the augmentation graph does not tell the first k directions from the rest",
    defining=True,
)
gap_to_encoder = Assumption(
    name="σ_k > σ_{d+1}",
    margin=lambda q: q.sigma_k - q.sigma_encoder_next,
    otherwise="σ_k = σ_{d+1}: the encoders have no dimension to spare beyond the k-th value",
    defining=True,
)
sample_large_enough = Assumption(
    name="σ_{k+1} + 2t < 1",
    margin=lambda q: 1 - q.sigma_next - 2 * q.sample_deviation,
    otherwise="σ_{k+1} + 2t ≥ 1: the sample is too small for the spectrum",
)
several_classes = Assumption(
    name="r ≥ 2",
    margin=lambda q: q.n_classes - 1,
    otherwise="there is a single class",
    defining=True,
)
spread_three_quarters = Assumption(
    name="σ_{⌊3k/4⌋} > σ_k",
    margin=lambda q: q.sigma_three_quarters**2 - q.sigma_k**2,
    otherwise="σ_{⌊3k/4⌋} = σ_k: the gap Δ_σ is zero",
    defining=True,
)
spread_spectrum = Assumption(
    name="σ_k² > σ_min²",
    margin=lambda q: q.sigma_k**2 - q.sigma_min**2,
    otherwise="σ_k = σ_min: AAᵀ does not tell the first k directions from the rest",
    defining=True,
)
beyond_labeling_error = Assumption(
    name="e_s > 2α",
    margin=lambda q: q.score_error - 2 * q.labeling_error,
    otherwise="e_s ≤ 2α: so many errors the labels of texts alone may make",
)
