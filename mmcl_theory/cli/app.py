"""Define the command line: ``mmcl-theory verify``, ``falsify``, ``certify``, ``list`` and ``show``.

The exit code is 0 when nothing is violated, 1 when something is and 2 on bad usage; ``certify`` and ``falsify`` exit
with 3 when nothing is proven.  Heavy modules are imported inside the commands, so that ``--help`` answers at once.
"""

import sys

import typer

from .catalogue import list_theorems, show
from .certify import certify
from .falsify import falsify
from .source import described_worlds
from .verify import verify

app = typer.Typer(
    name="mmcl-theory",
    help="Check the theory of multi-modal contrastive learning numerically.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

app.command(epilog=described_worlds())(verify)
app.command()(falsify)
app.command()(certify)
app.command(name="list")(list_theorems)
app.command()(show)


def main() -> None:
    """Run the command line; report every mistake of the user's in one line on standard error, with exit code 2."""
    try:
        code = app(standalone_mode=False)
    except KeyboardInterrupt:
        _fail("interrupted", 130)
    except (ValueError, TypeError, OSError) as error:
        _fail(str(error), 2)
    except Exception as error:
        if not hasattr(error, "format_message"):  # the errors of the command-line parser have it
            raise
        message = error.format_message() or "a command is needed; --help lists them"
        _fail(message, getattr(error, "exit_code", 2))
    sys.exit(code if isinstance(code, int) else 0)


def _fail(message: str, code: int) -> None:
    """Print a message as one line on standard error, and exit."""
    print(f"mmcl-theory: {' '.join(message.split())}", file=sys.stderr)
    sys.exit(code)
