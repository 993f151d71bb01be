"""Define ``mmcl-theory conjecture``."""

import dataclasses
from typing import Annotated, Any, ClassVar, Literal

import typer

from .files import Files, TableFile
from .mistakes import naming_options
from .options import Seed, grouped, seeded_key, whole_numbers
from .settings import Chosen

_NAMES = {
    **{name: f"--{name}" for name in ("lhs", "terms", "size", "k", "budget", "requires")},
    **{"quantities": "--terms", "n_classes": "--n-classes", "checkpoint": "--save", "most": "--discover"},
}


@dataclasses.dataclass(frozen=True)
class Form:
    """Hold the options that say which bounds are tried."""

    panel: ClassVar[str] = "Form of the bound"

    lhs: Annotated[str, typer.Option(help="Bound this quantity, or formula of quantities.")]
    terms: Annotated[
        str,
        typer.Option(help="Bound it by a sum of these terms, each with a coefficient: 'labeling_error, sigma_2**2'."),
    ]
    kind: Annotated[Literal["upper", "lower"], typer.Option(help="Look for an upper or a lower bound.")] = "upper"
    requires: Annotated[
        str | None, typer.Option(help="Claim it under the assumptions of this statement of the catalogue.")
    ] = None
    discover: Annotated[
        int,
        typer.Option(
            help="Take the terms as quantities of a small grammar of products, roots, quotients and minima, and look "
            "for so many bounds that say more somewhere than the catalogue does."
        ),
    ] = 0

    def arguments(self) -> dict[str, Any]:
        """Return the kind and the assumptions as ``mt.conjecture`` takes them."""
        from ..theory.registry import select
        from ..theory.theorem import Kind

        with naming_options(theorems="--requires"):
            requires = () if self.requires is None else select(self.requires)[0].requires
        return {"kind": Kind.UPPER_BOUND if self.kind == "upper" else Kind.LOWER_BOUND, "requires": requires}


@dataclasses.dataclass(frozen=True)
class Joints:
    """Hold the options that say which joints are met, and for how long the adversary attacks."""

    panel: ClassVar[str] = "Joints"

    sizes: Annotated[
        str, typer.Option(help="Search joints of these sizes, such as 3,5: as many images as texts; or 3x4.")
    ] = "3,5"
    n_classes: Annotated[int, typer.Option(help="Search joints with this many classes.")] = 2
    k: Annotated[int, typer.Option(help="Set the encoder dimension.")] = 1
    budget: Annotated[int, typer.Option(help="Attack final coefficients for this many rounds.")] = 40
    seed: Seed = 0

    def arguments(self) -> dict[str, Any]:
        """Return the sizes, the key and the rest as ``mt.conjecture`` takes them."""
        size = [tuple(whole_numbers("--sizes", one.replace("x", ","))) for one in self.sizes.split(",")]
        size = [one * 2 if len(one) == 1 else one for one in size]
        key = seeded_key(self.seed)
        return {"size": size, "n_classes": self.n_classes, "k": self.k, "budget": self.budget, "key": key}


@dataclasses.dataclass(frozen=True)
class Saving:
    """Hold the options that say what is written to files."""

    panel: ClassVar[str] = "Files"

    out: TableFile = None
    save: Annotated[
        str | None,
        typer.Option(
            help="Write the search to this .npz file as it goes.  The same command goes on where an earlier one was "
            "stopped, and mt.Conjecture.load reads it."
        ),
    ] = None


@grouped
def conjecture(form: Form, joints: Joints, settings: Chosen, saving: Saving) -> int:
    """Find the best coefficients of a bound that holds for all joints, or bounds that nobody stated.

    A linear program proposes coefficients, the adversary attacks the bound that
    they make, and every joint that violates it is a new row of the program.
    The table has for each term the coefficient, a simple fraction; the optimum
    for the joints that were met; and a limit: with a coefficient beyond it the
    bound is false, which is certified.  What is found is no theorem: it is
    conjectured, with the attacks that it withstood.

    The exit code is 0 where coefficients are settled, otherwise 3.
    """
    from ..conjectures.conjecture import conjecture as find
    from ..conjectures.discover import discover
    from ..reporting.conjectures import print_conjecture

    files = Files()
    files.try_table(saving.out)
    chosen = {**form.arguments(), **joints.arguments(), **settings.checked()}
    with naming_options(**_NAMES):
        if form.discover:
            if saving.save is not None:
                raise ValueError("--save: only for a single bound, without --discover")
            found = discover(form.lhs, form.terms, most=form.discover, **chosen)
        else:
            found = [find(form.lhs, form.terms, checkpoint=saving.save, **chosen)]
    tables = [one.table.assign(bound=one.state.setting.form.told(one.coefficients)) for one in found]
    if tables:
        import pandas as pd

        files.write_table(pd.concat(tables, ignore_index=True), saving.out)
    for one in found:
        print_conjecture(one)
    if not found:
        print("no bound of this grammar says more than what is known")
    files.report()
    return 0 if found and all(one.settled for one in found) else 3
