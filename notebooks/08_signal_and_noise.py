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
# # 8 · Signal, noise, and what training makes of them
#
# **Aim.** Afterwards you can say why gradient descent on the same data may memorize noise with one modality and learn
# the signal with two, in which coordinates that can be watched, and where the border runs.
#
# **Needs** notebook 1 only: here the subject is the path of training, and no longer its end.
#
# An example has two parts: a signal $y\mu$, which tells its class $y=\pm1$, and noise $\xi$, which distinguishes it
# from all others. Contrastive training may use either. If the positive of an example is an augmented *view*, a copy
# with a little more noise, training *memorizes the noise*. If it is the example in a second modality, with noise of its
# own, training *learns the signal* (Huang et al., NeurIPS 2024).

# %%
import jax
import numpy as np
import pandas as pd

import mmcl_theory as mt

# %% [markdown]
# ## Two trainings
#
# The encoder has $m=50$ neurons, each of which answers with the positive part of a linear map, and there are $n=100$
# examples in dimension $d=2000$, with noise of variance $\sigma_\xi^2=1$ in each coordinate. The first modality's
# signal has length $\lVert\mu\rVert=5$, so that the ratio of signal and noise,
# $n\cdot\mathrm{SNR}^2=n\lVert\mu\rVert^2/(\sigma_\xi^2 d)$, is of order one; the signal of the second modality,
# $\tilde\mu$, is three times as long. Both are trained from the same starts on the same examples.

# %%
configs = {
    "single-modal": mt.dynamics.Config(multi_modal=False),
    "multi-modal": mt.dynamics.Config(multi_modal=True),
}
keys = jax.random.split(jax.random.key(0), 1)
runs = {training: mt.dynamics.simulate(config, keys) for training, config in configs.items()}
table = pd.concat([run.table(training=training) for training, run in runs.items()], ignore_index=True)
ax = mt.plotting.training(table)
table[table.step == 200].groupby("training", sort=False)[["loss", "test_accuracy", "signal", "memorization"]].mean()

# %% [markdown]
# The figure shows both fit their training data, so the loss does not distinguish them. The test does: a probe, a linear
# classifier fitted on the training features, is hardly better than chance on single-modal features. The lower panels
# show the reason. Single-modal training grows the coefficients $\rho$ of the noise, multi-modal training those of the
# signal, $\gamma$.
#
# **Exercise 1.** What is $n\cdot\mathrm{SNR}^2$ here?

# %%
answer_1 = None

# %% tags=["hide-cell"] jupyter={"source_hidden": true}
# Solution of exercise 1. 100 examples, a signal of squared length 25, and noise of total variance 2000.
if answer_1 is None:
    answer_1 = 100 * 25 / 2000

# %%
# Check 1: with the length of the noise as it is drawn.
noise = np.random.default_rng(0).normal(size=(100, 2000))
assert abs(answer_1 - 100 * 5**2 / np.mean(np.sum(noise**2, axis=1))) < 0.02, "n‖μ‖²/(σ²d)"

# %% [markdown]
# ## The coordinates are exact
#
# The similarity of two examples has a stop-gradient in its second place: the gradient flows through the first example,
# the *anchor*, only. So a step of gradient descent moves each neuron by multiples of the anchors' parts alone:
#
# $$w_r = w_r^0 + \gamma_r \frac{\mu}{\lVert\mu\rVert^2} + \sum_i \rho_{r,i} \frac{\xi_i}{\lVert\xi_i\rVert^2}.$$
#
# The augmented views $\xi_i+\varepsilon_i$ and the other modality are behind the stop-gradient and never enter a
# weight. So a few numbers for each neuron describe the whole training, and `simulate` computes nothing else.
#
# **Exercise 2.** How many numbers for each neuron, instead of its $d=2000$ weights?

# %%
answer_2 = None

# %% tags=["hide-cell"] jupyter={"source_hidden": true}
# Solution of exercise 2. One for the signal, and one for the noise of each example.
if answer_2 is None:
    answer_2 = 1 + 100

# %%
# Check 2: the dimension of the space in which a neuron can move, for a drawn signal and the noise drawn above.
signal = np.random.default_rng(1).normal(size=(1, 2000))
assert answer_2 == np.linalg.matrix_rank(np.vstack([signal, noise])), "count the coefficients in the formula"

# %% [markdown]
# We compare with gradient descent on all weights, by automatic differentiation, on 20 examples in dimension 200, with
# 10 neurons. The largest relative distance along the run (`lhs`) is rounding:

# %%
sizes = {"dimension": 200, "n_samples": 20, "n_neurons": 10, "n_steps": 50}
small = {name: mt.dynamics.Config(multi_modal=name == "multi-modal", **sizes) for name in configs}
pd.concat(
    [mt.dynamics.signal_noise_recursion(config, keys[0]).assign(training=name) for name, config in small.items()]
)[["theorem", "training", "encoder", "lhs", "tolerance", "verdict"]]

# %% [markdown]
# ## Where the signal wins
#
# Each cell of the plane is a training. The claim is: for $n\cdot\mathrm{SNR}^2=\Theta(1)$ and
# $\lVert\tilde\mu\rVert\ge2.66\lVert\mu\rVert$ the multi-modal encoder learns the signal and the single-modal one does
# not.
#
# **Exercise 3.** Before you look: does the test accuracy of *single-modal* training change with
# $\lVert\tilde\mu\rVert/\lVert\mu\rVert$? (`True` or `False`.)

# %%
answer_3 = None

# %% tags=["hide-cell"] jupyter={"source_hidden": true}
# Solution of exercise 3. Single-modal training never sees the second modality.
if answer_3 is None:
    answer_3 = False

# %%
config = mt.dynamics.Config(dimension=1000, n_samples=50, n_neurons=20, n_steps=200, step_size=0.4)
strengths = [0.1 * 300 ** (i / 5) for i in range(6)]
ratios = [0.5 * 16 ** (i / 5) for i in range(6)]
plane = mt.dynamics.phase_diagram(config, strengths, ratios, jax.random.split(jax.random.key(1), 1))
ax = mt.plotting.phase_diagram(plane)

# %%
# Check 3: by the table of the plane.
spread = plane.groupby("n_snr_squared").single_accuracy.agg(np.ptp)
assert answer_3 == bool(spread.max() > 0), "whom does single-modal training see?"

# %% [markdown]
# The figure shows test accuracies. The single-modal transition is a vertical line. The multi-modal one has slope $-1$:
# the product $n\lVert\mu\rVert\lVert\tilde\mu\rVert/(\sigma_\xi^2 d)$ counts, because either encoder's signal grows at
# the rate of the other's activation. A strong second modality makes up for a weak first one, and $2.66$ is no
# threshold: it is enough when $n\cdot\mathrm{SNR}^2$ is about one or more, and too little when that is small.
