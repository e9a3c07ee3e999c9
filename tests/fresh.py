"""A program that has just begun: what a limit on further memory means there does not hang on what ran before."""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def fresh(function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    """Call a function of some module in a new interpreter, and return its answer.

    A process that has run for long has freed memory left over, which a limit on what is added does not count.
    """
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *arguments, **named).result()
