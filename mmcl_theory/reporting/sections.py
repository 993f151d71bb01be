"""Write the parts of a report that tell of a table: what was found, the statements, and the rows."""

import html
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..quantities.quantities import Quantities
from ..tables.layout import MARKS, SIGNS
from ..theory.theorem import Theorem, read_by
from ..theory.verdicts import (
    AGREES,
    CONSISTENT,
    EXCEEDED,
    HOLDS,
    NOT_APPLICABLE,
    ORDER,
    UNDECIDED,
    VACUOUS,
    VIOLATED,
)
from .mathml import mathml
from .unicode_math import prettify

if TYPE_CHECKING:
    import pandas as pd

_LONGEST = 300  # characters of a cell
_TOLD = 20  # violated rows that are told of in words
_TONES = {HOLDS: "good", AGREES: "good", VIOLATED: "bad", EXCEEDED: "bad", NOT_APPLICABLE: "dim", VACUOUS: "dim"}

# Each verdict as it is counted, one row or several, and what it means.
_VERDICTS = {
    VIOLATED: ("is violated", "are violated", "every assumption is true, and the statement is not, beyond rounding"),
    HOLDS: ("holds", "hold", "the statement is true here, beyond what rounding can explain"),
    AGREES: ("agrees", "agree", "the two sides are equal within rounding, so that either may be the larger"),
    VACUOUS: ("is vacuous", "are vacuous", "the bound says no more than what is always true"),
    EXCEEDED: ("is exceeded", "are exceeded", "this draw is beyond a bound that holds with a probability only"),
    ORDER: ("is of an order", "are of an order", "the ratio is the least constant with which the statement holds here"),
    CONSISTENT: ("is consistent", "are consistent", "the sides are enclosed and agree, which is no proof"),
    UNDECIDED: ("is undecided", "are undecided", "no precision decides"),
    NOT_APPLICABLE: (
        "does not apply",
        "do not apply",
        "an assumption fails, or what the statement is about is lacking",
    ),
}

# The columns that are shown, in their order, and what they are called; others of this package stand in the CSV alone.
_COLUMNS = {
    **{"joint": "joint", "theorem": "statement", "n_images": "images", "n_texts": "texts", "n_classes": "classes"},
    **{"k": "k", "lhs": "left side", "rhs": "right side", "ratio": "ratio", "certified": "certified share"},
    **{"verdict": "verdict", "tightness": "the bound is", "certificate": "certificate", "reason": "why"},
}
_UNSHOWN = {
    *("kind", "slack", "tolerance", "trivial", "safe_ratio", "rounds", "labeling_error", "sigma_next", "n_items"),
    *("marginal_distance", "sample_size", "failure_probability", "precision"),
}


def findings(table: "pd.DataFrame", said: Sequence[str]) -> str:
    """Write what was found in words: the most important sentence, the violated rows, and what the verdicts mean."""
    first, *more = said or counted_in_words(table)
    violated, several = table[table.verdict == VIOLATED], "joint" in table and table.joint.nunique() > 1
    lines = "".join(f"<li>{html.escape(_row_in_words(row, several))}</li>" for row in violated.head(_TOLD).itertuples())
    rest = f"<p>and {len(violated) - _TOLD} more, first among the rows below.</p>" if len(violated) > _TOLD else ""
    known = [name for name in _VERDICTS if (table.verdict == name).any()]
    meaning = "".join(f"<dt>{name}</dt><dd>{_VERDICTS[name][2]}</dd>" for name in known)
    tone = " bad" if len(violated) else ""
    return (
        f'<p class="lead{tone}">{html.escape(first)}</p>'
        + (f"<ul>{lines}</ul>{rest}" if lines else "")
        + "".join(f"<p>{html.escape(line)}</p>" for line in more)
        + f'<dl class="facts">{meaning}</dl>'
    )


def counted_in_words(table: "pd.DataFrame") -> list[str]:
    """Say how many rows have which verdict, whether any is violated first.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> counted_in_words(mt.verify(mt.generators.isotropic_noise(4, 0.25), 1, ["label-transfer", "probe-mmcl"]))
    ['Nothing is violated: of 2 rows that apply, 1 holds, 1 is vacuous.']
    """
    counts = Counter(table.verdict)
    n_applied = len(table) - counts[NOT_APPLICABLE]
    if not n_applied:
        return [f"Nothing was checked: none of the {len(table)} rows applies."]
    judged = ", ".join(_counted(counts, [name for name in _VERDICTS if name != NOT_APPLICABLE]))
    rows = "row that applies" if n_applied == 1 else "rows that apply"
    lines = [f"{'Something' if counts[VIOLATED] else 'Nothing'} is violated: of {n_applied} {rows}, {judged}."]
    if counts[NOT_APPLICABLE]:
        lines.append(f"Of {len(table)} rows in all, {_counted(counts, [NOT_APPLICABLE])[0]}.")
    return lines


def _counted(counts: Counter[str], verdicts: Sequence[str]) -> list[str]:
    """Say of each verdict that came how often it came."""
    return [f"{counts[name]} {_VERDICTS[name][counts[name] != 1]}" for name in verdicts if counts[name]]


def _row_in_words(row: Any, several: bool) -> str:
    """Say what a violated row says, and of which joint where there are ``several``."""
    at = "" if _is_missing(getattr(row, "k", None)) else f" at k = {row.k}"
    joint = f", joint {row.joint}" if several else ""
    sides = f": left side {_number(row.lhs)}, right side {_number(row.rhs)}" if hasattr(row, "lhs") else ""
    reason = f" ({prettify(row.reason)})" if getattr(row, "reason", "") else ""
    return f"{row.theorem}{at}{joint}{sides}{reason}"


def statements(table: "pd.DataFrame", theorems: Sequence[Theorem]) -> str:
    """Write each statement that applies somewhere: in mathematics, what it assumes, and how often it holds."""
    parts = {str(slug): part for slug, part in table.groupby("theorem", sort=False)}
    known = {theorem.slug: theorem for theorem in theorems}
    written, lacking = [], []
    for slug, part in parts.items():
        if (part.verdict == NOT_APPLICABLE).all():
            lacking.append((str(part.reason.iloc[0]) if "reason" in part else "", slug))
        elif slug in known:
            written.append(_statement(known[slug], part))
    if lacking:
        reasons: dict[str, list[str]] = {}
        for reason, slug in lacking:
            reasons.setdefault(reason, []).append(f"<code>{html.escape(slug)}</code>")
        lines = "".join(
            f"<li>{html.escape(prettify(reason))}: {', '.join(slugs)}</li>" for reason, slugs in reasons.items()
        )
        written.append(f'<article class="wide"><h3>These do not apply here</h3><ul>{lines}</ul></article>')
    return f'<div class="statements">{"".join(written)}</div>' if written else ""


def _statement(theorem: Theorem, rows: "pd.DataFrame") -> str:
    """Write a statement."""
    counts = Counter(rows.verdict)
    verdicts = ", ".join(f"{MARKS.get(name, '')} {name}: {counts[name]}" for name in _VERDICTS if counts[name])
    assumed = "; ".join(html.escape(prettify(one.name)) for one in theorem.requires) or "nothing"
    fields = Quantities.__dataclass_fields__
    read = [fields[name].metadata for name in read_by(*theorem.formulas) if name in fields]
    where = "".join(
        f"<li>{_formula(one['symbol'])} is {html.escape(prettify(one.get('meaning') or ''))}</li>" for one in read
    )
    proof = f"<p>Proof: {html.escape(prettify(theorem.proof))}</p>" if theorem.proof else ""
    return (
        f'<article id="statement-{html.escape(theorem.slug)}"><h3>{html.escape(theorem.title)}</h3>'
        f'<p class="tags"><code>{html.escape(theorem.slug)}</code><span>{theorem.kind.value}</span>'
        f"<span>{html.escape(verdicts)}</span></p>{_formula(theorem.statement, block=True)}"
        f'<p class="small">Assumes: {assumed}.</p>'
        f"<details><summary>Symbols, proof and source</summary><ul>{where}</ul>{proof}"
        f"<p>Source: {html.escape(theorem.source)}</p></details></article>"
    )


def _formula(latex: str, *, block: bool = False) -> str:
    """Write a formula, or its LaTeX where that is none."""
    try:
        return mathml(latex, block=block) if latex else ""
    except Exception:  # each of the converter's own
        return f"<p><code>{html.escape(latex)}</code></p>" if block else f"<code>{html.escape(latex)}</code>"


def rows_of_table(table: "pd.DataFrame") -> str:
    """Write rows with filters by statement, verdict and k, and a line that says how many are shown."""
    shown = [name for name in dict.fromkeys([*_COLUMNS, *table.columns]) if name in table and name not in _UNSHOWN]
    shown = [name for name in shown if not table[name].isin(["", None]).all() and not table[name].isna().all()]
    columns = [str(name) for name in shown if name != "joint" or table.joint.nunique() > 1]
    numbers = {name for name in columns if table[name].dtype.kind in "iuf"} | {"lhs", "rhs", "k"}
    head = "".join(
        f'<th scope="col"{_class(name, numbers)}>{html.escape(_COLUMNS.get(name, name))}</th>' for name in columns
    )
    rows = (dict(zip(table.columns, row, strict=True)) for row in table.itertuples(index=False, name=None))
    body = "".join(_line(row, columns, numbers) for row in rows)
    return (
        f'<div class="filters" data-script hidden>{_filters(table)}<button id="reset" type="button">Show all</button>'
        f'</div><p id="told" role="status" class="small">{len(table)} rows</p>'
        '<div class="scroll" role="region" aria-label="All rows" tabindex="0"><table id="table">'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _line(row: Mapping[str, Any], columns: Sequence[str], numbers: set[str]) -> str:
    """Write a row, with what the filters ask of it."""
    data = {"theorem": row["theorem"], "verdict": row["verdict"], "k": _k(row.get("k"))}
    asked = "".join(f" data-{name}='{html.escape(str(value))}'" for name, value in data.items())
    cells = "".join(f"<td{_class(name, numbers, row)}>{_cell(name, row)}</td>" for name in columns)
    return f"<tr{asked}>{cells}</tr>"


def _filters(table: "pd.DataFrame") -> str:
    """Write a choice for each column by which rows are filtered."""
    ks = sorted(table.k.unique(), key=lambda k: 0 if _is_missing(k) else k) if "k" in table else []
    choices = (("theorem", "statement", table.theorem), ("verdict", "verdict", table.verdict), ("k", "k", map(_k, ks)))
    return "".join(
        f'<label>{words}<select name="{name}"><option value="">all</option>'
        + "".join(f"<option>{html.escape(str(value))}</option>" for value in dict.fromkeys(values))
        + "</select></label>"
        for name, words, values in choices
    )


def _k(k: Any) -> str:
    """Write an encoder dimension; a statement that has none is about every one."""
    return "every" if _is_missing(k) else str(k)


def _cell(name: str, row: Mapping[str, Any]) -> str:
    """Write one cell."""
    value = row[name]
    if _is_missing(value):
        return ""
    if name == "verdict":
        return html.escape(f"{MARKS.get(value, '')} {value}".strip())
    text = prettify(value) if name == "reason" else _number(value)
    if name == "rhs" and row.get("kind") in SIGNS:
        text = f"{SIGNS[row['kind']]} {text}"
    return html.escape(text if len(text) <= _LONGEST else f"{text[: _LONGEST - 20]}… ({len(text)} characters)")


def _class(name: str, numbers: set[str], row: Mapping[str, Any] | None = None) -> str:
    """Say how a cell is laid out, and its tone."""
    tone = _TONES.get(row["verdict"]) if row is not None and name == "verdict" else None
    kind = "number" if name in numbers else "words" if name == "reason" else ""
    return (f' class="{kind}"' if kind else "") + (f' data-tone="{tone}"' if tone else "")


def _number(value: Any) -> str:
    """Write a number with six digits, and anything else as it is."""
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _is_missing(value: Any) -> bool:
    """Say whether a cell has no value."""
    return (
        value is None
        or type(value).__name__ in ("NAType", "NaTType")
        or (isinstance(value, float) and math.isnan(value))
    )
