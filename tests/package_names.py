"""Look up what code uses of the package, without running it."""

import ast
import inspect
import operator
import re
from types import ModuleType, SimpleNamespace
from typing import Any


def assert_there(code: str, names: dict[str, Any]) -> None:
    """Assert that what code uses of the package is there, and takes what it is given by name.

    Of the ``names`` that the code knows those that stand for a part of the package are looked at, and theirs.
    """
    own = {name: value for name, value in names.items() if _is_of_the_package(value)}
    pattern = re.compile(rf"({'|'.join(own)})(\.\w+)*")

    def found(node: ast.AST) -> Any:
        path = ast.unparse(node) if isinstance(node, ast.Attribute | ast.Name) else ""
        return operator.attrgetter(path)(SimpleNamespace(**own)) if pattern.fullmatch(path) else None

    nodes = list(ast.walk(ast.parse(code)))
    assert [node for node in nodes if found(node) is not None]
    for call in (node for node in nodes if isinstance(node, ast.Call)):
        given = {keyword.arg for keyword in call.keywords if keyword.arg}
        if given and callable(function := found(call.func)):
            taken = inspect.signature(function).parameters.values()
            unknown = given - {one.name for one in taken}
            assert not unknown or any(one.kind is one.VAR_KEYWORD for one in taken), (ast.unparse(call), unknown)


def _is_of_the_package(value: Any) -> bool:
    """Tell whether a value is a module, a class or a function of the package."""
    place = value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", None)
    return (callable(value) or isinstance(value, ModuleType)) and f"{place}.".startswith("mmcl_theory.")
