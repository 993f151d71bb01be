"""Refuse an option that is given twice, of which the parser would take the last one and say nothing."""

from collections.abc import Callable
from typing import Any

from typer.core import TyperCommand, TyperGroup


class Command(TyperCommand):
    """Parse the arguments of a command."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse arguments, once it is known that none is given twice."""
        refuse_repeated(self.make_parser, ctx, args)
        return super().parse_args(ctx, args)


class Group(TyperGroup):
    """Parse the arguments before the name of a command."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse arguments, once it is known that none is given twice."""
        refuse_repeated(self.make_parser, ctx, args)
        return super().parse_args(ctx, args)


def refuse_repeated(make_parser: Callable[[Any], Any], ctx: Any, args: list[str]) -> None:
    """Refuse arguments that set one option twice, unless it is one that can be repeated."""
    if ctx.resilient_parsing:  # for a shell's completion, of what is not yet all typed
        return
    _, _, order = make_parser(ctx).parse_args(args=list(args))
    seen = set()
    for parameter in order:
        if parameter.param_type_name == "option" and not parameter.multiple and parameter.name in seen:
            raise ValueError(f"{parameter.opts[0]}: is given twice")
        seen.add(parameter.name)
