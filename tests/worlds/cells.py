"""Draw coloured worlds, also near the thresholds, and hold what verify decides on each against the knobs.

``python tests/worlds/cells.py 50000`` draws so many; the tests draw fewer.  The correlation is anything from 0 to
nearly 1; what is kept of the digit and of the colour differs by anything down to the order of rounding.
"""

import sys
import time

import numpy as np
import pandas as pd

import mmcl_theory as mt

SLUGS = ["class-or-colour", "class-or-colour-sscl", "content-or-style"]  # the last where colours tell nothing
AT_ONCE = 500


def correlations(draw, batch):
    """Any θ: of all orders near 0 and near 1, and 0 itself."""
    small = 10.0 ** -draw.uniform(0, 9, batch)
    return np.choose(draw.integers(0, 4, batch), [draw.random(batch), small, 1 - np.minimum(small, 0.9), 0 * small])


def kept(draw, batch, nearest):
    """Two probabilities, half of the time as near to each other as 10^−nearest."""
    one, other = draw.random((2, batch))
    apart = draw.choice([-1, 1], batch) * 10.0 ** -draw.uniform(0, nearest, batch)
    near = np.where((one + apart < 0) | (one + apart > 1), one - apart, one + apart)
    return one, np.where(draw.random(batch) < 0.5, other, np.clip(near, 0, 1))


def decided(count, seed=0, nearest=9.5, sizes=(3, 4, 5, 6)):
    """Decide ``count`` cells, of captions and of views: a table of what is kept, the measured side, and the verdict."""
    draw, tables = np.random.default_rng(seed), []
    for n, batch in [(n, AT_ONCE) for n in sizes for _ in range(-(-count // (2 * len(sizes) * AT_ONCE)))]:
        batch = min(batch, -(-count // (2 * len(sizes))))
        knobs = np.array([correlations(draw, batch), *kept(draw, batch, nearest), *kept(draw, batch, nearest)])
        worlds = [mt.worlds.coloured(n, *each) for each in knobs.T]
        instances = [mt.Instance(one.joint, attribute=one.attribute, augmentation=one.augmentation) for one in worlds]
        table = mt.verify(instances, n, SLUGS)
        table = table[(table.theorem != SLUGS[2]) | (knobs[0, table.joint] == 0)]
        theta, *shares = knobs[:, table.joint]
        views = (table.theorem != SLUGS[0]).to_numpy()
        one, other = (np.where(views, shares[2 + place], shares[place]) for place in (0, 1))
        columns = {"n": n, "theta": theta, "digit": one, "colour": other}
        tables.append(table[["theorem", "lhs", "verdict", "reason"]].assign(**columns))
    return pd.concat(tables, ignore_index=True)


def wrong(table):
    """The cells that were decided, or violated, with another sign than that of what is kept."""
    sign = np.sign(table.digit - table.colour)
    return table[(table.verdict == "violated") | ((table.verdict == "holds") & (np.sign(table.lhs) != sign))]


if __name__ == "__main__":
    started = time.process_time()
    cells = decided(int(sys.argv[1]) if len(sys.argv) > 1 else 50_000)
    print(f"{len(cells)} cells, {len(wrong(cells))} disagreements, {time.process_time() - started:.0f} CPU seconds")
    distance = (cells.digit - cells.colour).abs()
    for slug, part in cells.groupby("theorem"):
        holds = part.verdict == "holds"
        print(f"{slug}: {holds.sum()} decided, the nearest at a distance of {distance[part.index][holds].min():.1e}")
        for (verdict, reason), open_ in part[~holds].groupby(["verdict", "reason"]):
            print(f"  {len(open_)} {verdict}, at up to {distance[open_.index].max():.1e}: {reason}")
    print(wrong(cells).to_string() if len(wrong(cells)) else "no cell is decided against its knobs")
