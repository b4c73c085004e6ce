"""Files of CMake as the checks read them: commands with their words."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from ecmkit.package.ecosystems.tree import Tree

__all__ = ["Call", "calls_of", "words_of"]

_CALL = re.compile(r'\s*(\w+)\s*\(((?:[^()"]|"[^"]*")*)\)')
_WORD = re.compile(r'"[^"]*"|[^\s"]+')
_USE = re.compile(r"\$\{(\w+)\}")
_KNOWN = re.compile(r"CMAKE_\w+|COMPONENT_LIB|PROJECT_\w+")


class Call(NamedTuple):
    """One command."""

    name: str
    words: list[str]


def calls_of(tree: Tree, file: str, known: Iterable[str]) -> list[Call]:
    """Read the commands of a file.

    Raises
    ------
    FormatError
        For what is no command, one that is not among `known`, a variable that nothing
        sets, or an ``if`` without its ``endif``; names file and command.
    """
    text = re.sub(r"(?m)#.*$|^@PACKAGE_INIT@$", "", tree.text(file))
    names, found, at = sorted(known), list[Call](), 0
    while call := _CALL.match(text, at):
        found.append(Call(call[1], _WORD.findall(call[2])))
        at = call.end()
    rest = text[at:].strip()
    tree.require(not rest, file, rest.partition("\n")[0], rest[:40], "a command")
    for name, words in found:
        tree.require(name in names, file, name, name, f"one of {names}")
        for use in _USE.findall(" ".join(words)):
            met = _KNOWN.fullmatch(use) or any(
                c.name == "set" and c.words[:1] == [use] for c in found
            )
            tree.require(met, file, name, f"${{{use}}}", "a variable that is set")
    opened, closed = (sum(c.name == n for c in found) for n in ("if", "endif"))
    tree.require(opened == closed, file, "endif", closed, f"{opened} of them")
    return found


def words_of(
    tree: Tree, file: str, calls: Iterable[Call], name: str, *, first: str = ""
) -> list[str]:
    """Return the words of a command, of that whose first word is `first`.

    Raises
    ------
    FormatError
        If there is none.
    """
    own = [c.words for c in calls if c.name == name]
    met = [words for words in own if not first or words[:1] == [first]]
    tree.require(met, file, name, own or "nothing of it", f"{name}({first} ...)")
    return met[0]
