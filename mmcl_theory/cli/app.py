"""Run the command line, and turn every outcome into an exit code: here alone.

=====  ================================================================
0      nothing is violated; for ``certify``, the theorem is proven
1      something is violated, and nothing else has this code
2      the command, a file, or what is asked for is wrong
3      ``certify`` and ``falsify``: nothing is proven; ``sweep --compare``: two sweeps differ
4      an error of this package
130    interrupted
141    nobody reads the output any more; all files were written before
=====  ================================================================

Nothing heavy is imported before ``main`` runs, not even the parser, so that an interrupt is met wherever it comes.
"""

import os
import signal
import sys
import traceback
from contextlib import suppress
from itertools import takewhile
from typing import Any

_COMPLETE = "_MMCL_THEORY_COMPLETE"  # the variable in which the script of --install-completion asks


def main() -> None:
    """Run the command line; say in one line on standard error what is wrong, and exit with the code of the outcome."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # not where the caller has interrupts ignored
        with suppress(ValueError):  # not in the main thread, where interrupts come
            signal.signal(signal.SIGINT, _stop)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # none is there where the stream is closed
            stream.reconfigure(errors="backslashreplace")
    try:
        code = _run(sys.argv[1:])
        _flush()
    except BaseException as error:
        code = _settle(error)
    sys.exit(code)


def _run(arguments: list[str]) -> int:
    """Parse the arguments and run their command; print the help where there are none."""
    from typer.main import get_command

    from .commands import app

    command = get_command(app)
    if _COMPLETE in os.environ:  # a shell asks what could follow what was typed, and is answered
        try:
            command._main_shell_completion({}, "mmcl-theory", _COMPLETE)
        except SystemExit as end:
            return int(end.code or 0)
    with command.make_context("mmcl-theory", arguments or ["--help"]) as context:
        return context.command.invoke(context) or 0


def _settle(error: BaseException) -> int:
    """Say in one line how a command ended that did not return, and give the exit code."""
    import typer

    from .mistakes import explained, one_line

    if isinstance(error, typer.Exit):  # the help was printed
        return error.exit_code if sys.argv[1:] else 2
    if isinstance(error, BrokenPipeError) or isinstance(error.__context__, BrokenPipeError):  # Rich's exit has one
        return _drop_output(141)
    code, message = (130, "interrupted") if isinstance(error, KeyboardInterrupt) else explained(error)
    try:
        if code == 4 and "--debug" in takewhile(lambda argument: argument.startswith("-"), sys.argv[1:]):
            traceback.print_exception(error)
        print(f"mmcl-theory: {one_line(message)}", file=sys.stderr)
        _flush()
    except OSError:
        _drop_output(code)
    return code


def _flush() -> None:
    """Write what is left in the buffer of standard output, unless that is closed."""
    if sys.stdout is not None:
        sys.stdout.flush()


def _drop_output(code: int) -> int:
    """Send what is left in buffers nowhere, as Python would fail on it when it exits; return the exit code."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
    return code


def _stop(*_: Any) -> None:
    """End the process where it is, as an interrupt asks for.

    As an exception it might be lost, or crash the process: in the imports of NumPy, in callbacks of JAX, or where
    Python tidies up while JAX still works.  Files that were being written are the old ones, whole.
    """
    with suppress(OSError):
        if os.isatty(2):
            os.write(2, b"\x1b[?25h\n")  # the cursor, which a progress bar hides
        os.write(2, b"mmcl-theory: interrupted\n")
    os._exit(130)
