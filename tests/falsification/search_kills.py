"""Search once let alone, and once killed so often: what goes on reads the file, the old one or the new one, whole."""

import os

import jax
from kills import end_after_kills, ended, forked

import mmcl_theory as mt
from mmcl_theory.falsification import falsify


def hurt(folder, n_kills):
    """Write ``whole.npz`` and ``killed.npz``, in forks of this process, before JAX has any threads."""
    os.chdir(folder)
    falsify._PAUSE = 0
    # What one process compiled serves the others.
    jax.config.update("jax_compilation_cache_dir", jax.config.jax_compilation_cache_dir or str(folder))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)

    def search(path):
        budget = 20 * (n_kills + 1)
        mt.falsify("label-transfer", 3, 3, key=jax.random.key(0), budget=budget, restarts=8, checkpoint=path)

    assert ended(forked(lambda: search("whole.npz"))) == 0
    end_after_kills(lambda: search("killed.npz"), folder / "killed.npz", n_kills, 0.02)
