"""What a process of its own shows of training: that kills and other trainings do no harm, and digests are the same.

All of it in one process, which takes as long to start as all else.
"""

import contextlib
import io
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest

TESTS = pathlib.Path(__file__).parents[1]

# Trains on batches, once let alone and once killed so often, and writes what both end with; then twice at once on one
# checkpoint.  It forks itself for each, before JAX has any threads.  At last it prints what ``PRINT`` does.
PROCESS = """
import pathlib, sys, jax, numpy as np, mmcl_theory as mt
from kills import end_after_kills, ended, forked

kills = int(sys.argv[1])

def train(name, checkpoint, steps, every):
    joint = mt.Joint([[5, 1, 0], [1, 4, 1], [0, 2, 3]], [0, 1, 2])
    encoder = tuple(mt.training.Tabular(3, 2, key=jax.random.key(i)) for i in range(2))
    given = {"batch": 8, "steps": steps, "every": every, "checkpoint": checkpoint, "key": jax.random.key(5)}
    run = mt.train(joint, encoder, mt.losses.spectral, **given)
    np.savez(name + ".npz", *(side.table for side in run.encoder), history=run.history.to_numpy(float))

mt.train, mt.losses  # what is imported here is not imported by each
long = 4500 * (kills + 1), 300
assert ended(forked(lambda: train("whole", "whole.ckpt", *long))) == 0
end_after_kills(lambda: train("killed", "killed.ckpt", *long), pathlib.Path("killed.ckpt"), kills, 0.05)
pathlib.Path("shared").mkdir()
children = [forked(lambda i=i: train(f"shared/{i}", "shared/a.ckpt", 400, 5)) for i in range(2)]
assert [ended(child) for child in children] == [0, 0]
"""

PRINT = """
import functools, jax, jax.numpy as jnp, numpy as np, optax, equinox as eqx, mmcl_theory as mt
from mmcl_theory.training.fingerprint import fingerprint
key = jax.random.key(0)
names = {"a", "b", "c", "d"}
def recursive(n): return n if n < 1 else recursive(n - 1)
class Mine(eqx.Module):
    a: jax.Array
    act: object = eqx.field(static=True, default=jax.nn.relu)
    def __call__(self, x): return self.act(self.a[x])
things = [optax.adam(1e-2), optax.lbfgs(), optax.chain(optax.clip(1.0), optax.adamw(optax.linear_schedule(1, 0, 9))),
          lambda x: x in {"a", "b", "c", "d"} or x in names, recursive, Mine(jnp.arange(3.0)), key, jax.jit(recursive),
          eqx.filter_jit(recursive), jax.vmap(recursive), functools.partial(mt.losses.clip, temperature=0.07),
          mt.training.Tabular(3, 2, key=key), mt.training.CrossClr(), mt.training.MLP((2, 2), key=key).hidden,
          eqx.nn.MLP(2, 2, 4, 2, key=key), np.float32, jnp.minimum, jax.nn.gelu, {1: "x", "y": (2.0, None)}]
print([fingerprint(thing) for thing in things])
"""


@pytest.fixture(scope="module", params=[2, pytest.param(10, marks=pytest.mark.slow)])
def process(request, tmp_path_factory):
    """Run the process with so many kills and another order of hashes; return its folder, and what it printed."""
    folder = tmp_path_factory.mktemp("process")
    # What one training compiled serves the others.
    cache = {"JAX_COMPILATION_CACHE_DIR": str(folder / "cache"), "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0"}
    seed = "2" if os.environ.get("PYTHONHASHSEED") == "1" else "1"
    given = {"PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(map(str, (TESTS.parent, TESTS)))}
    script = [sys.executable, "-c", PROCESS + PRINT, str(request.param)]
    run = subprocess.run(script, cwd=folder, env=cache | os.environ | given, check=True, stdout=subprocess.PIPE)
    return folder, run.stdout.decode()


def test_killed_at_random_moments_training_ends_the_same(process):
    """Kill it, and kill it again where it went on from what the first one left."""
    folder, _ = process
    with np.load(folder / "whole.npz") as whole, np.load(folder / "killed.npz") as killed:
        for name in whole.files:
            assert whole[name].tobytes() == killed[name].tobytes(), name


def test_two_trainings_on_one_checkpoint_do_not_hurt_each_other(process):
    shared = process[0] / "shared"
    with np.load(shared / "0.npz") as one, np.load(shared / "1.npz") as other:
        assert (one["arr_0"] == other["arr_0"]).all()
    assert sorted(os.listdir(shared)) == ["0.npz", "1.npz", "a.ckpt"]


def test_digests_are_the_same_in_every_process(process):
    """Compare this process with one that has another order of hashes."""
    with contextlib.redirect_stdout(io.StringIO()) as one:
        exec(PRINT, {"__name__": "__main__"})
    assert one.getvalue() == process[1]
    digests = one.getvalue().strip("[]\n").split(", ")
    assert len(set(digests)) == len(digests) == 19
