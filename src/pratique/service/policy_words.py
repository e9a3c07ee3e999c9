"""What the words of a policy mean, in the words of the code that reads them.

The meaning of a class is its docstring, and that of a field the text below it; nothing is written twice.
"""

import ast
import inspect
from collections.abc import Iterator
from dataclasses import is_dataclass
from functools import cache
from types import ModuleType
from typing import Any, get_args

from pratique.policy.editors import Meanings
from pratique.policy.schema import slots
from pratique.policy.source import ApplicationText, GateText
from pratique.policy.words import WORDS


@cache
def meanings() -> Meanings:
    """Return what every class and every field of a policy's documents is for."""
    found: dict[tuple[str, str | None], str] = {}
    for kind in (*classes(GateText), *classes(ApplicationText)):
        for owner in reversed(kind.__mro__[:-1]):
            for (name, attribute), meaning in _meanings(inspect.getmodule(owner)).items():
                if name == owner.__name__:
                    found[kind.__name__, attribute] = meaning
    return found


def classes(kind: Any) -> tuple[Any, ...]:
    """Return a class of a document and all that it is made of, each once, the outermost first."""
    found: dict[Any, None] = {}
    waiting = [kind]
    while waiting:
        each = waiting.pop(0)
        if each not in found:
            found[each] = None
            waiting += [inner for slot in slots(each).values() for inner in _inside(slot.hint)]
    return tuple(found)


def _inside(hint: Any) -> Iterator[Any]:
    if hint in WORDS:
        return
    if is_dataclass(hint):
        yield hint
    for inner in get_args(hint):
        yield from _inside(inner)


@cache
def _meanings(module: ModuleType | None) -> Meanings:
    if module is None:
        return {}
    tree = ast.parse(inspect.getsource(module))
    found: dict[tuple[str, str | None], str] = {}
    for item in tree.body:
        if isinstance(item, ast.ClassDef):
            found[item.name, None] = _plain(ast.get_docstring(item) or item.name)
            found.update({(item.name, name): meaning for name, meaning in _fields(item)})
    return found


def _fields(item: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for statement, after in zip(item.body, item.body[1:], strict=False):
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            match after:
                case ast.Expr(value=ast.Constant(value=str(text))):
                    yield statement.target.id, _plain(text)


def _plain(text: str) -> str:
    return " ".join(text.replace("``", "").split())
