"""A report is one page that loads nothing, says what the table says, runs nothing of a user's, and carries proofs."""

import base64
import dataclasses
import hashlib
import html.parser
import json
import re
import struct
from fractions import Fraction

import jax
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import plotly.graph_objects
import pytest
from false_theorem import FALSE_THEOREM

import mmcl_theory as mt
from mmcl_theory.joints.digest import digest
from mmcl_theory.reporting.charts.chart import Chart, View, logarithmic
from mmcl_theory.reporting.charts.searches import enclosure_chart, interval, search_charts
from mmcl_theory.reporting.charts.verification import verification_charts
from mmcl_theory.reporting.html import Run, write_report
from mmcl_theory.reporting.mathml import mathml
from mmcl_theory.reporting.runs import report_certificate, report_searches, report_verification
from mmcl_theory.reporting.sections import counted_in_words
from mmcl_theory.tables.nearest import nearest
from mmcl_theory.tightness.tightness import tightness

SLUGS = ("probe-mmcl", "probe-text-induced", "label-transfer", "label-transfer-classes", "probe-sscl")
HOSTILE = "</script><script>alert(1)</script><img src=http://a.example onerror=alert(2)>\"'&"
LIMIT = 6_000_000


class Page(html.parser.HTMLParser):
    """Hold the elements of a page, and the text of those that are asked for."""

    def __init__(self, path):
        super().__init__()
        self.source = path.read_text(encoding="utf-8")
        self.elements, self.texts, self._open = [], {}, []
        self.feed(self.source)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in ("meta", "img", "br"):
            self._open.append((tag, dict(attributes).get("id")))

    def handle_endtag(self, tag):
        assert self._open.pop()[0] == tag

    def handle_data(self, text):
        for name in {tag for tag, _ in self._open} | {place for _, place in self._open if place}:
            self.texts[name] = self.texts.get(name, "") + text

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]

    def files(self):
        """The files that links save, by their names."""
        links = [one for one in self.all("a") if "download" in one]
        return {one["download"]: base64.b64decode(one["href"].partition(";base64,")[2]) for one in links}

    def check(self):
        """Nothing is loaded, and no script is there but the three of the page itself, of which two are data."""
        assert [one.get("type") for one in self.all("script")] == ["application/json", "text/plain", None]
        for _, attributes in self.elements:
            assert not any(name.startswith("on") or name in ("src", "srcset", "action") for name in attributes)
            assert attributes.get("href", "#").startswith(("#", "data:"))
        policy = self.all("meta")[2]["content"]
        assert policy.startswith("default-src 'none'; script-src 'sha256-")
        own = re.search(r"<script>(.*?)</script>", self.source, re.DOTALL)[1]
        assert base64.b64encode(hashlib.sha256(own.encode()).digest()).decode() in policy


@pytest.fixture(scope="module")
def joint():
    return mt.Joint([[9, 1, 0, 1], [1, 5, 1, 0], [0, 2, 6, 1], [3, 0, 1, 4]], image_labels=[0, 1, 2, 2])


@pytest.fixture(scope="module")
def table(joint):
    return mt.verify(joint, [1, 2, 3], SLUGS)


def chosen(slugs=SLUGS):
    return [mt.theorems[slug] for slug in slugs]


@pytest.fixture(scope="module")
def page(joint, table, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "new" / "report.html"
    run = Run("isotropic", ["verify", "--data", "a b.csv"], {"isotropic": digest(joint)}, ["encoders"], 7)
    settled = table.assign(reason=table.reason.where(table.verdict != "agrees", "certified: so"))
    report_verification(path, settled, [mt.Instance(joint)], chosen(), run, ["a further sentence"])
    return Page(path)


def test_the_page_says_what_was_run(page, joint):
    page.check()
    told = page.texts["run"]
    for words in (
        *("mmcl-theory verify --data 'a b.csv'", digest(joint), "encoders (seed 7)", f"jax {jax.__version__}"),
        *(f"numpy {np.__version__}", f"mmcl-theory {mt.__version__}", "JAX computes on 1 × cpu"),
    ):
        assert words in told
    assert "a further sentence" in page.texts["findings"]


def test_every_row_is_on_the_page_with_its_verdict(page, table):
    rows = [one for one in page.all("tr") if "data-verdict" in one]
    ks = ["every" if missing else str(k) for k, missing in zip(table.k, table.k.isna(), strict=True)]
    found = [(one["data-theorem"], one["data-verdict"], one["data-k"]) for one in rows]
    assert found == list(zip(table.theorem, table.verdict, ks, strict=True))
    for value in (*table.lhs.dropna(), *table.rhs.dropna()):
        assert f"{value:.6g}" in page.texts["tbody"]
    selects = {one["name"] for one in page.all("select") if "name" in one}
    assert selects == {"theorem", "verdict", "k"}


def test_the_statements_are_in_mathematics_with_what_they_assume(page):
    told = page.texts["statements"]
    for theorem in chosen(SLUGS[:-1]):
        assert mathml(theorem.statement, block=True) in page.source
        assert theorem.title in told
    assert "Assumes: σₖ₊₁ < 1; σₖ > σₖ₊₁." in told
    assert "needs augmentation pairs" in told.partition("These do not apply here")[2]


def test_the_rows_are_downloaded_as_the_table_that_is_read_back(page, table, tmp_path):
    (tmp_path / "rows.csv").write_bytes(page.files()["rows.csv"])
    read = mt.tables.read(tmp_path / "rows.csv")
    pd.testing.assert_frame_equal(
        read.drop(columns="reason"), table.drop(columns="reason"), check_dtype=False, check_exact=True
    )


def test_certificates_on_the_page_are_files_that_can_be_checked(joint, tmp_path, command):
    proof = mt.certify("probe-mmcl", joint, 1)
    report_certificate(tmp_path / "r.html", proof, mt.theorems["probe-mmcl"], Run("proof", ["certify"]))
    page = Page(tmp_path / "r.html")
    page.check()
    (tmp_path / "out.json").write_bytes(page.files()["probe-mmcl_k1.json"])
    proof.save(tmp_path / "saved.json")
    assert (tmp_path / "out.json").read_bytes() == (tmp_path / "saved.json").read_bytes()
    code, out, err = command("certify", "--check", tmp_path / "out.json")
    assert (code, err, out.splitlines()[-1]) == (0, "", "confirmed")
    assert f"Proven: probe-mmcl at k = 1: holds, {proof.reason}." in page.texts["findings"]


@pytest.fixture(scope="module")
def false():
    names = {}
    exec(FALSE_THEOREM, names)
    return names["too_good"]


@pytest.fixture(scope="module")
def worst(false):
    return mt.falsify(false, 2, 3, key=jax.random.key(0), budget=2)


def test_a_search_reports_its_counterexample_first_and_its_proofs(worst, tmp_path):
    table, run = tightness([(worst, 12.5)]), Run("search", ["falsify"])
    report_searches(tmp_path / "one.html", table, [worst], [worst.smallest], run)
    report_searches(tmp_path / "two.html", table.assign(seconds=99.0), [worst], [worst.smallest], run)
    assert (tmp_path / "one.html").read_bytes() == (tmp_path / "two.html").read_bytes()
    page = Page(tmp_path / "one.html")
    page.check()
    assert page.texts["findings"].startswith("What was foundA counterexample is proven, in 1 of 1 search: too-good.")
    assert "lhs = 1/3 > 1/4 = rhs; the first, by size and sum, of the tables" in page.texts["findings"]
    assert len(page.files()) == 3
    for name in ("too-good_k1.json", "too-good_k1_2.json"):
        proof = mt.Certificate.from_json(json.loads(page.files()[name]))
        assert proof.verdict == "violated"
        assert proof.check(worst.theorem) == []


def test_nothing_of_a_users_becomes_markup_or_script(tmp_path, false, joint):
    texts = {name: HOSTILE for name in ("title", "source", "proof")}
    mine = dataclasses.replace(false, statement=rf"\text{{{HOSTILE}}} \le \href{{javascript:alert(3)}}{{x}}", **texts)
    broken = dataclasses.replace(mine, slug="broken", statement=rf"\left( {HOSTILE}")
    names = mt.Names([HOSTILE] * 4, [HOSTILE] * 4, [HOSTILE] * 3)
    named = mt.Joint(joint.matrix, joint.image_labels, joint.text_labels, names=names)
    table = mt.verify(named, 1, [mine, broken]).assign(reason=HOSTILE, **{HOSTILE: HOSTILE})
    charts = [*verification_charts(table), *search_charts(table.head(0), {}, {HOSTILE: named})]
    run = Run(HOSTILE, ["verify", HOSTILE], {HOSTILE: digest(named)}, [HOSTILE])
    write_report(tmp_path / "r.html", table, run, [mine, broken], charts, [], [HOSTILE])
    page = Page(tmp_path / "r.html")
    page.check()
    assert not page.all("img")
    assert page.texts["h1"] == HOSTILE
    for section in ("findings", "run", "statements", "rows"):
        assert "<script>alert(1)</script>" in page.texts[section]
    for views in json.loads(page.texts["charts"]):  # of Plotly's texts, which have some tags, none is one
        for view in views:
            assert "<img" not in json.dumps(view["data"])


def test_a_formula_is_escaped_also_where_it_is_text():
    assert "<script>" not in mathml(r"\text{<script>alert(1)</script>} \alpha")
    assert "&lt;script&gt;" in mathml(r"\text{<script>alert(1)</script>}")
    assert "href" not in mathml(r"\href{javascript:alert(1)}{x}")
    assert "α" in mathml(r"\alpha")


def test_without_figures_and_with_very_many_rows_the_page_is_small_enough(tmp_path, table, joint):
    write_report(tmp_path / "bare.html", table, Run("bare", []), chosen())
    assert (tmp_path / "bare.html").stat().st_size < 100_000
    many = pd.concat([table] * 400, ignore_index=True)
    rng = np.random.default_rng(0)
    many = many.assign(joint=np.arange(len(many)) // 11, lhs=rng.random(len(many)), rhs=rng.random(len(many)))
    many = many.assign(reason="for a reason of the usual length, σ_k = σ_{k+1}", ratio=many.lhs / many.rhs)
    wide = mt.Joint(rng.random((32, 32)), np.arange(32) % 2)
    proofs = [mt.certify("label-transfer", wide, 1)] * 40
    views = [View(f"{i}", {"data": [{"z": rng.random((64, 64)).tolist()}], "layout": {}}, "words") for i in range(60)]
    charts = [*verification_charts(many), Chart("many", "of them", views)]
    write_report(tmp_path / "many.html", many, Run("many", []), mt.theorems.values(), charts, proofs)
    page = Page(tmp_path / "many.html")
    page.check()
    assert len(page.source.encode()) < LIMIT
    assert len([one for one in page.all("tr") if "data-verdict" in one]) == 2000
    assert "2000 of 4400 rows" in page.texts["rows"]
    assert 1 < len(page.files()) < 41
    assert "too long for this page" in page.texts["certificates"]
    assert re.search(r"The first \d+ of 60 are on this page", page.texts["figures"])


def test_the_nearest_rows_are_those_of_the_largest_ratio_of_each_statement():
    rng = np.random.default_rng(1)
    table = pd.DataFrame({"theorem": rng.choice(list("abc"), 200), "ratio": rng.random(200), "verdict": "holds"})
    table.loc[[5, 77], "verdict"] = "violated"
    kept = nearest(table, 32)
    assert [*kept.index[:2]] == [5, 77]
    others = kept.iloc[2:]
    assert [*others.index] == sorted(others.index)
    for slug, rows in others.groupby("theorem"):
        of_one = table[(table.theorem == slug) & (table.verdict == "holds")].ratio
        assert len(rows) == 10
        assert set(rows.ratio) == set(of_one.nlargest(10))
    assert len(nearest(table, 1000)) == 200


def test_what_was_found_is_said_in_words():
    table = pd.DataFrame({"verdict": ["holds", "holds", "vacuous", "not applicable", "agrees"]})
    assert counted_in_words(table) == [
        "Nothing is violated: of 4 rows that apply, 2 hold, 1 agrees, 1 is vacuous.",
        "Of 5 rows in all, 1 does not apply.",
    ]
    assert counted_in_words(table.replace("vacuous", "violated"))[0].startswith("Something is violated: of 4")
    assert counted_in_words(table[table.verdict == "not applicable"])[0].startswith("Nothing was checked")


def coloured(figure):
    """The figure with the colours of the page as Plotly's Python library knows them."""
    return json.loads(re.sub(r'"@\w+"', '"#123456"', json.dumps(figure, allow_nan=False)))


def test_figures_are_plotlys_and_have_words_along_their_axes(table, joint, worst):
    two = tightness([(worst, 1.0), (worst, 1.0)])
    charts = [
        *verification_charts(table, mt.class_spectrum(joint)),
        *search_charts(two, {"one": worst.trajectory}, {"one": worst.joint}),
        enclosure_chart(mt.certify("probe-mmcl", joint, 1)),
    ]
    assert len(charts) == 8
    for view in (view for chart in charts for view in chart.views):
        plotly.graph_objects.Figure(coloured(view.figure))  # raises where it is none of Plotly's
        assert len(view.figure["layout"]["xaxis"]["title"]["text"]) >= 5
        assert view.words.endswith(".")


def test_the_values_drawn_are_those_of_the_table(table, joint):
    gap, sides, over_k, spectrum = verification_charts(table, mt.class_spectrum(joint))
    for line in gap.views[0].figure["data"]:
        slug, side = {
            "measured residual rₖ": ("probe-text-induced", "lhs"),
            "bound on the residual rₖ by α": ("probe-mmcl", "rhs"),
            "bound on rₖ by α_T": ("probe-text-induced", "rhs"),
        }[line["name"]]
        rows = table[(table.theorem == slug) & table[side].notna()]
        assert (line["x"], line["y"]) == (rows.k.tolist(), rows[side].tolist())
    drawn = sorted(xy for one in sides.views[0].figure["data"][:-1] for xy in zip(one["x"], one["y"], strict=True))
    applied = table[table.lhs.notna()]
    assert drawn == sorted(zip(applied.rhs, applied.lhs, strict=True))
    matrix = np.asarray(joint.matrix)
    sigma = np.linalg.svd(matrix / np.sqrt(np.outer(matrix.sum(1), matrix.sum(0))), compute_uv=False)
    np.testing.assert_allclose(spectrum.views[0].figure["data"][0]["y"], sigma, rtol=1e-12)
    assert [view.name for view in over_k.views] == ["probe-mmcl", "probe-text-induced"]


def test_what_is_zero_but_for_rounding_has_no_place_on_logarithmic_axes(table):
    tiny = table.assign(lhs=1e-30, tolerance=1e-15)
    names = [one["name"] for chart in verification_charts(tiny) for one in chart.views[0].figure["data"]]
    assert "measured residual rₖ" not in names


def test_a_report_draws_the_curves_of_the_figure(joint):
    # Each of the eight over k up to the number of images, where what the probe leaves is 0 but for rounding.
    table = mt.verify(joint, range(1, joint.n_images + 1))
    chart, *_ = verification_charts(table)
    ax = mt.plotting.gap(table)
    figure = [(line.get_xdata().tolist(), line.get_ydata().tolist()) for line in ax.get_lines()]
    plt.close("all")
    assert [(line["x"], line["y"]) for line in chart.views[0].figure["data"]] == figure
    assert len(figure) == 8
    assert min(min(y) for _, y in figure) > 1e-12


def test_axes_have_marks_and_those_of_both_sides_are_of_one_kind():
    # The line of equal sides is one only where both axes are of one kind.
    near = [mt.generators.isotropic_noise(4, noise) for noise in (0.01, 0.02, 0.9)]
    for joints in (near, near[:1]):
        charts = {one.title: one for one in verification_charts(mt.verify(joints, [1, 2], "label-transfer"))}
        (view,) = charts["Both sides of each bound"].views
        assert view.figure["layout"]["xaxis"]["type"] == view.figure["layout"]["yaxis"]["type"]
    assert logarithmic(0.66, 0.71) == {"type": "linear"}  # 1, 2 and 5 times a power of ten are all outside
    assert logarithmic(0.1, 0.71) == {"type": "log", "dtick": "D2"}


@pytest.mark.parametrize(
    ("text", "middle", "radius"),
    [("-7/16", Fraction(-7, 16), 0), ("3", 3, 0), ("[-0.25 +/- 1.5e-7]", -0.25, 1.5e-7), ("1.5e-300", 1.5e-300, 0)],
)
def test_enclosures_are_read_as_intervals(text, middle, radius):
    assert interval(text) == (float(middle), radius)


def test_the_hash_is_the_documented_one_and_tells_joints_apart():
    joint = mt.Joint([[3, 1], [0, 4]], image_labels=[0, 1], text_labels=[0, 1])
    content = b"rows <i8 (3,)\n" + struct.pack("<3q", 0, 0, 1) + b"columns <i8 (3,)\n" + struct.pack("<3q", 0, 1, 1)
    content += b"values <f8 (3,)\n" + struct.pack("<3d", 3 / 8, 1 / 8, 4 / 8)
    content += b"image_labels <i8 (2,)\n" + struct.pack("<2q", 0, 1)
    content += b"text_labels <i8 (2,)\n" + struct.pack("<2q", 0, 1) + b"n_classes <i8 ()\n" + struct.pack("<q", 2)
    assert digest(joint) == hashlib.sha256(content).hexdigest() == digest(joint.to_sparse())
    assert digest(joint, joint) == hashlib.sha256(content * 2).hexdigest()
    others = [
        mt.Joint([[3, 1], [0, 5]], image_labels=[0, 1], text_labels=[0, 1]),
        mt.Joint([[3, 1], [0, 4]], image_labels=[0, 1], text_labels=[1, 0]),
        mt.Joint([[3, 1], [0, 4]], image_labels=[0, 1], text_labels=[0, 1], n_classes=3),
        mt.Joint([[3, 1], [4, 0]], image_labels=[0, 1], text_labels=[0, 1]),
        mt.Joint.of_channels([[0.75, 0.25], [0, 1]], [[1, 0], [0, 1]], [1, 1], [0, 1], [0, 1]),
    ]
    assert len({digest(one) for one in (joint, *others)}) == 6
