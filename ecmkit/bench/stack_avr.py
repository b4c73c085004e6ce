"""Frames and calls of an image for AVR, from its instructions."""

import re

from ecmkit.bench.elf import Code
from ecmkit.bench.stack_code import Function

__all__ = ["avr_functions"]

_FUNCTION = re.compile(r"([0-9a-f]+) <(.+)>:")
_TARGET = re.compile(r"<([^>+]+)(?:\+0x[0-9a-f]+)?>")
_NUMBER = re.compile(r"r(\d+), 0x([0-9a-f]+)", re.IGNORECASE)
_JUMPS = ("call", "rcall", "jmp", "rjmp")
_ENDS = ("ret", "reti", "jmp", "rjmp", "ijmp", "eijmp")
_WRITES = (
    "adc", "add", "and", "andi", "asr", "clr", "com", "dec", "eor", "inc", "ld", "ldd",
    "ldi", "lds", "lpm", "elpm", "lsl", "lsr", "mov", "movw", "neg", "or", "ori", "pop",
    "rol", "ror", "sbc", "sbci", "ser", "sub", "swap",
)  # fmt: skip
"""Instructions whose first register has another value afterwards."""
_PAGE = {"dec": 256, "inc": -256}
_SPL = "0x3d"
_ZERO = re.compile(r", r1\b")
"""Holds 0, by the compiler's convention."""


class _Frame:
    """Pairs of registers that hold the pointer of the stack, less what is taken."""

    def __init__(self) -> None:
        self.taken: dict[int, int] = {}
        self.counted: dict[int, int] = {}
        self.low: dict[int, int] = {}

    def lowered(self, what: str, operands: str, one: Function) -> None:
        """Follow an instruction; what has become of the stack goes into the frame."""
        words = [word.strip() for word in operands.split(";")[0].split(",")]
        if what == "in" and words[-1] == _SPL:
            pair = int(words[0][1:])
            self.taken[pair] = self.counted[pair] = 0
        elif what == "out" and words[0] == _SPL:
            pair = int(words[1][1:])
            if pair not in self.taken:
                one.unknown.append(f"{what} {operands.strip()}")
                return
            more = max(0, self.taken[pair] - self.counted[pair])
            one.frame += more
            self.counted[pair] += more
        elif found := _NUMBER.match(_ZERO.sub(", 0x00", operands)):
            register, number = int(found[1]), int(found[2], 16)
            if what in ("sbiw", "adiw") and register in self.taken:
                self.taken[register] += number if what == "sbiw" else -number
            elif what == "subi" and register in self.taken:
                self.low[register] = number
            elif what == "subi" and register - 1 in self.taken:
                self.taken[register - 1] += (number - (number >> 7 << 8)) << 8
            elif what in ("sbc", "sbci") and register - 1 in self.low:
                value = number << 8 | self.low.pop(register - 1)
                self.taken[register - 1] += value - (value >> 15 << 16)
            elif what in _WRITES:
                self._forget(register)
        elif what in _WRITES and re.fullmatch(r"r\d+", words[0]):
            register = int(words[0][1:])
            if what in _PAGE and register - 1 in self.taken:
                self.taken[register - 1] += _PAGE[what]
            else:
                self._forget(register)

    def _forget(self, register: int) -> None:
        """Hold no pointer in a pair of which another value has been put."""
        for pair in (register, register - 1):
            self.taken.pop(pair, None)
            self.low.pop(pair, None)


def avr_functions(text: str, code: Code, *, address_bytes: int) -> dict[str, Function]:
    """Read frames and calls from a disassembly.

    Parameters
    ----------
    text : str
        What ``avr-objdump -d --no-show-raw-insn`` says.
    code : Code
        Of the same image.
    address_bytes : int
        That a call puts on the stack: 3 above 128 KiB of flash, else 2; the frame of
        each function has them.

    Returns
    -------
    dict
        By name.
    """
    found: dict[str, Function] = {}
    name, last, frame = "", "ret", _Frame()
    for line in text.splitlines():
        if head := _FUNCTION.fullmatch(line):
            here = code.functions.get(int(head[1], 16))
            if here is None:  # a label in a function, or stubs of the linker
                name = "" if "-0x" in head[2] else name
                continue
            if name and last not in _ENDS:  # it goes on in the next one
                found[name].calls.add(here)
            name, frame = here, _Frame()
            found.setdefault(name, Function(frame=address_bytes))
            continue
        cells = line.split("\t")
        if len(cells) < 2 or not name:
            continue
        what, operands = cells[1].strip(), "\t".join(cells[2:])
        one, last = found[name], what
        if what == "push":
            one.frame += 1
        elif what == "rcall" and operands.startswith(".+0 "):
            one.frame += address_bytes
        elif what in ("icall", "eicall", "ijmp", "eijmp"):
            one.indirect = True
        elif what in _JUMPS or what.startswith("br"):
            goal = _TARGET.search(operands)
            callee = None if goal is None else code.owner(goal[1])
            whole = goal is not None and "+0x" not in goal[0] and what.endswith("call")
            if callee and (callee != name or whole):
                one.calls.add(callee)
        else:
            frame.lowered(what, operands, one)
    _join(found, address_bytes)
    return found


def _join(functions: dict[str, Function], address_bytes: int) -> None:
    """Make one of the compiler's own routines that jump into each other.

    They are written in assembler, with shared ends; where one of them calls another of
    these, that is once (``__fp_split3`` calls ``__fp_splitA`` for its second argument).
    """
    own = {name for name in functions if name.startswith("__")}
    reach = {name: _reached(name, functions, own) for name in own}
    before = dict(functions)
    for name in own:
        circle = {other for other in reach[name] if name in reach[other]}
        if circle:
            parts = [before[other] for other in sorted(circle)]
            functions[name] = Function(
                frame=sum(part.frame for part in parts) + address_bytes,
                calls=set().union(*(part.calls for part in parts)) - circle,
                indirect=any(part.indirect for part in parts),
                unknown=[why for part in parts for why in part.unknown],
            )


def _reached(start: str, functions: dict[str, Function], own: set[str]) -> set[str]:
    found: set[str] = set()
    waiting = list(functions[start].calls & own)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += functions[name].calls & own
    return found
