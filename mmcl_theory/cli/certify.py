"""Define ``mmcl-theory certify``."""

from typing import TYPE_CHECKING, Annotated

import typer

from .mistakes import naming_options, running_formulas, writing
from .theorems import defined_theorems

if TYPE_CHECKING:
    from ..theory.theorem import Theorem


def certify(
    slug: Annotated[
        str | None,
        typer.Argument(metavar="SLUG", help="Certify the theorem with this slug; `mmcl-theory list` shows all slugs."),
    ] = None,
    joint: Annotated[str | None, typer.Option(help="Read the joint, which Joint.save wrote, from this file.")] = None,
    k: Annotated[int | None, typer.Option(help="Set the encoder dimension.")] = None,
    out: Annotated[str | None, typer.Option(help="Write the certificate to this file, as JSON.")] = None,
    check: Annotated[
        str | None, typer.Option(help="Prove the certificate in this file again, from the file alone.")
    ] = None,
    theorem: Annotated[
        str | None,
        typer.Option(help="Take the theorem from this Python file, which defines a Theorem with the slug."),
    ] = None,
) -> int:
    """Prove a theorem's verdict on a saved joint, or prove a certificate again.

    The exit code is 0 where the theorem is proven to hold, 1 where it is
    proven to be violated, and 3 where neither is proven.  With --check it is
    0 where the certificate is confirmed, whatever its verdict, and 3 where it
    is not.
    """
    if check is not None:
        if (slug, joint, k, out) != (None,) * 4:
            raise ValueError("--check: the certificate tells the statement, the joint and k; give --theorem at most")
        return _check_certificate(check, theorem)
    if slug is None or joint is None or k is None:
        raise ValueError("certify: a slug, --joint and --k are needed, or --check and a certificate")
    from ..certification.certify import certify as prove
    from ..joints.joint import Joint
    from ..theory.verdicts import HOLDS, VIOLATED

    statement = _statement(slug, theorem)
    with naming_options(path="--joint", joint="--joint", k="--k"), running_formulas("--theorem", [theorem or ""]):
        certificate = prove(statement, Joint.load(joint), k)
    print(certificate)
    if out is not None:
        with writing("--out", out):
            certificate.save(out)
        print(f"certificate: {out}")
    return {HOLDS: 0, VIOLATED: 1}.get(certificate.verdict, 3)


def _check_certificate(path: str, theorem: str | None) -> int:
    """Prove a certificate again, and print whether it is confirmed or, line by line, what is wrong with it."""
    from ..certification.certificate import Certificate

    with naming_options(path="--check"):
        try:
            certificate = Certificate.load(path)
        except ValueError as error:
            print(f"not confirmed: {error}")
            return 3
    statement = None if theorem is None else _statement(certificate.theorem, theorem)
    with running_formulas("--theorem", [theorem or ""]):
        wrong = certificate.check(statement)
    print(certificate)
    for line in wrong:
        print(f"not confirmed: {line}")
    if not wrong:
        print("confirmed")
    return 3 if wrong else 0


def _statement(slug: str, path: str | None) -> "Theorem":
    """Find the theorem with this slug, in the registry or in a user's Python file."""
    from ..theory.registry import select

    if path is None:
        with naming_options(theorems="SLUG"):
            return select(slug)[0]
    if not path.endswith(".py"):
        raise ValueError(f"--theorem: the name of a Python file is needed, got {path!r}")
    found = {theorem.slug: theorem for theorem in defined_theorems(path)}
    if slug not in found:
        raise ValueError(f"--theorem: {path!r} defines no {slug!r}; it defines {', '.join(found)}")
    return found[slug]
