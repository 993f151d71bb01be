"""Define the command line: ``mmcl-theory verify``, ``falsify``, ``certify``, ``list`` and ``show``.

Heavy modules are imported inside the commands, so that ``--help`` answers at once.
"""

from typing import Annotated

import typer

from .catalogue import list_theorems, show
from .certify import certify
from .falsify import falsify
from .source import described_worlds
from .verify import verify

app = typer.Typer(
    name="mmcl-theory",
    help="Check the theory of multi-modal contrastive learning numerically.",
    epilog="Exit codes: 0, nothing is violated; 1, something is; 2, the command or a file is wrong; 3, nothing is "
    "proven; 4, an error of this program; 130, interrupted; 141, nobody reads the output.",
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def set_global_options(
    debug: Annotated[bool, typer.Option("--debug", help="Print the traceback of an internal error.")] = False,
) -> None:
    """Check the theory of multi-modal contrastive learning numerically."""  # ``main`` reads what is set


app.command(epilog=described_worlds())(verify)
app.command()(falsify)
app.command()(certify)
app.command(name="list")(list_theorems)
app.command()(show)
