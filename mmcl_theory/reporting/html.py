"""Write a report of a run: one page to send to somebody, which loads nothing and carries its certificates.

Nothing of a user's can become markup of the page, as every text is escaped, nor run, as the page allows no script but
its own two, by their hashes.
"""

import base64
import dataclasses
import gzip
import hashlib
import html
import importlib.resources
import json
import os
import platform
import shlex
import string
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from .. import _archive, _checks
from ..tables.io import to_csv
from ..tables.nearest import nearest
from ..theory import registry
from ..theory.theorem import Theorem
from .charts.chart import Chart
from .sections import findings, rows_of_table, statements

if TYPE_CHECKING:
    import pandas as pd

    from ..certification.certificate import Certificate

_ROWS = 2000  # of the table, that the page holds
_CERTIFICATES = 2**20  # bytes of them that the page holds
_FIGURES = 2**19  # characters of what the figures draw
_HINT = (
    '<p class="hint small" data-script hidden>Point at what is drawn to read its numbers; draw a frame to enlarge a '
    "part, and click twice to return.  What each figure shows is also said below it.</p>"
)
_PACKAGES = ("jaxlib", "numpy", "scipy", "pandas")  # that numbers may depend on, beside those that files name


@dataclasses.dataclass(frozen=True)
class Run:
    """Hold the facts of a run, as a report tells them.

    Attributes
    ----------
    title
        What was done, of what.
    arguments
        The command line, without the name of the program; what is printed of it can be run again.
    data
        SHA-256 (``joints.digest``) of what the run is about, by its name.
    random
        What was drawn at random, each with a word on how; empty where nothing was.
    seed
        The seed of what is random.
    """

    title: str
    arguments: Sequence[str]
    data: Mapping[str, str] = dataclasses.field(default_factory=dict)
    random: Sequence[str] = ()
    seed: int | None = None

    @property
    def command(self) -> str:
        """Return the command as it is typed into a shell."""
        return shlex.join(["mmcl-theory", *self.arguments])


def write_report(
    path: str | os.PathLike[str],
    table: "pd.DataFrame",
    run: Run,
    theorems: Iterable[Theorem],
    charts: Iterable[Chart] = (),
    certificates: "Iterable[Certificate]" = (),
    said: Sequence[str] = (),
) -> None:
    """Write a report of a run as one HTML file of less than 6 MB.

    The same run gives the same bytes on one machine: no date is written.

    Parameters
    ----------
    path
        The file.
    table
        What was found: a table with at least ``theorem`` and ``verdict``, such as that of ``verify``.  Of more than
        2000 rows those are shown that are violated, and of each theorem those of the largest ratio.
    run
        What was run.
    theorems
        The statements, at least those of the table.
    charts
        The figures.
    certificates
        Those that the page carries, as files that ``certify --check`` reads.
    said
        What was found, in sentences, the most important first; by default how many rows hold, and which do not.

    Raises
    ------
    ValueError
        If latex2mathml is not installed, or plotly where there are figures.
    OSError
        If the file cannot be written; the old one is still there.

    Examples
    --------
    >>> import pathlib, tempfile, mmcl_theory as mt
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "report.html"
    >>> table = mt.verify(mt.generators.isotropic_noise(4, 0.25), 1, "label-transfer")
    >>> write_report(path, table, Run("isotropic noise", ["verify"]), [mt.theorems["label-transfer"]])
    >>> "Nothing is violated: of 1 row that applies, 1 holds." in path.read_text()
    True
    """
    _archive.write_text(path, _page(table, run, list(theorems), list(charts), list(certificates), said))


def _page(
    table: "pd.DataFrame",
    run: Run,
    theorems: list[Theorem],
    charts: list[Chart],
    certificates: "list[Certificate]",
    said: Sequence[str],
) -> str:
    """Put the page together."""
    _checks.installed("report", "latex2mathml.converter")
    library = _checks.installed("report", "plotly.offline").get_plotlyjs() if charts else ""
    script, drawn = _file("page.js"), _fitting(charts)
    figures = "".join(_figure(place, chart) for place, chart in enumerate(drawn))
    parts = {
        "findings": ("What was found", findings(table, said)),
        "run": ("What was run", _facts(run)),
        "figures": ("Figures", f'{_HINT}<div class="figures">{figures}</div>' if drawn else ""),
        "statements": ("The statements", statements(table, theorems)),
        "rows": ("All rows", _rows(table)),
        "certificates": ("Certificates", _proofs(certificates)),
    }
    shown = {name: part for name, part in parts.items() if part[1]}
    links = "".join(f'<li><a href="#{name}">{title}</a></li>' for name, (title, _) in shown.items())
    views = [[view.figure | {"words": view.words} for view in chart.views] for chart in drawn]
    return string.Template(_file("page.html")).substitute(
        title=html.escape(run.title),
        version=html.escape(_archive.versions()["mmcl-theory"]),
        allowed=" ".join(
            f"'sha256-{_base64(hashlib.sha256(text.encode()).digest())}'" for text in (script, library) if text
        ),
        style=_file("page.css"),
        nav=f"<ul>{links}</ul>",
        main="".join(f'<section id="{name}"><h2>{title}</h2>{body}</section>' for name, (title, body) in shown.items()),
        charts=json.dumps(views, allow_nan=False).replace("<", r"\u003c"),
        plotly=_base64(gzip.compress(library.encode(), mtime=0)) if charts else "",
        script=script,
    )


def _facts(run: Run) -> str:
    """Tell what was run, on what, and how to run it again."""
    seeded = "" if run.seed is None else f" (seed {run.seed})"
    facts = [
        *((f"data: {name}", f"<code>{value}</code> (SHA-256)") for name, value in run.data.items()),
        ("random", html.escape(f"{'; '.join(run.random)}{seeded}" if run.random else "nothing")),
        (
            "versions",
            html.escape(", ".join(f"{name} {version}" for name, version in _archive.versions(*_PACKAGES).items())),
        ),
        ("machine", html.escape(_machine())),
    ]
    listed = "".join(f"<dt>{html.escape(name)}</dt><dd>{value}</dd>" for name, value in facts)
    return (
        "<p>This command makes the page anew, the same one on the same machine with the same versions; elsewhere "
        f'numbers may differ by rounding.</p><pre id="command">{html.escape(run.command)}</pre>'
        f'<p><button id="copy" type="button" data-script hidden>Copy the command</button></p>'
        f'<dl class="facts">{listed}</dl>'
        + (
            '<p class="small">The hash is of the cells and labels of the joint distribution '
            "(<code>mmcl_theory.joints.digest</code>): whoever has the same hash has the same data.</p>"
            if run.data
            else ""
        )
    )


def _machine() -> str:
    """Name the system, and the devices that JAX computes on."""
    import jax

    devices = Counter(device.device_kind for device in jax.devices())
    kinds = ", ".join(f"{count} × {kind}" for kind, count in devices.items())
    return f"{platform.system()} on {platform.machine()}; JAX computes on {kinds}"


def _fitting(charts: list[Chart]) -> list[Chart]:
    """Leave views out, the last of each figure first, where all together are too long for a page."""
    sizes = [[len(json.dumps(view.figure)) for view in chart.views] for chart in charts]
    most = max(map(len, sizes), default=0)
    while most > 1 and sum(sum(of_one[:most]) for of_one in sizes) > _FIGURES:
        most -= 1
    return [
        chart
        if len(chart.views) <= most
        else dataclasses.replace(
            chart,
            views=chart.views[:most],
            caption=f"{chart.caption}  The first {most} of {len(chart.views)} are on this page.",
        )
        for chart in charts
    ]


def _figure(place: int, chart: Chart) -> str:
    """Write a figure: title, how to read it, a choice of views, where it is drawn, and what it shows in words."""
    options = "".join(f'<option value="{i}">{html.escape(view.name)}</option>' for i, view in enumerate(chart.views))
    choice = f'<label class="choice" data-script hidden>{chart.choose} <select>{options}</select></label>'
    return (
        f'<figure data-chart="{place}"><h3>{html.escape(chart.title)}</h3><p class="small">'
        f"{html.escape(chart.caption)}</p>{choice if len(chart.views) > 1 else ''}"
        f'<div class="plot" role="img"></div><figcaption>{html.escape(chart.views[0].words)}</figcaption></figure>'
    )


def _rows(table: "pd.DataFrame") -> str:
    """Write the table with its filters, and as a file to download."""
    shown = nearest(table, _ROWS)
    told = f"{len(shown)} of {len(table)} rows" if len(shown) < len(table) else "the rows"
    more = (
        "" if len(shown) == len(table) else "  The page holds those that are violated and those of the largest ratio."
    )
    link = _download("rows.csv", "text/csv", to_csv(shown).encode(), f"Download {told} as CSV")
    return f"<p>{link}, with all columns and all digits.{more}</p>{rows_of_table(shown)}"


def _proofs(certificates: "list[Certificate]") -> str:
    """Write each certificate in words, and as the file that can be checked."""
    written, left = [], _CERTIFICATES
    for place, (name, certificate) in enumerate(zip(_names(certificates), certificates, strict=True)):
        content = certificate.to_bytes()
        left -= len(content)
        own = (
            "" if certificate.theorem in registry.theorems else " --theorem FILE  # the file that defines the statement"
        )
        link = (
            f"<p>{_download(name, 'application/json', content, f'Download {name}')}, and check it:</p>"
            f"<pre>mmcl-theory certify --check {name}{own}</pre>"
            if left >= 0
            else "<p>The file is too long for this page.</p>"
        )
        title = html.escape(f"{certificate.theorem}, k = {certificate.k}: {certificate.verdict}")
        written.append(
            f'<article id="certificate-{place}"><h3>{title}</h3><pre>{html.escape(_short(str(certificate)))}</pre>'
            f"{link}</article>"
        )
    explained = (
        "<p>A certificate holds an exact instance and enclosures of both sides of a statement on it.  Nothing in it is "
        "to be believed: <code>certify --check</code> proves it again from the instance alone.</p>"
    )
    return explained + "".join(written) if written else ""


def _names(certificates: "list[Certificate]") -> list[str]:
    """Name the file of each certificate by its statement and k, and by a number where that is not enough."""
    seen: Counter[str] = Counter()
    names = []
    for certificate in certificates:
        stem = f"{certificate.theorem}_k{certificate.k}"
        seen[stem] += 1
        names.append(f"{stem}{f'_{seen[stem]}' if seen[stem] > 1 else ''}.json")
    return names


def _short(text: str) -> str:
    """Cut lines that are long."""
    return "\n".join(
        line if len(line) <= 400 else f"{line[:380]}… ({len(line)} characters)" for line in text.split("\n")
    )


def _download(name: str, kind: str, content: bytes, words: str) -> str:
    """Write a link that saves a file which stands in the page."""
    return f'<a download="{html.escape(name)}" href="data:{kind};base64,{_base64(content)}">{html.escape(words)}</a>'


def _base64(content: bytes) -> str:
    """Write bytes as text."""
    return base64.b64encode(content).decode()


def _file(name: str) -> str:
    """Read a part of the page that is kept as a file."""
    return (importlib.resources.files(__package__) / "report" / name).read_text(encoding="utf-8")
