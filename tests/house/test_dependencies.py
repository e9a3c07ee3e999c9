"""What the program imports is what it declares, and nothing is declared that nobody imports."""

import ast
import sys
import tomllib

from packaging.requirements import Requirement
from tests.house.sources import PACKAGE, ROOT, modules

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
DECLARED = PROJECT["dependencies"]
EXTRAS = {"boto3", "botocore", "rfc3161_client", "sigstore"}  # botocore is what boto3 is made of
IMPORTED_AS = {"pyyaml": "yaml"}
DATA = {"tzdata"}  # read by zoneinfo, imported by nobody


def roots(tree: ast.AST) -> set[str]:
    """Return the first part of everything that is imported from outside the package."""
    plain = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    named = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}
    return {name.split(".")[0] for name in plain | named}


def test_the_program_imports_exactly_what_it_declares() -> None:
    imported = {name for module in modules(PACKAGE) for name in roots(module.tree)}
    names = {Requirement(text).name for text in DECLARED} - DATA
    declared = {IMPORTED_AS.get(name, name.replace("-", "_")) for name in names}
    assert imported - set(sys.stdlib_module_names) - {"pratique"} - EXTRAS == declared
