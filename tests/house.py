"""Count what keeps the house in order: arrows between files, kinds of laws, words, sizes and names.

``python tests/house.py`` prints a table of counts for this checkout, and ``python tests/house.py PATH`` for another;
with ``--places``, also the file and line of each.  ``test_house.py`` asserts the limits.  Only the text of the files
is read: nothing of the package is imported.
"""

import argparse
import ast
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

PACKAGE = "mmcl_theory"

# The rooms of the package from low to high: a file may import from its own room and from those that stand before it.
ORDER = (
    *("_arrays", "_checks", "_progress", "_archive"),
    *("joints", "factorization", "losses", "probes", "walks", "quantities", "worlds", "theory"),
    *("verification", "certification", "falsification", "tightness", "conjectures"),
    *("training", "resampling", "dynamics", "claims"),
    *("tables", "sweeps", "plotting", "reporting", "cli", "__init__", "__main__"),
)

# The only places that may ask of what kind a law is.
LAW_ROOMS = ("joints/laws", "factorization/operators/choose.py")

# Names that several modules share, each with the one subject that all of them are about.
SHARED_NAMES = {
    "bracket": "the supremum of a bound from both sides",
    "advantage": "which kind of positive pairs provably leaves the smaller residual",
    "attribute": "a second label of images and texts",
    "augmentation": "pairs of augmented images",
    "captions": "captions, as they are written and garbled",
    "catalogue": "the statements: written down, listed and shown",
    "certify": "proof in exact and ball arithmetic",
    "chains": "chains of three modalities",
    "claims": "what works claim, with a verdict",
    "conjecture": "bounds with the best coefficients",
    "conductance": "the conductance of classes and cuts",
    "dense": "matrices held as one array",
    "diversity": "consistency, and connectivity within classes",
    "drawn": "heads that draw their answers at random",
    "encoders": "given encoders, optimal or not",
    "embeddings": "the vectors of a user's model",
    "extremal": "the cases in which a bound is an equality",
    "falsify": "the search for a worst case",
    "finite_sample": "learning from a finite sample",
    "heads": "linear probes and the zero-shot head on the optimal encoders",
    "guided": "contrastive learning on batches that are resampled by a guide",
    "information": "mutual information and InfoNCE",
    "label_law": "a noisy label, by its law given the image",
    "labelled": "the linear probe that is fitted on labelled images",
    "labels": "labeling errors and classes",
    "minima": "what no encoders go below",
    "phase": "the signal–noise phases",
    "registry": "all things of one kind by their names",
    "alignment": "how far features of pairs are aligned",
    "contrastive": "the InfoNCE loss of given scores",
    "resampled": "what guided resampling makes of pairs",
    "retrieval": "retrieval across modalities",
    "settings": "numbers that are chosen, with what each does",
    "samples": "learning from a finite sample",
    "sampled_walks": "text walks that are drawn",
    "shortcuts": "what is learned where a class goes with an attribute",
    "sparse": "matrices held by their stored entries",
    "spectrum": "the singular values of the normalized matrix",
    "strength": "which statements imply which",
    "tightness": "the tightness of bounds",
    "conjectures": "theorems that are found",
    "text_walks": "walks of several steps",
    "walks": "pairs induced by a walk over the other modality",
    "verify": "both sides of theorems on given joints",
    "zero_shot": "the zero-shot head of the optimal encoders",
}

FILE_LINES = 400
FUNCTION_LINES = 80
TOP_ENTRIES = 29
VERBLESS_SHARE = 0.01

VERBS = frozenset(
    """
    Abort Accumulate Add Adjust Advance Aggregate Align Allow Allocate Annotate Answer Append Apply Approximate Arrange
    Assemble Assert Assign Attach Attack Average Begin Bound Bring Build Cap Carry Certify Check Choose Clear Climb
    Clip Collect Combine Compare Compile Compute Conclude Configure Construct Continue Convert Copy Correct Count Cover
    Create Cut Damp Decide Declare Decode Decompose Define Deform Delete Deliver Derive Descend Describe Determine
    Differentiate Discard Divide Draw Drop Emit Enclose Encode Encourage End Ensure Enumerate Estimate Evaluate
    Exchange Exclude Execute Expand Explain Export Expose Extend Extract Factorize Falsify Fill Filter Find Fit Fix
    Flip Fold Follow Format Garble Gather Generate Give Group Guard Guide Handle Hash Hold Identify Implement Improve
    Include Index Infer Initialize Insert Interpolate Invert Iterate Join Judge Keep Label Lay Leave Limit List Load
    Lock Look Lower Make Map Mark Mask Match Measure Merge Minimize Mirror Mix Model Modify Move Multiply Mutate Name
    Normalize Obtain Offer Open Orthogonalize Orthonormalize Pad Pair Parse Partition Perform Permute Pick Place Play
    Plot Point Pool Predict Prepare Present Preserve Print Produce Project Propagate Prove Provide Put Raise Rank Read
    Rebuild Recognize Record Recover Reduce Refer Refine Reflect Refuse Refute Register Remove Render Repeat Replace
    Report Represent Require Resample Rescale Reset Reshape Resolve Restart Restore Restrict Resume Return Rotate Round
    Run Sample Save Say Scale Scan Score Search Select Separate Serve Set Shape Share Shift Show Simulate Skip Smooth
    Solve Sort Specify Split Stack Start State Step Stop Store Study Subtract Suggest Sum Summarize Supply Support
    Symmetrize Take Tell Test Time Track Train Transform Translate Transpose Truncate Try Turn Unite Update Use
    Validate Verify Visualize Walk Warn Weigh Widen Wrap Write Yield
    """.split()  # noqa: SIM905
)


@dataclass(frozen=True)
class Import:
    """Hold one arrow: the file that imports, the file that is imported, and the line."""

    source: str
    target: str
    line: int
    for_types: bool  # under ``if TYPE_CHECKING``, so for annotations alone

    @property
    def rooms(self) -> tuple[str, str]:
        return room(self.source), room(self.target)

    def __str__(self) -> str:
        return f"{self.source}:{self.line} imports {self.target}"


def room(path: str) -> str:
    """Return the folder at the top of the package in which a file stands, or its own name where it stands in none."""
    return path.split("/")[0].removesuffix(".py")


class House:
    """Hold the syntax trees of all files of the package below ``root``, and find the faults in them."""

    def __init__(self, root: Path, package: str = PACKAGE):
        self.package = package
        self.root = root
        self.home = root / package
        paths = sorted(self.home.rglob("*.py"))
        self.text = {path.relative_to(self.home).as_posix(): path.read_text(encoding="utf-8") for path in paths}
        self.trees = {name: ast.parse(text) for name, text in self.text.items()}

    # Arrows.

    @cached_property
    def imports(self) -> list[Import]:
        """Return every import of one file of the package by another, those inside functions included."""
        found = []
        for name, tree in self.trees.items():
            typing_only = {
                id(inner)
                for node in ast.walk(tree)
                if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
                for statement in node.body
                for inner in ast.walk(statement)
            }
            for node in ast.walk(tree):
                for target in sorted(self._targets(name, node)):
                    if target != name:
                        found.append(Import(name, target, node.lineno, id(node) in typing_only))
        return found

    def _targets(self, name: str, node: ast.AST) -> set[str]:
        """Return the files that a statement of the file ``name`` imports."""
        if isinstance(node, ast.Import):
            parts = [alias.name.split(".") for alias in node.names]
            return {self._file(part[1:]) for part in parts if part[0] == self.package}
        if not isinstance(node, ast.ImportFrom):
            return set()
        module = node.module.split(".") if node.module else []
        if node.level:
            folder = name.split("/")[:-1]
            module = folder[: len(folder) - node.level + 1] + module
        elif module and module[0] == self.package:
            module = module[1:]
        else:
            return set()
        return {self._named(module, alias.name) for alias in node.names}

    def _named(self, module: list[str], name: str) -> str:
        """Return the file that ``from module import name`` needs: a module of that name, else the module itself."""
        if self._exists([*module, name]):
            return self._file([*module, name])
        if not module and name in self._public:
            return self._file(self._public[name].split("."))
        return self._file(module)

    @cached_property
    def _public(self) -> dict[str, str]:
        """Return the module of each name that the package imports on first use."""
        for node in ast.walk(self.trees.get("__init__.py", ast.Module([], []))):
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "_PUBLIC":
                return {name: module for name, (module, _) in ast.literal_eval(node.value).items()}
        return {}

    def _exists(self, module: list[str]) -> bool:
        return bool({"/".join(module) + ".py", "/".join([*module, "__init__.py"])} & set(self.trees))

    def _file(self, module: list[str]) -> str:
        name = "/".join(module) + ".py"
        return name if name in self.trees else "/".join([*module, "__init__.py"])

    def cycles(self) -> list[str]:
        """Return the groups of files that import each other, directly or over others, inside functions or not.

        Imports under ``if TYPE_CHECKING`` do not count, as they are never run.
        """
        arrows = defaultdict(set)
        for arrow in self.imports:
            if not arrow.for_types:
                arrows[arrow.source].add(arrow.target)
        return [" ↔ ".join(sorted(group)) for group in strongly_connected(arrows) if len(group) > 1]

    def upward(self) -> list[str]:
        """Return the imports that lead from a room to a higher one, or to one that ORDER does not name.

        Imports under ``if TYPE_CHECKING`` count only where what they import is used outside annotations, which
        Python itself would refuse, so none of them counts.
        """
        found = [f"{name}: the room {name} is missing in ORDER" for name in sorted({*map(room, self.trees)} - {*ORDER})]
        for arrow in self.imports:
            here, there = arrow.rooms
            if not arrow.for_types and {here, there} <= {*ORDER} and ORDER.index(there) > ORDER.index(here):
                found.append(str(arrow))
        return found

    # Kinds of laws.

    def law_kinds(self) -> list[str]:
        """Return each place outside LAW_ROOMS that asks a law of what class it is."""
        return [
            f"{name}:{node.lineno} {ast.unparse(node)[:80]}"
            for name, tree in self.trees.items()
            if not name.startswith(LAW_ROOMS)
            for node in ast.walk(tree)
            if asks_for_law(node)
        ]

    def is_dense(self) -> list[str]:
        """Return each place outside LAW_ROOMS that reads ``is_dense``; the property that users ask is not a reading."""
        return [
            f"{name}:{node.lineno} {ast.unparse(node)}"
            for name, tree in self.trees.items()
            if not name.startswith(LAW_ROOMS)
            for node in ast.walk(tree)
            if (isinstance(node, ast.Attribute) and node.attr == "is_dense")
            or (isinstance(node, ast.Name) and node.id == "is_dense")
        ]

    # Words.

    def docstrings(self) -> list[tuple[str, str]]:
        """Return (place, docstring) of each module, class, function and method that has one."""
        return [
            (f"{name}:{getattr(node, 'lineno', 1)}", text)
            for name, tree in self.trees.items()
            for node in ast.walk(tree)
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
            and (text := ast.get_docstring(node))
        ]

    def verbless(self) -> list[str]:
        """Return each docstring whose first word is not one of VERBS."""
        return [f"{place} {text.splitlines()[0]}" for place, text in self.docstrings() if first_word(text) not in VERBS]

    def undocumented(self) -> list[str]:
        """Return each public function and class at the top of a module that has no docstring."""
        return [
            f"{name}:{node.lineno} {node.name}"
            for name, tree in self.trees.items()
            for node in tree.body
            if isinstance(node, ast.FunctionDef | ast.ClassDef)
            and not node.name.startswith("_")
            and not ast.get_docstring(node)
        ]

    # Sizes.

    def long_files(self) -> list[str]:
        """Return each file of more than FILE_LINES lines."""
        lengths = {name: len(text.splitlines()) for name, text in self.text.items()}
        return [f"{name} {length} lines" for name, length in lengths.items() if length > FILE_LINES]

    def long_functions(self) -> list[str]:
        """Return each function of more than FUNCTION_LINES lines, its docstring included."""
        return [
            f"{name}:{node.lineno} {node.name} {node.end_lineno - node.lineno + 1} lines"
            for name, tree in self.trees.items()
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            and node.end_lineno is not None
            and node.end_lineno - node.lineno + 1 > FUNCTION_LINES
        ]

    def top_entries(self) -> list[str]:
        """Return the files and folders at the top of the package; a folder without a file is none."""
        paths = [path.relative_to(self.home).parts for path in self.home.rglob("*") if path.is_file()]
        return sorted({parts[0] for parts in paths if "__pycache__" not in parts})

    # Names.

    def shared_modules(self) -> list[str]:
        """Return each name that several modules have and SHARED_NAMES gives no common subject to."""
        places = defaultdict(list)
        for name in self.trees:
            stem = name.split("/")[-1].removesuffix(".py")
            if stem not in ("__init__", "__main__"):
                places[stem].append(name)
        return [
            f"{stem}: {', '.join(names)}"
            for stem, names in places.items()
            if len(names) > 1 and stem not in SHARED_NAMES
        ]

    def shared_definitions(self) -> list[str]:
        """Return each public function or class name that several modules define at their top."""
        places = defaultdict(list)
        for name, tree in self.trees.items():
            for node in tree.body:
                if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                    places[node.name].append(name)
        return [f"{name}: {', '.join(names)}" for name, names in places.items() if len(names) > 1]


def asks_for_law(node: ast.AST) -> bool:
    """Decide whether a node is an isinstance, a comparison of types or a case that names a class of laws."""
    if isinstance(node, ast.Call) and ast.unparse(node.func) in ("isinstance", "issubclass"):
        return any(names_law(argument) for argument in node.args[1:])
    if isinstance(node, ast.Compare) and ast.unparse(node.left).startswith("type("):
        return any(names_law(other) for other in node.comparators)
    return isinstance(node, ast.MatchClass) and names_law(node.cls)


def names_law(node: ast.AST) -> bool:
    """Decide whether an expression names a class that ends in Law."""
    return any(re.fullmatch(r"(\w+\.)*\w*Law", ast.unparse(inner)) for inner in ast.walk(node))


def first_word(docstring: str) -> str:
    """Return the first word of a docstring without the marks around it."""
    return docstring.split()[0].strip("`*\"'.,:;") if docstring.split() else ""


def strongly_connected(arrows: dict[str, set[str]]) -> Iterator[set[str]]:
    """Yield the groups of nodes each of which is reached from all others of its group."""
    reached = {
        node: reachable(node, arrows) for node in {*arrows, *(t for targets in arrows.values() for t in targets)}
    }
    left = set(reached)
    while left:
        node = min(left)
        group = {node} | {other for other in reached[node] if node in reached[other]}
        left -= group
        yield group


def reachable(start: str, arrows: dict[str, set[str]]) -> set[str]:
    """Return the nodes that one or more arrows lead to from ``start``."""
    found: set[str] = set()
    waiting = [start]
    while waiting:
        new = arrows.get(waiting.pop(), set()) - found
        found |= new
        waiting += new
    return found


@dataclass(frozen=True)
class Count:
    """Describe one count: its name in the table, how its places are found, and how many are allowed (None: any)."""

    name: str
    find: Callable[[House], list[str]]
    limit: Callable[[House], int] | None = None


def none(_: House) -> int:
    """Return 0: not a single place is allowed."""
    return 0


COUNTS = (
    Count("groups of files that import each other", House.cycles, none),
    Count("imports of a higher room", House.upward, none),
    Count("isinstance(…, …Law) outside joints/laws and operators/choose.py", House.law_kinds, none),
    Count("is_dense outside joints/laws and operators/choose.py", House.is_dense, none),
    Count(
        f"docstrings that do not begin with a verb (at most {VERBLESS_SHARE:.0%})",
        House.verbless,
        lambda house: int(VERBLESS_SHARE * len(house.docstrings())),
    ),
    Count(f"files of more than {FILE_LINES} lines", House.long_files, none),
    Count(f"functions of more than {FUNCTION_LINES} lines", House.long_functions, none),
    Count("names that modules share without sharing a subject", House.shared_modules, none),
    Count("entries at the top of the package", House.top_entries, lambda _: TOP_ENTRIES),
    Count("names that several modules define", House.shared_definitions),
    Count("public functions and classes without a docstring", House.undocumented),
)


def main() -> None:
    """Print the table of counts."""
    parser = argparse.ArgumentParser(description="Print the counts that keep the package in order.")
    parser.add_argument(
        "root", nargs="?", type=Path, default=Path(__file__).parents[1], help="the checkout to count in"
    )
    parser.add_argument("--places", action="store_true", help="print also the file and line of each")
    given = parser.parse_args()
    house = House(given.root)
    for count in COUNTS:
        places = count.find(house)
        limit = count.limit(house) if count.limit else None
        mark = "  " if limit is None or len(places) <= limit else "! "
        print(f"{mark}{len(places):4}  {'any' if limit is None else f'≤ {limit}':>5}  {count.name}")
        if given.places:
            print(*(f"              {place}" for place in places), sep="\n")
    print(f"   of {len(house.docstrings())} docstrings in {len(house.trees)} files")
    for folder in ("tests", "experiments", "benchmarks", "notebooks", "docs"):
        if (given.root / folder).is_dir():
            other = House(given.root, folder)
            long = other.long_files() + other.long_functions()
            print("; ".join([f"   {folder}: {len(long)} files or functions that are too long", *long]))


if __name__ == "__main__":
    main()
