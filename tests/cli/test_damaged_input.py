"""Files that were damaged at random: each is used or refused in one line, and none is an error of ours."""

import random
from collections import Counter

import jax
import pytest
from false_theorem import FALSE_THEOREM
from mutations import mutated_bytes

import mmcl_theory as mt

PAIRS = b"image,text,label\n" + b"".join(b"i%d,t%d,l%d\n" % (i % 5, i % 3, i % 5 % 2) for i in range(12))
READ = {
    "joint.npz": ("--theorem", "label-transfer", "--joint"),
    "pairs.csv": ("--theorem", "label-transfer", "--pairs"),
    "mine.py": ("--data", "isotropic", "--theorem"),
}


def codes(command, folder, count: int) -> Counter:
    """Count the exit codes of ``verify`` on so many damaged files of each kind."""
    mt.generators.random_dirichlet(4, 4, 2, key=jax.random.key(0)).save(folder / "joint.npz")
    contents = {"joint.npz": (folder / "joint.npz").read_bytes(), "pairs.csv": PAIRS, "mine.py": FALSE_THEOREM.encode()}
    draw = random.Random(0)
    found: Counter = Counter()
    for name, content in contents.items():
        for _ in range(count):
            damaged = mutated_bytes(draw, content)
            (folder / name).write_bytes(damaged)
            code, out, err = command("verify", "--k", 1, *READ[name], name)
            assert code in (0, 1, 2), (damaged, err)
            assert code != 2 or (out == "" and err.count("\n") == 1 and len(err) < 2500), (damaged, err)
            found[name, code] += 1
    return found


# A file that is still of use is of another shape, as a rule, for which everything is compiled.
@pytest.mark.parametrize("count", [30, pytest.param(100, marks=pytest.mark.slow)])
def test_damaged_files_are_used_or_refused_in_one_line(count, command, tmp_path):
    found = codes(command, tmp_path, count)
    assert all(found[name, 2] > count / 2 for name in READ)
