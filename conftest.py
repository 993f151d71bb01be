"""For all tests, docstring examples and the README: in which order they run, how much is compiled, and what is kept."""

import functools
import gc
import os
import pathlib
import sys
from collections import Counter
from multiprocessing import forkserver

import jax
import pytest
import typer.main
from jax._src.interpreters import mlir
from matplotlib.mathtext import MathTextParser

TESTS = pathlib.Path(__file__).parent / "tests"
# As --count-compilations says; one that takes a minute may not be the last to begin.
LONGEST = ("notebooks", "experiments", "shortcuts", "search_files", "theorems", "krylov", "training", "certify")
COMPILED = "/jax/core/compile/backend_compile_duration"
# Notebooks are checked against a schema.  Where this package is installed, as for the site, jsonschema builds forty
# grammars of addresses with it, which takes each process three seconds; schemas of notebooks have no addresses.
sys.modules.setdefault("rfc3987_syntax", None)


def pytest_addoption(parser):
    parser.addoption(
        "--count-compilations",
        action="store_true",
        help="show for each file how many programs its tests compiled, and their CPU seconds with those of processes",
    )


def pytest_configure(config):
    # JAX's tracing makes millions of objects, most of which are kept: collected as often as by default, the garbage is
    # a tenth of the time.
    gc.set_threshold(50_000)
    keep_what_is_made_again()
    if config.getoption("--count-compilations"):
        config.pluginmanager.register(Spent())


def keep_what_is_made_again():
    """Make once in a process what libraries make for each program, command and figure.

    They take 7 ms for a context of MLIR, in which a program is lowered, 20 ms for the parser of the command line, and
    10 ms for a formula of a figure, which depends on fonts and their size, but not on the figure.
    """
    mlir.make_ir_context = functools.cache(mlir.make_ir_context)
    typer.main.get_command = functools.cache(typer.main.get_command)
    MathTextParser.__eq__ = lambda one, other: one._output_type == other._output_type
    MathTextParser.__hash__ = lambda one: hash(one._output_type)
    MathTextParser._parse_cached = functools.cache(MathTextParser._parse_cached.__wrapped__)


def pytest_collection_modifyitems(items):
    """Begin with the files that take longest, and end with docstrings, which take least: no worker ends alone.

    Between them, first the tests beside the folders, and last those of pages, as the site may be built meanwhile.
    """
    begun = {f"test_{name}": place for place, name in enumerate(LONGEST)}

    def place(item):
        folder = item.path.parent
        later = 0 if folder == TESTS else 1 + (folder.name == "browser") if TESTS in folder.parents else 3
        return begun.get(item.path.stem, len(begun)), later

    items.sort(key=place)


def pytest_collection_finish():
    gc.freeze()


def pytest_sessionfinish():
    # Garbage is collected five times by pytest and once by Python before a process ends, which gives back all anyway.
    gc.freeze()


def of_forks():
    """CPU seconds of the process that tests/forks.py starts, which lives as long as this one, and of its forks."""
    stat = pathlib.Path(f"/proc/{forkserver._forkserver._forkserver_pid}/stat")
    return sum(map(int, stat.read_text().split()[13:17])) / os.sysconf("SC_CLK_TCK") if stat.exists() else 0.0


class Spent:
    """Count for each file what its tests and their fixtures compile and take, also in the workers of xdist."""

    def __init__(self):
        self.of_files: dict[str, Counter] = {}
        self.compiled = 0
        jax.monitoring.register_event_duration_secs_listener(self.count)

    def count(self, event, duration, **_):
        self.compiled += event == COMPILED

    def so_far(self):
        return Counter(seconds=sum(os.times()[:4]) + of_forks(), programs=self.compiled)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item):
        before = self.so_far()
        outcome = yield
        self.of_files.setdefault(item.nodeid.split("::")[0], Counter()).update(self.so_far() - before)
        return outcome

    def pytest_sessionfinish(self, session):
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput["spent"] = {name: dict(spent) for name, spent in self.of_files.items()}

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node):
        for name, spent in getattr(node, "workeroutput", {}).get("spent", {}).items():
            self.of_files.setdefault(name, Counter()).update(spent)

    def pytest_terminal_summary(self, terminalreporter):
        terminalreporter.section("compilations")
        terminalreporter.write_line("  CPU s  programs  file")
        rows = sorted(self.of_files.items(), key=lambda row: -row[1]["seconds"])
        for name, spent in [*rows, ("all", sum(self.of_files.values(), Counter()))]:
            terminalreporter.write_line(f"{spent['seconds']:7.1f}{spent['programs']:10}  {name}")


@pytest.fixture(autouse=True, scope="module")
def _compiled_programs_are_let_go():
    """Those that another file may run too are kept, as long as there are not too many."""
    from mmcl_theory.falsification.falsify import discard_programs

    yield
    discard_programs()
