"""Check that the house is in order, by the counts of house.py, and that each count finds the fault it is for."""

import sys
from pathlib import Path

import pytest
from house import COUNTS, House, room

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "docs"))
import make_architecture  # noqa: E402

ASSERTED = [count for count in COUNTS if count.limit]


@pytest.fixture(scope="module")
def house() -> House:
    return House(ROOT)


@pytest.mark.parametrize("count", ASSERTED, ids=lambda count: count.name)
def test_the_house_is_in_order(count, house):
    places = count.find(house)
    assert len(places) <= count.limit(house), f"{count.name}: {len(places)}\n" + "\n".join(places)


def test_the_arrows_of_the_house_are_seen(house):
    seen = {(arrow.source, arrow.target) for arrow in house.imports}
    assert {("quantities", "joints"), ("theory", "quantities"), ("cli", "verification")} <= {
        (room(source), room(target)) for source, target in seen
    }
    assert ("__main__.py", "cli/__init__.py") in seen


def test_the_picture_of_the_house_is_that_of_its_imports(house):
    drawn = make_architecture.PICTURE.read_text(encoding="utf-8")
    assert drawn == make_architecture.draw(house), "run: python docs/make_architecture.py"


FILES = {
    "__init__.py": """
        _PUBLIC = {"Joint": ("joints.joint", "Joint")}
        """,
    "joints/joint.py": """
        '''Hold a joint.'''
        class Joint:
            '''Of two modalities.'''
            @property
            def is_dense(self):
                '''Return whether is_dense.'''
            def save(self):
                from .storage import save
        """,
    "joints/storage.py": "from .joint import Joint",
    "joints/laws/sparse.py": """
        def same(law):
            return isinstance(law, SparseLaw) or law.is_dense
        """,
    "probes/linear.py": """
        from typing import TYPE_CHECKING
        if TYPE_CHECKING:
            from ..cli import app
        def late():
            from mmcl_theory import Joint
            from ..theory import theorem as t
            return [isinstance(x, laws.SparseLaw | int), type(x) is DenseLaw, joint.is_dense, isinstance(x, str)]
        """,
    "theory/theorem.py": "from ..joints.joint import Joint",
    "theory/linear.py": "",
    "attic/old.py": "",
    "cli/__init__.py": "",
    "cli/app.py": "\n" * 401,
    "cli/long.py": "def long():\n" + "    x = 1\n" * 80,
}
FOUND = {
    "groups of files that import each other": ["joints/joint.py ↔ joints/storage.py"],
    "imports of a higher room": ["attic: the room", "probes/linear.py:7 imports theory/theorem.py"],
    "isinstance(…, …Law)": ["probes/linear.py:8 isinstance(x, laws", "probes/linear.py:8 type(x) is DenseLaw"],
    "is_dense outside": ["probes/linear.py:8 joint.is_dense"],
    "docstrings that do not begin": ["joints/joint.py:3 Of two modalities."],
    "files of more than": ["cli/app.py 401 lines"],
    "functions of more than": ["cli/long.py:1 long 81 lines"],
    "names that modules share": ["linear: probes/linear.py, theory/linear.py"],
    "entries at the top": ["__init__.py", "attic", "cli", "joints", "probes", "theory"],
    "names that several modules": [],
    "public functions and classes without": [
        "cli/long.py:1 long",
        "joints/laws/sparse.py:2 same",
        "probes/linear.py:5",
    ],
}


@pytest.mark.parametrize("count", COUNTS, ids=lambda count: count.name)
def test_each_count_finds_its_fault(count, tmp_path):
    for name, text in FILES.items():
        path = tmp_path / "mmcl_theory" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("\n        ", "\n"))
    (expected,) = (places for name, places in FOUND.items() if count.name.startswith(name))
    found = sorted(count.find(House(tmp_path)))
    assert len(found) == len(expected), found
    assert all(place.startswith(start) for place, start in zip(found, expected, strict=True)), found
