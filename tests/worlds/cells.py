"""Draw coloured worlds, noisy labels and resampled pairs, also near thresholds, and hold decisions against the knobs.

``python tests/worlds/cells.py 50000`` draws so many of each; the tests draw fewer.  The correlation is anything from 0
to nearly 1; what is kept of the digit and of the colour differs by anything down to the order of rounding, and so does
the strength of resampling from its threshold.
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


RESAMPLING = {"add_new_positive": "resampling-threshold-add", "drop_false_positive": "resampling-threshold-drop"}


def resampled(count, seed=0, nearest=9.5, sizes=(3, 4)):
    """Decide ``count`` cells of resampled contents and styles: the strength of each, and the threshold."""
    draw, tables = np.random.default_rng(seed), []
    for n in sizes:
        batch = -(-count // (2 * len(sizes)))
        for method, slug in RESAMPLING.items():
            content, style = (np.minimum(one, 0.99) for one in kept(draw, batch, nearest))
            least = [mt.resampling.content_threshold(method, *one, n, n) for one in zip(content, style, strict=True)]
            most = 1 if method == "add_new_positive" else (1 - content) * (1 - 1 / n)
            strength = np.array(least) + draw.choice([-1, 1], batch) * 10.0 ** -draw.uniform(0, nearest, batch)
            strength = np.where((strength < 0) | (strength > most), most * draw.random(batch), strength)
            knobs = zip(content, style, strength, strict=True)
            worlds = [mt.worlds.resampled(n, n, *one[:2], method, one[2]) for one in knobs]
            tables.append(_told(worlds, n, [slug], {"digit": strength, "colour": least}))
    return pd.concat(tables, ignore_index=True)


def mixed(count, seed=0, n=6):
    """Decide ``count`` cells of random pairs mixed with others: the labeling errors of both are compared."""
    draw, labels = np.random.default_rng(seed), np.arange(n) % 3
    same = np.equal.outer(labels, labels)
    graphs = draw.dirichlet(np.full(n * n, 0.2), (2, count)).reshape(2, count, n, n) + 1e-6
    graphs = graphs * np.where(same, 1, 10.0 ** draw.uniform(-2, 2, (2, count, 1, 1)))
    graphs += graphs.transpose(0, 1, 3, 2)
    old, new = graphs / graphs.sum(axis=(2, 3), keepdims=True)
    weight = draw.random((count, 1, 1))
    pairs = [
        [mt.PairGraph(one, labels) for one in both] for both in zip(old, (1 - weight) * old + weight * new, strict=True)
    ]
    joint = mt.Joint(np.eye(n), labels, labels)
    worlds = [mt.worlds.World(joint, one, (labels, None), other) for one, other in pairs]
    errors = {name: graph[:, ~same].sum(axis=1) for name, graph in (("digit", old), ("colour", new))}
    return _told(worlds, 3, ["resampling-add", "resampling-drop"], errors)


def negative(count, seed=0, n=6):
    """Decide ``count`` cells of random pairs and negatives: how often independent images, and these, are of a class."""
    draw, labels = np.random.default_rng(seed), np.arange(n) % 3
    same = np.equal.outer(labels, labels)
    joint = mt.Joint(np.eye(n), labels, labels)
    graphs = draw.dirichlet(np.full(n * n, 0.5), (2, count)).reshape(2, count, n, n) + 1e-6
    graphs = (graphs + graphs.transpose(0, 1, 3, 2)) * np.where(same, 10.0 ** draw.uniform(0, 2, (2, count, 1, 1)), 1)
    positive, drawn = graphs / graphs.sum(axis=(2, 3), keepdims=True)
    p = positive.sum(axis=2)
    chance = p[:, :, None] * p[:, None, :]
    mixed_in = 10.0 ** -draw.uniform(0, 9.5, (count, 1, 1))
    law = (1 - mixed_in) * chance + mixed_in * np.where(draw.random((count, 1, 1)) < 0.5, drawn, drawn * ~same + 1e-3)
    law /= law.sum(axis=(1, 2), keepdims=True)
    parts = [[mt.PairGraph(one, labels) for one in both] for both in zip(positive, law, strict=True)]
    instances = [mt.Instance(joint, augmentation=one, negatives=other) for one, other in parts]
    table = mt.verify(instances, 1, "resampling-negatives")
    sides = {name: one[:, same].sum(axis=1)[table.joint] for name, one in (("digit", chance), ("colour", law))}
    return table[["theorem", "lhs", "verdict", "reason"]].assign(**sides)


def noisy(count, seed=0, nearest=9.5, sizes=(3, 4)):
    """Decide ``count`` cells of digits in a colour and one of as many styles, of each statement on noisy labels.

    Beside the threshold are the colours that follow the label, of encoders of few dimensions and of many, and how well
    views keep the digit, of the latter.
    """
    draw, tables = np.random.default_rng(seed), []
    for n in sizes:
        batch = -(-count // len(sizes))
        apart = draw.choice([-1, 1], batch) * 10.0 ** -draw.uniform(0, nearest, batch)
        noise, style = draw.uniform(0.02, 0.6, batch), draw.uniform(0.05, 0.99, batch)

        def near(least, apart=apart):
            return np.where((least + apart < 0.01) | (least + apart > 0.99), least - apart / 60, least + apart)

        between = 1 / n + (1 - noise - 1 / n) * draw.uniform(0.1, 0.9, batch)
        knobs = [
            ("coloured-thresholds-narrow", n, near(np.full(batch, 1 / n)), style, 1 / n),
            ("coloured-thresholds", n * n, near(1 - noise), style, 1 - noise),
            ("multi-against-single", n * n, between, near(style), style),
        ]
        for slug, k, following, digit, threshold in knobs:
            of_world = zip(noise, following, digit, style, strict=True)
            worlds = [mt.worlds.coloured_digits(n, eta, q, n, "label", a, s) for eta, q, a, s in of_world]
            sides = {"digit": digit if slug == "multi-against-single" else following, "colour": threshold}
            if slug == "coloured-thresholds":  # the digit is answered below it
                sides = {"digit": threshold, "colour": following}
            held = {name: np.broadcast_to(side, batch) for name, side in sides.items()}
            tables.append(_told(worlds, k, [slug], held))
    return pd.concat(tables, ignore_index=True)


PARTS = ("attribute", "augmentation", "resampled", "label_law")


def _told(worlds, k, slugs, columns):
    """What verify says of worlds, beside what it is held against."""
    instances = [mt.Instance(one.joint, **{name: getattr(one, name) for name in PARTS}) for one in worlds]
    table = mt.verify(instances, k, slugs)
    held = {name: np.asarray(values)[table.joint] for name, values in columns.items()}
    return table[["theorem", "lhs", "verdict", "reason"]].assign(**held)


def wrong(table):
    """The cells that were decided, or violated, with another sign than that of what is kept."""
    sign = np.sign(table.digit - table.colour)
    return table[(table.verdict == "violated") | ((table.verdict == "holds") & (np.sign(table.lhs) != sign))]


if __name__ == "__main__":
    started = time.process_time()
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    cells = pd.concat(
        [decided(count), noisy(count), resampled(count), mixed(count), negative(count)], ignore_index=True
    )
    print(f"{len(cells)} cells, {len(wrong(cells))} disagreements, {time.process_time() - started:.0f} CPU seconds")
    distance = (cells.digit - cells.colour).abs()
    for slug, part in cells.groupby("theorem"):
        holds = part.verdict == "holds"
        print(f"{slug}: {holds.sum()} decided, the nearest at a distance of {distance[part.index][holds].min():.1e}")
        for (verdict, reason), open_ in part[~holds].groupby(["verdict", "reason"]):
            print(f"  {len(open_)} {verdict}, at up to {distance[open_.index].max():.1e}: {reason}")
    print(wrong(cells).to_string() if len(wrong(cells)) else "no cell is decided against its knobs")
