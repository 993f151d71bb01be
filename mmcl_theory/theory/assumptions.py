"""Define the conditions that theorems name."""

from .functions import maximum, rational
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
positive_augmentation = Assumption(
    name="λ_k > 0",
    margin=lambda q: q.lambda_k,
    otherwise="λ_k ≤ 0: the first k eigenvectors of augmentation pairs do not span the optimal encoder of dimension k",
    defining=True,
)
unique_resampled_projector = Assumption(
    name="λ^R_k > λ^R_{k+1}",
    margin=lambda q: q.resampled_lambda_k - q.resampled_lambda_next,
    otherwise="λ^R_k = λ^R_{k+1}: the column space of the optimal encoder of resampled pairs is not unique",
    defining=True,
)
positive_resampled = Assumption(
    name="λ^R_k > 0",
    margin=lambda q: q.resampled_lambda_k,
    otherwise="λ^R_k ≤ 0: the first k eigenvectors of resampled pairs do not span the optimal encoder of dimension k",
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
connected_within_classes = Assumption(
    name="δ_{k+1} > 0",
    margin=lambda q: q.within_class_gap,
    otherwise="δ_{k+1} = 0: text-induced pairs leave the classes in more than k parts",
    defining=True,
)
connected_within_augmentation = Assumption(
    name="δ^A_{k+1} > 0",
    margin=lambda q: q.augmentation_within_class_gap,
    otherwise="δ^A_{k+1} = 0: augmentation pairs leave the classes in more than k parts",
    defining=True,
)
unique_sample_projector = Assumption(
    name="σ̂_k² > σ̂²_{k+1}",
    margin=lambda q: q.sample_gap,
    otherwise="σ̂_k = σ̂_{k+1}: the encoder learned from the sample is not unique",
    defining=True,
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
semidefinite_augmentation = Assumption(
    name="λ_min ≥ 0",
    # Zero eigenvalues are found as ±1e-16 or so.  Scaled, so that these pass and −1e-12 does not, also where a margin
    # has to be above the resolution of double precision.
    margin=lambda q: rational(1, 10**9) + 1000 * q.lambda_min,
    otherwise="λ_min < 0: the augmentation graph is not positive semidefinite",
    defining=True,
)
same_marginals = Assumption(
    name="one marginal of images",
    margin=lambda q: rational(1, 10**9) - q.marginal_distance,  # what rounding leaves of equal ones is below 1e-15
    otherwise="the two graphs have different image marginals",
    defining=True,
)
beyond_labeling_error = Assumption(
    name="e_s > 2α",
    margin=lambda q: q.score_error - 2 * q.labeling_error,
    otherwise="e_s ≤ 2α: so many errors the labels of texts alone may make",
)
as_wide_as_classes = Assumption(
    name="k = r",
    margin=lambda q: rational(1, 2) - maximum(q.k - q.n_classes, q.n_classes - q.k),
    otherwise="k is not the number of classes",
)
three_classes = Assumption(
    name="r ≥ 3",
    margin=lambda q: q.n_classes - 2,
    otherwise="there are fewer than three classes",
)
