"""The contrastive loss and the factorization loss, on a population (theory, section 1)."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from .joints.joint import Joint


def spectral_population(
    joint: Joint, image_features: Float[Array, "n_V d"], text_features: Float[Array, "n_L d"]
) -> Float[Array, ""]:
    """L_SCL = −2 E_{(x,l)~P} f_V(x)ᵀf_L(l) + E_{x~p_V, l~p_L} (f_V(x)ᵀf_L(l))² (zhang2023).

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> joint = mt.generators.isotropic_noise(4, 0.25)
    >>> fact = mt.factorize(joint, k=1)
    >>> round(float(mt.losses.spectral_population(joint, fact.image_features, fact.text_features)), 12)
    -1.0
    """
    scores = image_features @ text_features.T
    # In this order p·score stays moderate where a marginal is tiny and the score huge.
    independent = (joint.image_marginal[:, None] * scores * joint.text_marginal[None, :]) * scores
    return -2 * jnp.sum(joint.matrix * scores) + jnp.sum(independent)


def factorization(
    joint: Joint, image_factors: Float[Array, "n_V d"], text_factors: Float[Array, "n_L d"]
) -> Float[Array, ""]:
    """L_AMF = ‖A − F_V F_Lᵀ‖_F², of weighted factors (F_V)_x = √p_V(x) f_V(x)ᵀ.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> joint = mt.generators.isotropic_noise(4, 0.25)
    >>> fact = mt.factorize(joint, k=1)
    >>> round(float(mt.losses.factorization(joint, fact.image_factors, fact.text_factors)), 12)
    1.6875
    """
    return jnp.sum((joint.normalized - image_factors @ text_factors.T) ** 2)
