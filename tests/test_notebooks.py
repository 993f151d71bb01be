"""Notebooks run, are what their scripts say, with outputs that are not stale, and a course: aims, needs, exercises."""

import ast
import pathlib
import re
import runpy

import jupytext
import matplotlib
import nbformat
import pytest
from nbclient import NotebookClient
from package_names import assert_there

import mmcl_theory as mt

FOLDER = pathlib.Path(__file__).parents[1] / "notebooks"
made = runpy.run_path(str(FOLDER / "execute.py"))
SCRIPTS = made["SCRIPTS"]
NOTEBOOKS = {script.stem: nbformat.read(script.with_suffix(".ipynb"), 4) for script in SCRIPTS}
LARGEST = 300_000  # bytes: a code host shows no notebook that is much larger without being asked
# What these run is run by other tests too, mostly at a smaller size: in this order those of losses, of emoji
# (verification/test_verify.py) and walks/, the experiment mmcl_against_sscl, those of falsification and certification,
# of conjectures/, training/ and dynamics/, those of captions and encoders (cli/test_caption_options.py,
# cli/test_embedding_options.py, worlds/), and dynamics/test_shortcuts.py.
RUN_ELSEWHERE = {
    *("01_contrastive_loss_is_matrix_factorization", "02_the_generalization_bound_and_its_gap"),
    *("03_consistency_or_diversity", "05_how_to_falsify_and_certify"),
    *("06_finding_a_theorem", "07_training_finds_the_svd", "08_signal_and_noise"),
    *("10_your_own_captions_and_encoders", "11_shortcuts"),
}
HIDDEN = {"tags": ["hide-cell"], "jupyter": {"source_hidden": True}}


@pytest.fixture(params=NOTEBOOKS)
def notebook(request):
    return NOTEBOOKS[request.param]


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] if name in RUN_ELSEWHERE else []) for name in NOTEBOOKS]
)
def test_a_notebook_runs(name, monkeypatch):
    """Run all cells in this process, which has the programs that others compiled; the names are the notebook's own."""
    monkeypatch.chdir(FOLDER)
    matplotlib.use("Agg")
    names = {"__name__": "__main__"}
    with matplotlib.rc_context():
        for cell in NOTEBOOKS[name].cells:
            if cell.cell_type == "code":
                run(cell.source, f"<{name}, cell {cell.execution_count}>", names)


def run(source, place, names):
    """Run a cell, and draw what Jupyter would show: the value of the last line, and the figures."""
    import matplotlib.pyplot as plt

    tree = ast.parse(source, place)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, place, "exec"), names)
    if last:
        value = eval(compile(ast.Expression(last.value), place, "eval"), names)
        getattr(value, "_repr_html_", value.__repr__)()
    for number in plt.get_fignums():
        plt.figure(number).draw_without_rendering()
    plt.close("all")


def test_what_notebooks_use_of_the_package_is_there(notebook):
    """Also in the notebooks that are not run here."""
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    assert_there(code, {"mt": mt})


@pytest.mark.slow
@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_runs_in_a_kernel_of_its_own(name):
    """Run it once more as a reader does; its outputs, which are not stale, say that it ran so."""
    notebook = nbformat.read((FOLDER / name).with_suffix(".ipynb"), 4)
    NotebookClient(notebook, timeout=600, resources={"metadata": {"path": FOLDER}}).execute()


def texts_of(notebook):
    """List what the code cells of a notebook print and show, pictures apart."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            yield output.get("text", "")
            yield from (str(value) for kind, value in output.get("data", {}).items() if kind != "image/png")


def exercises(notebook):
    """List for each exercise the cell of the answer, the solution and the check, in the order of the notebook."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    count = sum(len(re.findall(r"^\*\*Exercise \d+\.\*\* ", cell.source, re.MULTILINE)) for cell in notebook.cells)
    for number in range(1, count + 1):
        heads = f"answer_{number} = None$", f"# Solution of exercise {number}\\. ", f"# Check {number}: "
        yield number, [[cell for cell in code if re.search(f"^{head}", cell.source, re.MULTILINE)] for head in heads]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_notebook_and_script_are_the_same(script):
    """Compare sources, and the tags that hide solutions."""
    assert made["sources"](NOTEBOOKS[script.stem]) == made["sources"](jupytext.read(script))


def test_no_outputs_are_stale():
    stale = [script.stem for script in SCRIPTS if made["is_stale"](script)]
    assert not stale, f"outputs of {', '.join(stale)} are of other sources: python notebooks/execute.py"


def test_a_changed_source_makes_outputs_stale(tmp_path):
    script = tmp_path / SCRIPTS[0].name
    script.write_text(SCRIPTS[0].read_text(encoding="utf-8"), encoding="utf-8")
    assert made["is_stale"](script)  # there are none
    script.with_suffix(".ipynb").write_bytes(SCRIPTS[0].with_suffix(".ipynb").read_bytes())
    assert not made["is_stale"](script)
    script.write_text(script.read_text(encoding="utf-8") + "\n# one more line\n", encoding="utf-8")
    assert made["is_stale"](script)


def test_outputs_read_on_a_code_host(notebook):
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert any(cell.outputs for cell in code)
    assert len(nbformat.writes(notebook)) < LARGEST
    kinds = {(output.output_type, output.get("name")) for cell in code for output in cell.outputs}
    assert not kinds & {("error", None), ("stream", "stderr")}
    of_this_machine = re.compile(r"(?<![\w.])/(?:work|home|root|tmp|usr|Users|opt|var)/| at 0x[0-9a-f]{6}")
    assert not [text for text in texts_of(notebook) if of_this_machine.search(text)]
    assert not any("execution" in cell.metadata for cell in code)


def test_aims_and_needs_come_first(notebook):
    number = list(NOTEBOOKS.values()).index(notebook)
    first = notebook.cells[0].source
    assert first.startswith(f"# {number} · ")
    assert re.search(r"^\*\*Aim\.\*\* Afterwards you can [^.]+\.\n\n", first, re.MULTILINE)
    (needs,) = re.findall(r"^\*\*Needs\*\* ((?:.+\n?)+)", first, re.MULTILINE)
    assert all(int(needed) < number for needed in re.findall(r"\d+", needs.split(".")[0]))


def test_each_exercise_has_an_answer_a_hidden_solution_and_a_check(notebook):
    found = list(exercises(notebook))
    assert 3 <= len(found) <= 5
    places = []
    for number, cells in found:
        assert [len(one) for one in cells] == [1, 1, 1], f"exercise {number}"
        (answer,), (solution,), (check,) = cells
        places += [notebook.cells.index(cell) for cell in (answer, solution)]
        assert notebook.cells.index(check) > places[-1]
        assert {name: solution.metadata.get(name) for name in HIDDEN} == HIDDEN
        assert f"if answer_{number} is None:\n" in solution.source  # an answer of the reader's own stands
        assert re.search(r"^ *assert ", check.source, re.MULTILINE)
        assert f"answer_{number}" in check.source
    assert places == sorted(places)
    hidden = [cell for cell in notebook.cells if cell.metadata.get("tags") or cell.metadata.get("jupyter")]
    assert len(hidden) == len(found)


def test_the_page_of_the_course_lists_them_in_order():
    page = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"\[[^]]+\]\((\d\d_\w+)\.ipynb\)", page) == list(NOTEBOOKS)
    titles = [notebook.cells[0].source.split("\n")[0].split(" · ")[1] for notebook in NOTEBOOKS.values()]
    assert re.findall(r"\[([^]]+)\]\(\d\d_", page) == titles


def test_formulas_need_no_escapes(notebook):
    """Markdown takes the backslash from some commands before they reach the typesetter."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            assert not re.search(r"\\[,|!;]|\\operatorname", cell.source)
