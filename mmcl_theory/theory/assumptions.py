"""The conditions that theorems name."""

from .theorem import Assumption

connected_beyond_k = Assumption(
    name="σ_{k+1} < 1",
    margin=lambda q: 1 - q.sigma_next**2,
    otherwise="σ_{k+1} = 1: the co-occurrence graph has more than k components",
)
unique_projector = Assumption(
    name="σ_k > σ_{k+1}",
    margin=lambda q: q.sigma_k - q.sigma_next,
    otherwise="σ_k = σ_{k+1}: the optimal encoder's column space is not unique",
)
spread_spectrum = Assumption(
    name="σ_k² > σ_min²",
    margin=lambda q: q.sigma_k**2 - q.sigma_min**2,
    otherwise="σ_k = σ_min: AAᵀ does not tell the first k directions from the rest",
)
