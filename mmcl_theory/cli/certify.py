"""Define ``mmcl-theory certify``."""

import dataclasses
import sys
from typing import TYPE_CHECKING, Annotated, ClassVar

import typer

from .files import Files, ReportFile
from .mistakes import naming_options, running_formulas
from .options import grouped
from .settings import Chosen
from .theorems import defined_theorems

if TYPE_CHECKING:
    from ..theory.theorem import Theorem


@dataclasses.dataclass(frozen=True)
class Proof:
    """Hold the options that say what is proven."""

    panel: ClassVar[str] = "What is proven: SLUG on --joint at --k, or the certificate of --check"

    slug: Annotated[
        str | None,
        typer.Argument(metavar="SLUG", help="Certify the theorem with this slug; `mmcl-theory list` shows all slugs."),
    ] = None
    joint: Annotated[str | None, typer.Option(help="Read the joint, which Joint.save wrote, from this file.")] = None
    k: Annotated[int | None, typer.Option(help="Set the encoder dimension.")] = None
    out: Annotated[str | None, typer.Option(help="Write the certificate to this file, as JSON.")] = None
    report: ReportFile = None
    check: Annotated[
        str | None, typer.Option(help="Prove the certificate in this file again, from the file alone.")
    ] = None
    theorem: Annotated[
        str | None,
        typer.Option(help="Take the theorem from this Python file, which defines a Theorem with the slug."),
    ] = None
    seconds: Annotated[
        float | None, typer.Option(help="Set how long --check may take; 60 by default.", show_default=False)
    ] = None


@grouped
def certify(proof: Proof, settings: Chosen) -> int:
    """Prove a theorem's verdict on a saved joint, or prove a certificate again.

    The exit code is 0 where the theorem is proven to hold, 1 where it is
    proven to be violated, and 3 where neither is proven.  With --check it is
    0 where the certificate is confirmed, whatever its verdict, and 3 where it
    is not.  What is printed then was proven now: nothing is taken from the
    certificate but the instance and k.
    """
    from .._checks import installed

    installed("certify", "flint")
    if proof.check is not None:
        if dataclasses.replace(proof, check=None, theorem=None, seconds=None) != Proof() or settings != Chosen():
            raise ValueError(
                "--check: the certificate tells the statement, the joint, k and the settings; give --theorem and "
                "--seconds"
            )
        return _check_certificate(proof.check, proof.theorem, proof.seconds)
    if proof.seconds is not None:
        raise ValueError("--seconds: is for --check only")
    if proof.slug is None or proof.joint is None or proof.k is None:
        raise ValueError("certify: a slug, --joint and --k are needed, or --check and a certificate")
    from ..certification.certify import certify as prove
    from ..joints.digest import digest
    from ..joints.instance import Instance
    from ..joints.joint import Joint
    from ..reporting.html import Run
    from ..reporting.runs import report_certificate
    from ..theory.verdicts import HOLDS, VIOLATED

    statement = _statement(proof.slug, proof.theorem)
    files = Files(proof.joint, proof.theorem)
    files.try_file(proof.out)
    files.try_report(proof.report, proof.out)
    chosen = settings.checked()
    names = {"path": "--joint", "joint": "--joint", "k": "--k"}
    with naming_options(**names), running_formulas("--theorem", [proof.theorem or ""]):
        joint = Joint.load(proof.joint)
        certificate = prove(statement, Instance(joint, **chosen), proof.k)
    if proof.out is not None:
        with files.writing("--out"):
            certificate.save(proof.out)
            files.tell("certificate", proof.out)
    run = Run(f"Proof: {statement.slug} on {proof.joint}, k = {proof.k}", sys.argv[1:], {proof.joint: digest(joint)})
    files.write_report(proof.report, lambda path: report_certificate(path, certificate, statement, run))
    print(certificate)
    files.report()
    return {HOLDS: 0, VIOLATED: 1}.get(certificate.verdict, 3)


def _check_certificate(path: str, file: str | None, seconds: float | None) -> int:
    """Prove a certificate again, and print what is proven now and whether that confirms the certificate."""
    from ..certification.certificate import Certificate, prove_again
    from ..certification.limits import SECONDS

    own = None if file is None else _own_theorems(file)
    with naming_options(path="--check"):
        try:
            certificate = Certificate.load(path)
        except ValueError as error:
            print(f"not confirmed: {str(error).removeprefix('path: ')}")
            return 3
    if own is not None and certificate.theorem not in own:
        print("not confirmed: theorem: the file of --theorem defines none of this name")
        return 3
    with naming_options(seconds="--seconds"), running_formulas("--theorem", [file or ""]):
        theorem = None if own is None else own[certificate.theorem]
        again = prove_again(certificate, theorem, SECONDS if seconds is None else seconds)
    if again.certificate is not None:
        print(again.certificate)
    for line in again.wrong:
        print(f"not confirmed: {line}")
    if not again.wrong:
        print("confirmed")
    return 3 if again.wrong else 0


def _statement(slug: str, path: str | None) -> "Theorem":
    """Find the theorem with this slug, in the registry or in a user's Python file."""
    from ..theory.registry import select

    if path is None:
        with naming_options(theorems="SLUG"):
            return select(slug)[0]
    found = _own_theorems(path)
    if slug not in found:
        raise ValueError(f"--theorem: {path!r} defines no {slug!r}; it defines {', '.join(found)}")
    return found[slug]


def _own_theorems(path: str) -> "dict[str, Theorem]":
    """Read the theorems that a user's Python file defines."""
    if not path.endswith(".py"):
        raise ValueError(f"--theorem: the name of a Python file is needed, got {path!r}")
    return {theorem.slug: theorem for theorem in defined_theorems(path)}
