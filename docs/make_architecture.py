"""Draw the rooms of the package and the imports between them: ``python docs/make_architecture.py``.

The picture is docs/architecture.svg.  Each room stands one row above the highest room that it imports from.  An arrow
means "imports from"; one that follows from others (a imports from b, b from c, so a may use c) is left out.
"""

import itertools
import sys
from collections import defaultdict
from html import escape
from pathlib import Path
from statistics import mean

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))
from house import ORDER, House, reachable  # noqa: E402

from mmcl_theory import _archive  # noqa: E402

PICTURE = ROOT / "docs" / "architecture.svg"
WIDTH, ROW, TOP = 900, 92, 16
BOX_HEIGHT, GAP = 54, 12

# What each room is for, in two short lines.
PURPOSE = {
    "joints": ("joint distributions,", "one Law interface"),
    "worlds": ("generators and", "data sets of joints"),
    "factorization": ("singular triplets,", "complete or the first k"),
    "losses": ("contrastive losses", "and their optima"),
    "probes": ("linear and zero-shot", "classifiers"),
    "walks": ("what labels along", "walks say of residuals"),
    "quantities": ("the numbers that", "theorems speak of"),
    "theory": ("theorems: formulas", "and assumptions"),
    "verification": ("theorems checked", "on given joints"),
    "certification": ("proofs in exact and", "ball arithmetic"),
    "falsification": ("the search for the", "worst joint"),
    "tightness": ("how near to equality", "bounds come"),
    "conjectures": ("the best bounds of", "a form, and brackets"),
    "training": ("encoders trained", "by gradient descent"),
    "resampling": ("training on pairs", "that a guide changes"),
    "dynamics": ("what training learns", "first, step by step"),
    "claims": ("what works claim,", "with a verdict each"),
    "tables": ("tables of results,", "written and compared"),
    "sweeps": ("many settings,", "a cell at a time"),
    "plotting": ("one function", "a figure"),
    "reporting": ("tables in the terminal,", "pages to send"),
    "cli": ("one command", "a task"),
}
# Rooms without an arrow: nearly every other imports from the first three, and the last two only lead to the others.
BASE = ("_arrays", "_checks", "_progress", "_archive")
ENTRANCES = ("__init__", "__main__")


def arrows_between(house: House) -> dict[str, set[str]]:
    """Return, for each room, the rooms that it imports from and reaches by no other way."""
    imported = defaultdict(set)
    for arrow in house.imports:
        here, there = arrow.rooms
        if here != there and not arrow.for_types and not {here, there} & {*BASE, *ENTRANCES}:
            imported[here].add(there)
    every = {room for room in ORDER if room in imported or any(room in targets for targets in imported.values())}
    reached = {room: reachable(room, imported) for room in every}
    return {
        room: {low for low in imported[room] if not any(low in reached[other] for other in imported[room] - {low})}
        for room in sorted(every, key=ORDER.index)
    }


def rows_of(arrows: dict[str, set[str]]) -> dict[str, int]:
    """Return the row of each room, 0 at the bottom: one above the highest of those that it imports from."""
    rows: dict[str, int] = {}
    for room in arrows:  # in the order in which they may import, so that those below are known
        rows[room] = 1 + max((rows.get(low, -1) for low in arrows[room]), default=-1)
    return rows


def places_of(arrows: dict[str, set[str]], rows: dict[str, int]) -> tuple[dict, dict]:
    """Return the centre of each room and of each bend, and the bends of each arrow, so that few arrows cross.

    An arrow that passes a row bends there at a place of its own.  Places are ordered within their row by the mean
    place of their neighbours, row by row, up and down some times.
    """
    grid = defaultdict(list)
    for room, row in rows.items():
        grid[row].append(room)
    bends, neighbours = {}, defaultdict(set)
    for high in arrows:
        for low in sorted(arrows[high]):
            path = [low, *((high, low, row) for row in range(rows[low] + 1, rows[high])), high]
            bends[high, low] = path
            for row, bend in enumerate(path[1:-1], rows[low] + 1):
                grid[row].append(bend)
            for one, other in itertools.pairwise(path):
                neighbours[one].add(other)
                neighbours[other].add(one)
    width = {node: 1.0 if isinstance(node, str) else 0.3 for row in grid.values() for node in row}
    x: dict = {}
    for row in grid.values():
        x |= spread(row, width)
    for _ in range(12):
        for level in [*sorted(grid), *sorted(grid, reverse=True)]:
            wanted = {node: round(mean(x[n] for n in neighbours[node]), 6) for node in grid[level]}
            grid[level].sort(key=lambda node: (wanted[node], str(node)))
            x |= spread(grid[level], width)
    height = TOP + ROW * (1 + max(rows.values()))
    level_of = {node: level for level, nodes in grid.items() for node in nodes}
    return {node: (x[node], height - ROW * (level_of[node] + 0.5)) for node in x}, bends


def spread(row: list, width: dict) -> dict:
    """Return the x of each place of a row, which fill the width of the picture evenly."""
    free, x, at = (WIDTH - 2 * GAP) / sum(width[node] for node in row), {}, float(GAP)
    for node in row:
        x[node] = at + width[node] * free / 2
        at += width[node] * free
    return x


def draw(house: House) -> str:
    """Return the picture as SVG."""
    arrows = arrows_between(house)
    rows = rows_of(arrows)
    places, bends = places_of(arrows, rows)
    bottom = TOP + ROW * (1 + max(rows.values()))
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {bottom + 64}" width="{WIDTH}" '
        'font-family="Helvetica, Arial, sans-serif">',
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
        '<path d="M0 0 L8 4 L0 8 z" fill="#55606e"/></marker></defs>',
        f'<rect width="{WIDTH}" height="{bottom + 64}" fill="white"/>',
    ]
    lines += [arrow([places[node] for node in reversed(path)]) for path in bends.values()]
    for room in arrows:
        lines += box(*places[room], 144, room, PURPOSE[room])
    lines += box(WIDTH / 2, bottom + 28, WIDTH - 2 * GAP, ", ".join(BASE), ("used by nearly every room",), "#eeeeee")
    return "\n".join([*lines, "</svg>", ""])


def arrow(points: list[tuple[float, float]]) -> str:
    """Return a curve from the bottom of the first box over the bends to the top of the last."""
    (x, y), (end, low) = points[0], points[-1]
    middle = [(px, py + side * BOX_HEIGHT / 2) for px, py in points[1:-1] for side in (-1, 1)]
    corners = [(x, y + BOX_HEIGHT / 2), *middle, (end, low - BOX_HEIGHT / 2 - 1)]
    path = f"M{corners[0][0]:.0f} {corners[0][1]:.0f}"
    for (px, py), (qx, qy) in itertools.pairwise(corners):
        half = (py + qy) / 2
        path += f" C{px:.0f} {half:.0f} {qx:.0f} {half:.0f} {qx:.0f} {qy:.0f}"
    return f'<path d="{path}" fill="none" stroke="#55606e" stroke-width="1.3" marker-end="url(#tip)"/>'


def box(x: float, y: float, width: float, name: str, purpose: tuple[str, ...], fill: str = "#e8f0fa") -> list[str]:
    """Return a room: its name and below it what it is for."""
    top = y - BOX_HEIGHT / 2
    text = [
        f'<rect x="{x - width / 2:.0f}" y="{top:.0f}" width="{width:.0f}" height="{BOX_HEIGHT}" rx="6" '
        f'fill="{fill}" stroke="#3b6ea5"/>',
        f'<text x="{x:.0f}" y="{top + 18:.0f}" font-size="15" font-weight="bold" text-anchor="middle">{name}</text>',
    ]
    return text + [
        f'<text x="{x:.0f}" y="{top + 33 + 13 * i:.0f}" font-size="11.5" text-anchor="middle">{escape(line)}</text>'
        for i, line in enumerate(purpose)
    ]


if __name__ == "__main__":
    _archive.write_text(PICTURE, draw(House(ROOT)))
    print(f"wrote {PICTURE.relative_to(ROOT)}")
