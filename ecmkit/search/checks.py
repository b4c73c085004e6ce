"""What is asked of a search before its first trial."""

from collections.abc import Iterable

from ecmkit import train
from ecmkit.errors import BuildError, FormatError
from ecmkit.formats import nearest
from ecmkit.search.candidate import Candidate, Problem
from ecmkit.search.settings import SearchSettings
from ecmkit.search.spaces import RandomChooser, chosen, space_of

__all__ = ["FAILURES", "MOST_FAILED", "require_searchable"]

FAILURES = (BuildError, FormatError, ValueError)
"""What a candidate that cannot be trained, compiled or judged raises."""
MOST_FAILED = 10
"""Candidates that fail, none before them having been judged, until it is no longer put
down to what was drawn."""


def require_searchable(problem: Problem, settings: SearchSettings) -> None:
    """Refuse families that could not be drawn, made or foretold.

    Parameters
    ----------
    problem : Problem
        A candidate of each family is foretold by it; where that fails, others are.
    settings : SearchSettings
        Families and their spaces.

    Raises
    ------
    ValueError
        If a family, a space or an option does not exist, does not fit the table, or
        needs an operation that the cost model does not know, whatever is drawn; names
        the family.
    """
    columns = next(iter(settings.features.values()), ("*",))
    for family in settings.families:
        train.function_of(family)
        space = space_of(family, settings.space.get(family))
        known = train.options_of(family)
        for name in space if known is not None else ():
            _require_option(name, family, sorted(known or ()))
        drawn = RandomChooser(settings.seed)
        candidates = (
            Candidate(family=family, columns=columns, options=chosen(space, drawn))
            for _ in range(MOST_FAILED)
        )
        _require_one(problem, family, candidates)


def _require_one(
    problem: Problem, family: str, candidates: Iterable[Candidate]
) -> None:
    """Refuse a family of which no candidate can be foretold."""
    first: Exception | None = None
    for candidate in candidates:
        try:
            problem.expected(candidate)
        except (*FAILURES, TypeError) as error:
            first = first or error
        else:
            return
    raise ValueError(f"family {family!r} cannot be searched here: {first}") from first


def _require_option(name: str, family: str, known: list[str]) -> None:
    if name in known:
        return
    hint = nearest(name, known)
    raise ValueError(
        f"[search.space.{family}]: found option {name!r}, expected one of "
        f"{', '.join(known)}{hint}"
    )
