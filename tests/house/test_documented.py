"""Whoever reads one file alone learns what it promises: modules, public classes and public functions say so."""

import ast
from collections.abc import Iterator

import pytest
from tests.house.sources import PACKAGE, ROOT, Module, modules

SOURCES = modules(PACKAGE)
EVERYTHING = (*SOURCES, *modules(ROOT / "tests"), *modules(ROOT / "demo"), *modules(ROOT / "tools"))

Documented = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def undocumented(body: list[ast.stmt], prefix: str = "") -> Iterator[str]:
    """Yield the dotted name of each public class, function and method without a docstring."""
    for node in body:
        if not isinstance(node, Documented) or node.name.startswith("_") or is_variant(node):
            continue
        name = f"{prefix}{node.name}"
        if not ast.get_docstring(node):
            yield name
        if isinstance(node, ast.ClassDef):
            yield from undocumented(node.body, f"{name}.")


def is_variant(node: Documented) -> bool:
    """Tell whether this is an overload, a setter or an override, which another definition documents."""
    names = {ast.unparse(decorator).split(".")[-1].split("(")[0] for decorator in node.decorator_list}
    return bool(names & {"overload", "setter", "override"})


def is_rootfs(module: Module) -> bool:
    """Tell whether this is a file inside one of the demo's images."""
    return "rootfs" in module.path.parts


@pytest.mark.parametrize("module", EVERYTHING, ids=lambda module: str(module.name))
def test_every_module_says_what_it_is_for(module: Module) -> None:
    assert is_rootfs(module) or ast.get_docstring(module.tree) is not None


@pytest.mark.parametrize("module", SOURCES, ids=lambda module: str(module.name))
def test_everything_public_says_what_it_promises(module: Module) -> None:
    private = any(part.startswith("_") and part != "__init__.py" for part in module.path.parts)
    assert private or list(undocumented(module.tree.body)) == []


def test_this_test_sees_a_method_without_a_docstring() -> None:
    tree = ast.parse(
        "class A:\n    'doc'\n    def b(self): ...\n    def _c(self): ...\n    def __eq__(self, o): ..."
    )
    assert list(undocumented(tree.body)) == ["A.b"]
