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
# # Signal, noise, and what training makes of them
#
# An example has two parts: a signal $y\mu$, which tells its class $y=\pm1$, and noise $\xi$, which distinguishes it
# from all others. Contrastive training may use either. If the positive of an example is an augmented *view*, a copy
# with a little more noise, training *memorizes the noise*. If it is the example in a second modality, with noise of its
# own, training *learns the signal* (Huang et al., NeurIPS 2024). Here
#
# 1. both are trained from the same start on the same examples;
# 2. the coordinates in which one can watch the training, signal learned and noise memorized, are shown to be exact;
# 3. the plane of signal strengths is mapped, to see where each kind of training succeeds.

# %%
import jax
import pandas as pd

import mmcl_theory as mt

# %% [markdown]
# ## Two trainings
#
# The encoder has $m=50$ ReLU neurons, shared by both parts, and there are $n=100$ examples in dimension $d=2000$, with
# noise of variance $\sigma_\xi^2=1$. The first modality's signal has length $\|\mu\|=5$, so that
# $n\cdot\mathrm{SNR}^2 = n\|\mu\|^2/(\sigma_\xi^2 d)$ is of order one; the signal of the second modality, $\tilde\mu$,
# is three times as long.

# %%
configs = {
    "single-modal": mt.dynamics.Config(multi_modal=False),
    "multi-modal": mt.dynamics.Config(multi_modal=True),
}
keys = jax.random.split(jax.random.key(0), 5)
runs = {training: mt.dynamics.simulate(config, keys) for training, config in configs.items()}
table = pd.concat([run.table(training=training) for training, run in runs.items()], ignore_index=True)
ax = mt.plotting.training(table)
table[table.step == 200].groupby("training", sort=False)[["loss", "test_accuracy", "signal", "memorization"]].mean()

# %% [markdown]
# Both fit their training data, so the loss does not distinguish them. The test does: a probe, a linear classifier
# fitted on the training features, is hardly better than chance on single-modal features. The lower panels show the
# reason. Single-modal training grows the coefficients $\rho$ of the noise, multi-modal training those of the signal,
# $\gamma$.
#
# ## The coordinates are exact
#
# The similarity of two examples has a stop-gradient in its second place: the gradient flows through the first example,
# the *anchor*, only. So a step of gradient descent moves each neuron by multiples of the anchors' parts alone:
#
# $$w_r = w_r^0 + \gamma_r \frac{\mu}{\|\mu\|^2} + \sum_i \rho_{r,i} \frac{\xi_i}{\|\xi_i\|^2}.$$
#
# The augmented views $\xi_i+\varepsilon_i$ and the other modality are behind the stop-gradient and never enter a
# weight. So $n+1$ numbers a neuron describe the whole training, and `simulate` computes nothing else. We compare with
# gradient descent on all weights, by automatic differentiation. The largest relative distance along the run (`lhs`) is
# rounding:

# %%
pd.concat(
    [mt.dynamics.signal_noise_recursion(config, keys[0]).assign(training=name) for name, config in configs.items()]
)[["theorem", "training", "encoder", "lhs", "tolerance", "verdict"]]

# %% [markdown]
# ## Where the signal wins
#
# Each cell of the plane is a training. The claim is: for $n\cdot\mathrm{SNR}^2=\Theta(1)$ and
# $\|\tilde\mu\|\ge2.66\|\mu\|$ the multi-modal encoder learns the signal and the single-modal one does not.

# %%
config = mt.dynamics.Config(dimension=1000, n_samples=50, n_neurons=20, n_steps=400, step_size=0.2)
strengths = [0.1 * 300 ** (i / 7) for i in range(8)]
ratios = [0.5 * 16 ** (i / 7) for i in range(8)]
plane = mt.dynamics.phase_diagram(config, strengths, ratios, jax.random.split(jax.random.key(1), 2))
ax = mt.plotting.phase_diagram(plane)

# %% [markdown]
# The single-modal transition is a vertical line, since single-modal training never sees the second modality. The
# multi-modal one has slope $-1$: the product $n\|\mu\|\|\tilde\mu\|/(\sigma_\xi^2 d)$ counts, because either encoder's
# signal grows at the rate of the other's activation. A strong second modality makes up for a weak first one, and $2.66$
# is no threshold: it is enough when $n\cdot\mathrm{SNR}^2$ is about one or more, and too little when that is small.
