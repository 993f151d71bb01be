"""Define the command line: ``mmcl-theory`` with ``verify``, ``falsify``, ``certify``, ``conjecture`` and the rest.

Heavy modules are imported inside the commands, so that ``--help`` answers at once.
"""

from importlib.metadata import version
from typing import Annotated

import typer

from .bracket import bracket
from .catalogue import list_theorems, show
from .certify import certify
from .claims import show_claims
from .compilation import VARIABLE, keep_programs
from .conjecture import conjecture
from .explore import explore
from .falsify import falsify
from .once import Command, Group
from .source import described_worlds
from .sweep import EXAMPLE, sweep
from .verify import verify

app = typer.Typer(
    name="mmcl-theory",
    help="Check the theory of multi-modal contrastive learning numerically.",
    epilog="Exit codes: 0, nothing is violated; 1, something is; 2, the command or a file is wrong; 3, nothing is "
    "proven, or two sweeps differ; 4, an error of this program; 130, interrupted; 141, nobody reads the output.",
    cls=Group,
    pretty_exceptions_enable=False,
)


def _print_version(asked: bool) -> None:
    """Print the version, and end, where it is asked for."""
    if asked:
        print(f"mmcl-theory {version('mmcl-theory')}")
        raise typer.Exit


@app.callback()
def set_global_options(
    debug: Annotated[bool, typer.Option("--debug", help="Print the traceback of an internal error.")] = False,
    no_cache: Annotated[
        bool,
        typer.Option(
            "--no-cache",
            help="Compile everything anew.  By default compiled programs are kept in ~/.cache/mmcl-theory, or in the "
            f"folder that {VARIABLE} names; {VARIABLE}=off does as this option.",
        ),
    ] = False,
    print_version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Print the version.")
    ] = False,
) -> None:
    """Check the theory of multi-modal contrastive learning numerically."""  # ``main`` reads whether to debug
    if not no_cache:
        keep_programs()


app.command(cls=Command, epilog=described_worlds())(verify)
app.command(cls=Command, epilog=EXAMPLE)(sweep)
app.command(cls=Command)(falsify)
app.command(cls=Command)(certify)
app.command(cls=Command)(conjecture)
app.command(cls=Command)(bracket)
app.command(cls=Command, name="list")(list_theorems)
app.command(cls=Command)(show)
app.command(cls=Command, name="claims")(show_claims)
app.command(cls=Command)(explore)
