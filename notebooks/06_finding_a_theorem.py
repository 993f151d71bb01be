# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Finding a theorem
#
# A theorem such as $\alpha_T\le2\alpha-\alpha^2$ has a *form*, here "$\alpha_T$ is at most a multiple of $\alpha$ and
# a multiple of $\alpha^2$", and *coefficients*. Suppose that only the form is known. Which coefficients are the best
# that are true of **every** joint distribution of images and texts?
#
# `mt.conjecture` lets two players fight. The **optimist** solves a linear program: of all coefficients that are true
# of the joints met so far it takes those with the tightest bound. The **pessimist** is the adversary of notebook 04:
# it looks for a joint that violates the bound. What it finds is one more joint that has been met. When it finds
# nothing any more, the coefficients are made simple fractions and attacked again, on larger joints too.
#
# $\alpha$ is the labeling error, the probability that an image and its text differ in class; $\alpha_T$ is that of
# two images with the same text.

# %%
import jax
import numpy as np

import mmcl_theory as mt

found = mt.conjecture(
    "text_induced_error", "labeling_error, labeling_error**2", size=(3, 2), key=jax.random.key(0), budget=10
)
found

# %% [markdown]
# For two classes the best coefficients are 2 and −2, and the theorem is `label-transfer-classes`, which is proved in
# docs/sharper.md. The search does not prove it. What it does prove is that nothing better is true: with a coefficient
# of the column `limit` (the other as it is) the bound is false, and there is a certificate, an exact table with exact
# sides.

# %%
found.table

# %%
print(found.limits[0].certificate.verdict, "—", found.limits[0].certificate.reason)

# %% [markdown]
# Where is the bound met? That is where a proof may start. Here the texts tell nothing of the classes, or all but a
# little.

# %%
for told in found.structures:
    print(told)

# %% [markdown]
# ## What we know already, found again
#
# The factor 2 of `probe-error`: the error of the linear probe is at most twice its residual. That it is needed
# follows from exact ties of the probe's scores, which no gradient reaches; the duel knows them from the extremal
# families of the catalogue.

# %%
unique = mt.theorems["probe-error"].requires
mt.conjecture("probe_error", "probe_residual", size=(3, 3), requires=unique, key=jax.random.key(0), budget=10)

# %% [markdown]
# $1/(1-\sigma^2)$ from a **grammar**: `mt.discover` makes products, roots, quotients and minima of some quantities,
# gives each the best coefficient, and keeps those that say more than what is known on many joints. Say that nothing
# is known of the residual $r_k$ but that it is at most $\alpha_T$ divided by something.

# %%
mmcl = mt.theorems["probe-mmcl"].requires
for one in mt.discover(
    *("probe_residual", ["text_induced_error", "sigma_next"]),
    **{"size": (3, 3), "k": 2, "requires": mmcl, "known": [], "most": 2, "budget": 10, "key": jax.random.key(0)},
):
    print(one)

# %% [markdown]
# ## One that we did not know
#
# How much mutual information $I(X;L)$ between image and text must there be, if texts tell a part of the classes?
# Without texts two images differ in class with probability $1-\pi$; with the same text, with $\alpha_T$.

# %%
told = mt.conjecture(
    *("mutual_information", "1 - class_collision - text_induced_error"),
    **{"kind": mt.Kind.LOWER_BOUND, "size": (3, 3), "key": jax.random.key(0), "budget": 10},
)
print(told)
told.table

# %% [markdown]
# The coefficient is 1, as simple as can be. And the joints that nearly meet the bound are nearly independent:

# %%
for described in told.structures:
    print(described)
nearest = told.nearest[0][0].joint
np.linalg.svd(np.asarray(nearest.normalized), compute_uv=False)[:2]

# %% [markdown]
# Near independence a divergence is a squared distance: this points at Pinsker's inequality, and the proof is two
# lines (docs/sharper.md, `information-classes`). Now it is a theorem, and stands in the catalogue.

# %%
print(mt.theorems["information-classes"].proof)

# %% [markdown]
# ## How good can a constant be?
#
# For small sizes that can be proven. `mt.bracket` encloses the largest share of a bound that any joint of a size uses
# up: from below by a certified joint, from above by an exact proof for all joints at once. `label-transfer` is used
# up entirely, so its constant 1 is the best. The factor $\frac43$ of `cheeger-text-induced` is needed for joints with
# many images only: with two images and texts $\sqrt{3/4}$ of the bound is enough, which makes the factor 1.

# %%
for slug in ("label-transfer", "cheeger-text-induced"):
    print(mt.bracket(slug, 2, 2, 2, key=jax.random.key(0)).sentence)
