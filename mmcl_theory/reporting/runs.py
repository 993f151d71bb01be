"""Report a verification, searches for counterexamples, and a proof, each as one page."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..certification.settle import SETTLED, proven
from ..factorization.class_spectrum import class_spectrum
from ..joints.instance import Instance
from ..theory.theorem import Theorem
from ..theory.verdicts import HOLDS, VIOLATED
from .charts.searches import enclosure_chart, search_charts
from .charts.verification import verification_charts
from .html import Run, write_report
from .sections import counted_in_words

if TYPE_CHECKING:
    import pandas as pd

    from ..certification.certificate import Certificate
    from ..falsification.falsification import Falsification
    from ..falsification.smallest import Smallest


def report_verification(
    path: str | os.PathLike[str],
    table: "pd.DataFrame",
    instances: Sequence[Instance],
    theorems: Sequence[Theorem],
    run: Run,
    told: Sequence[str] = (),
) -> None:
    """Report what ``verify`` found, with certificates of what is violated or was settled on a single small instance.

    Parameters
    ----------
    path, table, theorems, run
        As of ``write_report``.
    instances
        What was verified.
    told
        Further sentences on it.
    """
    spectrum, proofs = None, {}
    if len(instances) == 1:
        proofs = proven(
            table[(table.verdict == VIOLATED) | table.reason.str.startswith(SETTLED)], instances[0], theorems
        )
        try:
            spectrum = class_spectrum(instances[0].joint)
        except ValueError:  # it is out of reach, as the joint is not dense
            spectrum = None
    charts, said = verification_charts(table, spectrum), [*counted_in_words(table), *told]
    write_report(path, table, run, theorems, charts, proofs.values(), said)


def report_verdicts(
    path: str | os.PathLike[str],
    table: "pd.DataFrame",
    theorems: Sequence[Theorem],
    run: Run,
    told: Sequence[str] = (),
) -> None:
    """Report a table of verdicts alone, such as that of a sweep, with further sentences on it."""
    write_report(path, table, run, theorems, verification_charts(table), (), [*counted_in_words(table), *told])


def report_searches(
    path: str | os.PathLike[str],
    table: "pd.DataFrame",
    found: "Sequence[Falsification]",
    smallest: "Sequence[Smallest]",
    run: Run,
) -> None:
    """Report what ``falsify`` found, with its certificates; the time that it took is left out, as it never is the same.

    Parameters
    ----------
    path, run
        As of ``write_report``.
    table
        Table from ``tightness``, a row for each search.
    found
        The searches.
    smallest
        The smallest counterexamples of some of them, or what was searched for one.
    """
    several = len({worst.theorem.slug for worst in found}) < len(found)
    names = [f"{one.theorem.slug}{f', {one.search.n_images} × {one.search.n_texts}' * several}" for one in found]
    joints = {f"{one.theorem.slug}, smallest counterexample": one.joint for one in smallest if one.joint is not None}
    joints |= {name: worst.joint for name, worst in zip(names, found, strict=True)}
    trajectories = {name: worst.trajectory for name, worst in zip(names, found, strict=True)}
    proofs = [*(one.certificate for one in smallest), *(one.certificate for one in found)]
    certificates = [proof for proof in proofs if proof is not None]
    table = table.drop(columns="seconds")
    theorems = {worst.theorem.slug: worst.theorem for worst in found}
    charts = search_charts(table, trajectories, joints)
    write_report(path, table, run, theorems.values(), charts, certificates, [_searched(table), *_smallest(smallest)])


def report_certificate(path: str | os.PathLike[str], certificate: "Certificate", theorem: Theorem, run: Run) -> None:
    """Report a proof."""
    import pandas as pd

    names = ("theorem", "kind", "k", "lhs", "rhs", "verdict", "reason", "precision")
    table = pd.DataFrame([{name: getattr(certificate, name) for name in names}])
    proof = "Proven" if certificate.verdict in (HOLDS, VIOLATED) else "Not decided"
    said = f"{proof}: {certificate.theorem} at k = {certificate.k}: {certificate.verdict}, {certificate.reason}."
    chart = enclosure_chart(certificate)
    write_report(path, table, run, [theorem], [chart] if chart.views else [], [certificate], [said])


def _smallest(found: "Sequence[Smallest]") -> list[str]:
    """Say which the smallest counterexamples are, and of which statements none was found, where the search was one."""
    lines: dict[str, list[str]] = {}
    for one in found:
        if one.certificate is None:
            lines.setdefault(f"{one.searched}.", []).append(one.theorem.slug)
        else:
            lines[f"{str(one).splitlines()[0]}; {one.searched}."] = []
    return [f"{', '.join(dict.fromkeys(slugs))}: {line}" if slugs else line for line, slugs in lines.items()]


def _searched(table: "pd.DataFrame") -> str:
    """Say whether searches found counterexamples."""
    violated = table[table.verdict == VIOLATED]
    certified = violated[violated.certificate == VIOLATED]
    searches = "1 search" if len(table) == 1 else f"{len(table)} searches"
    for rows, found in ((certified, "A counterexample is proven"), (violated, "A violation is suspected, not proven")):
        if len(rows):
            return f"{found}, in {len(rows)} of {searches}: {', '.join(dict.fromkeys(rows.theorem))}."
    best = table.dropna(subset="ratio").sort_values("ratio", kind="stable").tail(1)
    most = "".join(f"  The largest ratio is {row.ratio:.7g}, of {row.theorem}." for row in best.itertuples())
    return f"Nothing is violated: {searches} found no counterexample.{most}"
