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
# # How to falsify a theorem
#
# You have a conjecture. Before you look for a proof, let an adversary look for a counterexample. It searches all
# *joints* of a size, that is all joint distributions of images and texts with classes, by gradients, for the one that
# violates the statement most or leaves the least room. What it finds is then *certified*: evaluated in exact and
# interval arithmetic, so that no rounding can explain it away. This notebook goes from a false conjecture to its
# certified counterexample, and from there to the repaired constant.

# %%
import pathlib
import subprocess
import sys
import tempfile

import jax
import numpy as np

import mmcl_theory as mt

# %% [markdown]
# ## A conjecture
#
# The labeling error $\alpha$ is the probability that a text is of another class than its image. Two images of one text
# differ in class with probability $\alpha_T$. The linear probe, the best linear map from the features of the optimal
# encoder of dimension $k$ to the class, leaves a mean squared error $r_k\le\alpha_T/(1-\sigma_{k+1}^2)$, with
# $\sigma_{k+1}$ a singular value of the normalized joint (notebook 01). It is tempting to think that pairs of images
# are no worse than pairs of image and text, and to put $\alpha$ in place of $\alpha_T$. Let us write that down as a
# theorem, in a file of our own.

# %%
source = """
import mmcl_theory as mt
from mmcl_theory.theory.assumptions import connected_beyond_k, unique_projector

conjecture = mt.Theorem(
    slug="conjecture",
    title="Linear-probe residual, from the labeling error alone",
    kind=mt.Kind.UPPER_BOUND,
    statement=r"r_k \\le \\frac{\\alpha}{1-\\sigma_{k+1}^2}",
    source="wishful thinking",
    lhs=lambda q: q.probe_residual,
    rhs=lambda q: q.labeling_error / (1 - q.sigma_next**2),
    requires=(connected_beyond_k, unique_projector),
)
"""
folder = pathlib.Path(tempfile.mkdtemp())
(folder / "conjecture.py").write_text(source)
namespace = {}
exec(source, namespace)
conjecture = namespace["conjecture"]

# %% [markdown]
# On real pairs it is true, though at $k=100$ *vacuous*: it says no more than what a constant achieves. Joints
# drawn at random violate it, if only mildly:

# %%
table = mt.verify(mt.datasets.emoji(), [100, 200, 400], conjecture)
joints = [mt.generators.random_dirichlet(key=key) for key in jax.random.split(jax.random.key(0), 300)]
random_table = mt.verify(joints, [1, 2, 3], conjecture)
print(table[["k", "lhs", "rhs", "verdict"]].round(3).to_string(index=False))
print(f"random: {(random_table.verdict == 'violated').sum()} violated, largest ratio {random_table.ratio.max():.2f}")

# %% [markdown]
# ## The adversary
#
# How bad can it get? A few seconds on three images and three texts are enough. The ratio is the left side over the
# right side in the worst case found; above 1 the conjecture is violated.

# %%
worst = mt.falsify(conjecture, 3, 3, key=jax.random.key(0), budget=6)
worst

# %%
with np.printoptions(precision=4, suppress=True):
    print(np.asarray(worst.joint.matrix))
    print("classes of images and texts:", worst.joint.image_labels, worst.joint.text_labels)

# %% [markdown]
# ## The certificate
#
# The counterexample is a matrix of floating-point numbers, and those are rational numbers. So the two sides are defined
# exactly. They are enclosed in intervals, with more and more digits, until the intervals are apart. The **certificate**
# is a small file with the exact joint and the enclosures. Anyone can prove it again, in another process, from the file
# and the conjecture alone:

# %%
print(worst.certificate)
worst.certificate.save(folder / "counterexample.json")
check = [sys.executable, "-m", "mmcl_theory", "certify", "--check", folder / "counterexample.json"]
print(subprocess.run([*check, "--theorem", folder / "conjecture.py"], capture_output=True, text=True).stdout)

# %% [markdown]
# ## The repaired constant
#
# False, but by how much? The ratio found is near 2. The search keeps the best ratio for every power of ten of the
# labeling error: the smaller $\alpha$, the nearer to 2, so 2 may be a limit that is not attained.

# %%
trend = worst.trend[worst.trend.scale == "labeling_error"]
print(f"largest ratio {worst.ratio:.7f}")
trend[["below", "ratio"]].round(6)

# %% [markdown]
# The trend shows the form as well: the ratio falls short of 2 by about $\alpha$, as $2-\alpha$ would. So the repaired
# conjecture is $r_k\le(2\alpha-\alpha^2)/(1-\sigma_{k+1}^2)$. It is the theorem `probe-mmcl`: its proof is a line of
# Cauchy–Schwarz. The adversary finds no violation, and a ratio near 1: nothing smaller will do. (It is vacuous at the
# worst case found, where the probe can do no better than a constant.)

# %%
repaired = mt.falsify("probe-mmcl", 3, 3, key=jax.random.key(0), budget=6)
repaired

# %% [markdown]
# In fact 2 cannot be replaced by 1.99, and that is a theorem too, with a certificate for its proof:

# %%
almost = mt.Theorem(
    slug="almost",
    title="The constant 1.99",
    kind=mt.Kind.UPPER_BOUND,
    statement=r"r_k \le \frac{1.99\,\alpha}{1-\sigma_{k+1}^2}",
    source="an exercise",
    lhs=lambda q: q.probe_residual,
    rhs=lambda q: mt.rational(199, 100) * q.labeling_error / (1 - q.sigma_next**2),
    requires=conjecture.requires,
)
mt.certify(almost, worst.joint, 1)

# %% [markdown]
# On the command line: `mmcl-theory falsify conjecture.py`, and
# `mmcl-theory certify --check FILE --theorem conjecture.py`.
