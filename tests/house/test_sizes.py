"""A module is one idea, read in one sitting; a function is a paragraph."""

import ast
import warnings

import pytest
from tests.house.sources import PACKAGE, ROOT, Module, modules

MODULE_LINES = 450
MODULE_LINES_WARNED = 350
FUNCTION_LINES = 60

SOURCES = (*modules(PACKAGE), *modules(ROOT / "demo"), *modules(ROOT / "tools"))


@pytest.mark.parametrize("module", SOURCES, ids=lambda module: str(module.name))
def test_a_module_is_read_in_one_sitting(module: Module) -> None:
    lines = len(module.text.splitlines())
    if lines > MODULE_LINES_WARNED:
        warnings.warn(f"{module.name} has {lines} lines; is it still one idea?", stacklevel=1)
    assert lines <= MODULE_LINES


@pytest.mark.parametrize("module", SOURCES, ids=lambda module: str(module.name))
def test_a_function_is_a_paragraph(module: Module) -> None:
    long = {
        node.name: lines
        for node in ast.walk(module.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := (node.end_lineno or node.lineno) - node.lineno + 1) > FUNCTION_LINES
    }
    assert long == {}
