"""Conditions in CEL, the Common Expression Language, over facts that are declared one by one.

Every fact is a qualified variable, ``v.severity``: a misspelt one is refused when the policy is loaded, with its
place. What an expression refers to is found before it is evaluated, and a fact that is not there is refused then: CEL
itself would absorb it, so that ``v.kev || true`` is true of a vulnerability of which nobody knows. What nobody
examines is ``null``, where the declaration allows for it.

There are no macros and so no loops, no clock, no maps of facts and no state. What is left takes time in proportion to
the length of the text times that of the facts, and both are bounded. The library is imported only when something is
compiled. Source: cel-spec, doc/langdef.md; ADR 0015.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final

from pratique.errors import Malformed
from pratique.policy.expression_words import in_our_words
from pratique.policy.schema import suggestion

MAX_LENGTH: Final = 2000
"""Characters of one expression; a longer one belongs into several checks."""
MAX_DEPTH: Final = 24
"""Brackets within brackets; the library itself stops at 32 levels of its own grammar."""
MAX_SIGNS: Final = 8
"""Signs in a row, ``!!!x``."""
MAX_TEXT: Final = 4096
"""Characters of one text among the facts; a longer one is refused, never cut."""
MAX_ITEMS: Final = 10_000
"""Items of one list among the facts."""

FUNCTIONS: Final = frozenset({"contains", "double", "endsWith", "int", "matches", "size", "startsWith", "string"})
"""What may be called besides operators; ``has_tag`` where the vocabulary has tags."""
_HAS_TAG = "has_tag"
_ORDERS: Final[Mapping[str, str]] = {
    "_<_": "less",
    "_<=_": "less_equals",
    "_>_": "greater",
    "_>=_": "greater_equals",
}
"""Operators that compare, and the library's word for each."""
_CONFIG = "".join(
    ("stdlib:\n  disable_macros: true\n  exclude_functions:\n", *(f"  - name: {sign}\n" for sign in _ORDERS))
)
# They are declared again below: as the library declares them, ``risk.score > 60`` would not even compile.
_KEYWORDS = frozenset({"true", "false", "null", "in"})
# Prefixed and tripled quotes are left out on purpose: where a text ends must be beyond doubt, or a name could hide.
_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n\f]+|//[^\n]*)
    |(?P<text>'(?:\\[^\n]|[^'\\\n])*'|"(?:\\[^\n]|[^"\\\n])*")
    |(?P<number>\d[\w.]*)
    |(?P<name>[A-Za-z_]\w*(?:[ \t]*\.[ \t]*[A-Za-z_]\w*)*)
    |(?P<open>[(\[{])
    |(?P<close>[)\]}])
    |(?P<other>[^'"`])
    |(?P<stray>.)""",
    re.VERBOSE | re.ASCII | re.DOTALL,
)
_PLACE = re.compile(r"<input>:(\d+):(\d+): ([^\n]*)")
_DECIMAL = re.compile(r"-?\d{1,15}(?:\.\d{1,15})?")

Value = bool | int | str | tuple[str, ...] | None
"""A fact as an expression sees it; a decimal is a text."""


class Kind(Enum):
    """What a fact is."""

    FLAG = auto()
    COUNT = auto()
    TEXT = auto()
    TEXTS = auto()
    NUMBER = auto()
    MAYBE_FLAG = auto()
    """Or ``null``, where nobody examines it."""
    MAYBE_NUMBER = auto()
    """Or ``null``, where no list says it."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Which facts an expression may refer to; with ``tags`` it may also ask ``has_tag("…")``."""

    facts: tuple[tuple[str, Kind], ...]
    tags: bool = False


class Fault(Malformed):
    """An expression that cannot be used; ``line`` and ``column`` count from 1 within it."""

    def __init__(self, line: int, column: int, problem: str) -> None:
        self.line = line
        self.column = column
        self.problem = problem
        super().__init__(f"expression {line}:{column}: {problem}")


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression whose size and references were checked; ``references`` are the facts it names, sorted."""

    source: str
    vocabulary: Vocabulary
    references: tuple[str, ...]

    def holds(self, facts: Mapping[str, Value], tags: frozenset[str] = frozenset()) -> bool:
        """Tell whether it is true of these facts.

        Args:
            facts: At least every fact that it refers to.
            tags: What ``has_tag`` is asked about.

        Raises:
            Malformed: A fact is absent or too large, or no truth value comes out.
        """
        kinds = _kinds(self.vocabulary)
        given = {name: _given(name, kinds[name], facts) for name in self.references}
        told = _program(self.source, self.vocabulary, tags).eval(data=given).plain_value()
        # The library's own words differ from version to version; a record must not.
        if type(told) is not bool:
            raise Malformed("the expression gives no truth value here: it divides by zero or compares with null")
        return told


def examine(source: str, vocabulary: Vocabulary) -> Expression:
    """Return an expression after everything that can be said without the library: its size and its references.

    Raises:
        Fault: It is too long or nested too deeply, or refers to nothing, or to something that is not declared.
    """
    if not source.strip() or len(source) > MAX_LENGTH:
        raise Fault(1, 1, f"expected 1 to {MAX_LENGTH} characters, found {len(source)}")
    tokens = tuple(token for token in _TOKEN.finditer(source) if token.lastgroup != "space")
    _check_shape(source, tokens)
    names = {name for name in _references(source, tokens, vocabulary) if name}
    if not names:
        raise Fault(1, 1, "expected at least one fact, found none; it would say the same of every image")
    return Expression(source, vocabulary, tuple(sorted(names - {_HAS_TAG})))


def compile_expression(source: str, vocabulary: Vocabulary) -> Expression:
    """Return an expression that can be evaluated.

    Raises:
        Fault: As for :func:`examine`; or it breaks CEL's grammar or types, or gives no truth value.
    """
    expression = examine(source, vocabulary)
    _program(source, vocabulary, frozenset())
    return expression


def _fault(source: str, place: int, problem: str) -> Fault:
    before = source[:place]
    return Fault(before.count("\n") + 1, place - (before.rfind("\n") + 1) + 1, problem)


def _check_shape(source: str, tokens: tuple[re.Match[str], ...]) -> None:
    depth, signs = 0, 0
    for token in tokens:
        depth += (token.lastgroup == "open") - (token.lastgroup == "close")
        signs = signs + 1 if token[0] in "!-" else 0
        if depth > MAX_DEPTH:
            raise _fault(source, token.start(), f"expected at most {MAX_DEPTH} brackets within brackets")
        if signs > MAX_SIGNS:
            raise _fault(source, token.start(), f"expected at most {MAX_SIGNS} signs in a row")
        if token.lastgroup == "stray":
            raise _fault(source, token.start(), "expected texts as 'text' or \"text\", each on one line")
    for first, second in pairwise(tokens):
        if first.lastgroup == "text" and second.lastgroup == "text":
            raise _fault(source, second.start(), "expected an operator between two texts")


def _references(source: str, tokens: tuple[re.Match[str], ...], vocabulary: Vocabulary) -> Iterator[str]:
    """Yield every fact that is named, and ``has_tag`` where it is asked; nothing else may be named."""
    kinds = _kinds(vocabulary)
    for place, token in enumerate(tokens):
        before = tokens[place - 1] if place else None
        if token[0] == "." and (before is None or before.lastgroup not in ("close", "text")):
            raise _fault(source, token.start(), "expected a fact or a text before the dot")
        if token.lastgroup != "name":
            continue
        called = place + 1 < len(tokens) and tokens[place + 1][0] == "("
        name = "".join(token[0].split())
        if before is not None and before[0] == ".":
            _check_function(source, token, name, called, vocabulary)
        elif name in kinds:
            yield name
        elif name not in _KEYWORDS:
            yield _called(source, token, name, called, vocabulary)


def _called(source: str, token: re.Match[str], name: str, called: bool, vocabulary: Vocabulary) -> str:
    """Return the fact of ``fact.function(``, or nothing for ``function(``."""
    fact, dot, function = name.rpartition(".")
    if called and dot and fact in _kinds(vocabulary):
        _check_function(source, token, function, called, vocabulary)
        return fact
    if called and not dot:
        _check_function(source, token, name, called, vocabulary)
        return _HAS_TAG if name == _HAS_TAG else ""
    raise _fault(source, token.start(), f"there is no fact {name!r}{suggestion(name, _kinds(vocabulary))}")


def _check_function(source: str, token: re.Match[str], name: str, called: bool, vocabulary: Vocabulary) -> None:
    known = FUNCTIONS | ({_HAS_TAG} if vocabulary.tags else set())
    if not called or name not in known:
        raise _fault(source, token.start(), f"there is no function {name!r}{suggestion(name, known)}")


@lru_cache(maxsize=32)
def _kinds(vocabulary: Vocabulary) -> Mapping[str, Kind]:
    return dict(vocabulary.facts)


def _given(name: str, kind: Kind, facts: Mapping[str, Value]) -> Any:
    """Return a fact as the library wants it."""
    if name not in facts:
        raise Malformed(f"{name} is not known of this image")
    value = facts[name]
    match kind, value:
        case ((Kind.FLAG | Kind.MAYBE_FLAG), bool()):
            return value
        case Kind.COUNT, int() if not isinstance(value, bool) and abs(value) < 2**53:
            return value
        case Kind.TEXT, str() if len(value) <= MAX_TEXT:
            return value
        case Kind.TEXTS, tuple() if len(value) <= MAX_ITEMS and all(len(item) <= MAX_TEXT for item in value):
            return list(value)
        case ((Kind.NUMBER | Kind.MAYBE_NUMBER), str()) if _DECIMAL.fullmatch(value):
            return float(value)
        case ((Kind.MAYBE_FLAG | Kind.MAYBE_NUMBER), None):
            return None
        case _:
            raise Malformed(f"{name} is too large, or of another type than {kind.name.lower()}")


@lru_cache(maxsize=256)
def _program(source: str, vocabulary: Vocabulary, tags: frozenset[str]) -> Any:
    from cel_expr_python import cel

    types = {
        Kind.FLAG: cel.Type.BOOL,
        Kind.COUNT: cel.Type.INT,
        Kind.TEXT: cel.Type.STRING,
        Kind.TEXTS: cel.Type.List(cel.Type.STRING),
        Kind.NUMBER: cel.Type.DOUBLE,
        Kind.MAYBE_FLAG: cel.Type.DYN,
        Kind.MAYBE_NUMBER: cel.Type.DYN,
    }
    asked = cel.Overload(
        id="has_tag_string", return_type=cel.Type.BOOL, parameters=[cel.Type.STRING], impl=tags.__contains__
    )
    environment = cel.NewEnv(
        config=cel.NewEnvConfigFromYaml(_CONFIG),
        functions=[cel.FunctionDecl(_HAS_TAG, [asked]), *_orders()],
        variables={name: types[kind] for name, kind in vocabulary.facts},
    )
    try:
        program = environment.compile(source)
    except RuntimeError as error:
        raise _refused(str(error)) from error
    if program.return_type().name() != cel.Type.BOOL.name():
        raise Fault(1, 1, f"expected a condition, found an expression that gives {program.return_type().name()}")
    return program


def _orders() -> Iterator[Any]:
    """Yield the operators that compare, of two values of one type, and of a whole number and a decimal.

    "numeric values of different types are compared as on one continuous number line" (cel-spec, "Ordering"); the
    library's evaluator does that, and only its type checker must be told.
    """
    from cel_expr_python import cel

    one_type = {
        "bool": cel.Type.BOOL,
        "int64": cel.Type.INT,
        "double": cel.Type.DOUBLE,
        "string": cel.Type.STRING,
    }
    pairs = {name: [kind, kind] for name, kind in one_type.items()}
    pairs |= {"int64_double": [cel.Type.INT, cel.Type.DOUBLE], "double_int64": [cel.Type.DOUBLE, cel.Type.INT]}
    for sign, word in _ORDERS.items():
        yield cel.FunctionDecl(
            sign,
            [
                cel.Overload(id=f"{word}_{name}", return_type=cel.Type.BOOL, parameters=parameters)
                for name, parameters in pairs.items()
            ],
        )


def _refused(told: str) -> Fault:
    found = _PLACE.search(told)
    if found:
        return Fault(int(found[1]), int(found[2]), in_our_words(found[3]))
    return Fault(1, 1, " ".join(told.replace("INVALID_ARGUMENT: ", "").split())[:200])
