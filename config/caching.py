"""Results that a process computes once, because pages need them again and again."""

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import ParamSpec, TypeVar

from django.utils.translation import get_language

P = ParamSpec("P")
Result = TypeVar("Result")


def cached_by_language(size: int) -> Callable[[Callable[P, Result]], Callable[P, Result]]:
    """Cache the results of a function that words something, for its arguments and the active language.

    The function must depend on nothing else. Two arguments that are equal must mean the same: a moment is equal to the
    same moment in another time zone, so no argument may be a moment whose local time is shown.
    """

    def decorate(function: Callable[P, Result]) -> Callable[P, Result]:
        @lru_cache(maxsize=size)
        def cached(_language: str | None, *args: P.args, **kwargs: P.kwargs) -> Result:
            return function(*args, **kwargs)

        @wraps(function)
        def worded(*args: P.args, **kwargs: P.kwargs) -> Result:
            return cached(get_language(), *args, **kwargs)  # type: ignore[arg-type]  # they are hashable

        return worded

    return decorate
