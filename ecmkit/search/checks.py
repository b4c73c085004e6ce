"""What is asked of a search before its first trial."""

from ecmkit import train
from ecmkit.formats import nearest
from ecmkit.search.candidate import Candidate, Problem
from ecmkit.search.settings import SearchSettings
from ecmkit.search.spaces import Drawn, chosen, space_of

__all__ = ["require_searchable"]


def require_searchable(problem: Problem, settings: SearchSettings) -> None:
    """Refuse families that could not be drawn, made or foretold.

    Parameters
    ----------
    problem : Problem
        One candidate of each family is foretold by it.
    settings : SearchSettings
        Families and their spaces.

    Raises
    ------
    ValueError
        If a family, a space or an option does not exist, does not fit the table, or
        needs an operation that the cost model does not know; names the family.
    """
    columns = next(iter(settings.features.values()), ("*",))
    for family in settings.families:
        train.function_of(family)
        space = space_of(family, settings.space.get(family))
        known = train.options_of(family)
        for name in space if known is not None else ():
            _require_option(name, family, sorted(known or ()))
        drawn = Candidate(
            family=family,
            columns=columns,
            options=chosen(space, Drawn(settings.seed)),
        )
        try:
            problem.expected(drawn)
        except (ValueError, TypeError) as error:
            raise ValueError(
                f"family {family!r} cannot be searched here: {error}"
            ) from error


def _require_option(name: str, family: str, known: list[str]) -> None:
    if name in known:
        return
    hint = nearest(name, known)
    raise ValueError(
        f"[search.space.{family}]: found option {name!r}, expected one of "
        f"{', '.join(known)}{hint}"
    )
