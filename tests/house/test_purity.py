"""From proof down nothing reads a clock, a file, a socket, a random number or a logger, not even in a function.

The import-linter contract says so of modules; this looks at the calls as well, and at imports that a linter of
modules cannot tell apart (``urllib.parse`` is harmless, ``urllib.request`` is not).
"""

import ast
from collections.abc import Iterator

import pytest
from tests.house.sources import Module, pure_modules

FORBIDDEN_CALLS = frozenset({"open", "input", "print", "exec", "eval", "compile", "__import__", "breakpoint"})
FORBIDDEN_METHODS = frozenset(
    {"now", "today", "utcnow", "read_text", "read_bytes", "write_text", "write_bytes", "import_module"}
)


def words(text: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(text.split())


FORBIDDEN_IMPORTS = words(
    """io ssl http urllib.request urllib.error urllib.robotparser uuid zoneinfo tempfile importlib sqlalchemy dbos
    httpx sqlite3 psycopg socket subprocess os pathlib time random secrets logging threading asyncio shutil glob
    multiprocessing concurrent signal sys warnings ctypes builtins requests"""
)
# Judging calls no other code than this. rfc8785 and yaml write and read our own documents,
# defusedxml reads JUnit.
JUDGING_MAY_USE = words(
    "cel_expr_python univers license_expression cvss packageurl cryptography rfc8785 yaml defusedxml"
)
STANDARD = words(
    """abc ast base64 binascii bisect collections contextlib copy csv dataclasses datetime decimal difflib enum
    fnmatch fractions functools hashlib hmac heapq html ipaddress itertools json math operator re statistics string
    struct textwrap types typing unicodedata urllib xml zlib __future__"""
)


def imported(tree: ast.AST) -> Iterator[str]:
    """Yield the full name of everything that is imported, at any depth."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            yield from (f"{base}.{alias.name}" for alias in node.names)


def impurities(tree: ast.AST) -> Iterator[str]:
    """Yield a line for each call or import that reads the world."""
    for name in imported(tree):
        parts = name.split(".")
        if any(".".join(parts[: end + 1]) in FORBIDDEN_IMPORTS for end in range(len(parts))):
            yield f"imports {name}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            match node.func:
                case ast.Name(id=name) if name in FORBIDDEN_CALLS:
                    yield f"line {node.lineno} calls {name}()"
                case ast.Attribute(attr=name) if name in FORBIDDEN_METHODS:
                    yield f"line {node.lineno} calls .{name}()"
        elif isinstance(node, ast.Attribute) and node.attr == "utcnow":
            yield f"line {node.lineno} names .utcnow"


@pytest.mark.parametrize("module", pure_modules(), ids=lambda module: str(module.name))
def test_deciding_reads_nothing_from_the_world(module: Module) -> None:
    assert list(impurities(module.tree)) == []


@pytest.mark.parametrize("module", pure_modules(), ids=lambda module: str(module.name))
def test_deciding_uses_only_the_code_that_was_agreed(module: Module) -> None:
    roots = {name.split(".")[0] for name in imported(module.tree)}
    assert roots - STANDARD - JUDGING_MAY_USE - {"pratique"} == set()


@pytest.mark.parametrize(
    "code",
    [
        "open('x')",
        "def f():\n    import os",
        "def f():\n    from urllib import request",
        "import urllib.request",
        "from importlib import resources",
        "import importlib.resources as r",
        "from datetime import datetime\ndatetime.now()",
        "import datetime\ndatetime.date.today()",
        "import datetime\nf = datetime.datetime.utcnow",
        "__import__('os')",
        "p.read_bytes()",
        "from os.path import join",
    ],
)
def test_this_test_sees_each_way_of_reading_the_world(code: str) -> None:
    assert list(impurities(ast.parse(code))) != []


@pytest.mark.parametrize(
    "code", ["from urllib.parse import quote", "now + wait", "def f(now): return now", "x.opened()"]
)
def test_this_test_leaves_harmless_code_alone(code: str) -> None:
    assert list(impurities(ast.parse(code))) == []
