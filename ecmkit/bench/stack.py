"""Worst-case stack of a linked image: frames and calls, from its instructions."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from ecmkit.bench.elf import Code, read_code, read_objects
from ecmkit.bench.stack_avr import avr_functions
from ecmkit.bench.stack_code import Function
from ecmkit.errors import DeviceError, MissingError
from ecmkit.package.toolchain import GCC_PACKAGES, run_tool
from ecmkit.package.verify import VERIFY
from ecmkit.targets import Target

__all__ = ["Entry", "StackProof", "prove_stack"]

_PUSH = re.compile(r"(?:push|vpush|stmdb|vstmdb|stmfd)\b")
_LISTED = re.compile(r"([rsd])(\d+)(?:-[rsd](\d+))?|\b(?:lr|pc|ip|fp|sl|sb)\b")
_LOWER = re.compile(r"\[sp, #-(\d+)\]!")
_TARGET = re.compile(r"<([^>+]+)(?:\+0x[0-9a-f]+)?>")
_LITERAL = re.compile(r"(\w+), \[pc(?:, #-?\d+)?\]\s*[;@] \(?([0-9a-f]+)\b")
_FUNCTION = re.compile(r"([0-9a-f]+) <(.+)>:")
_NEAR = 128 * 1024
"""Flash of an AVR whose addresses of code have two bytes."""
_PLACE = re.compile(r"# ([0-9a-f]+) <")
_TABLE = "table"
"""No register: the address that was put together last."""
_COMMENT = re.compile(r"\s*(?:[;@]|\s#\s).*")
_CALLS = {"bl", "blx", "call", "jal"}
_RETURNS = {"lr", "ra"}
_VENEER = re.compile(r"__(\w+)_veneer")
_PART = re.compile(r"\.(?:part|isra|constprop|cold)(?:\.\d+)?")
"""What the compiler puts behind the name of a function that it has divided."""
_NOTHING = re.compile(r"(?!)")
_BENCH = re.compile(r"main|(?:ecm_)?bench_\w+|ecm_start_\w+")
_POINTERS = tuple(
    (re.compile(caller), re.compile(reached))
    for caller, reached in (
        (r"(?:ecm_app_)?update_\w+", r"package_check_\w+"),
        (r"(?:ecm_)?app_queue_\w+", r"app_(?:copy|judge)_\w+"),
        (r"app_shadow_\w+", r"(?:ecm_model|package_run)_\w+"),
        (r"(?:ecm_)?app_\w+", r"(?:ecm_model|package_run|app_(?:shadow|turns))_\w+"),
        (r"ecm_model_\w+", r"f\d+_\d+"),
        (r"(?:ecm_)?feat_envelope_\w+", r"ecm_envelope_\w+"),
        (r"feat_integer_\w+|(?:ecm_)?feat_q15_\w+", r"feat_q15_\w+_(?:check|run)"),
        (r"(?:ecm_)?feat_\w+", r"feat_\w+_(?:check|run)"),
        (r"(?:ecm_)?fft_\w+", r"(?:ecm_)?fft_(?:pass|last)\w+"),
        (
            r"monitor_form_kind_\w+",
            r"(?!feat_|monitor_)\w+_(?:check|init|update|skip|ratio|lean)",
        ),
        (r"monitor_form_\w+", r"(?:dist|drift)_\w+_(?:measure|check|ratio)|ewma_\w+"),
        (r"monitor_has_tables|ecm_monitor_words", r"monitor_form_\w+_words"),
        (
            r"(?:ecm_)?monitor_\w+",
            r"monitor_form_\w+|ecm_(?:math_log|persist_update|regime_update)_f32",
        ),
        (r"(?:ecm_)?drift_\w+", r"(?!feat_)\w+_(?:check|init|update|skip|ratio|lean)"),
        (r"data_judge", r"monitor_form_\w+_check"),
        (r"(?:ecm_nn_)?dense_\w+", r"ecm_nn_round\w+"),
        (r"(?:ecm_nn_)?depthwise_\w+", r"depthwise_\w+"),
        (r"(?:ecm_)?(?:frame|state|spool)_\w+", r"(?!)"),
    )
)
"""By caller, the first that fits: which functions its pointers may hold. The last ones
hold a product's own."""


class Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A function and the deepest way down from it."""

    name: str
    bytes: int
    path: tuple[str, ...]
    """Functions on that way, each with its frame, such as ``ecm_fft_run 88``."""


class StackProof(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How deep the stack of an image can get; interrupts come on top."""

    version: int = 1
    """Format version of this record."""
    entries: tuple[Entry, ...]
    """What the bench calls, and its own ``main``, which reaches all of it."""
    indirect: dict[str, tuple[str, ...]]
    """By function: what its calls through pointers can reach."""
    recursive: tuple[str, ...]
    """Functions that can reach themselves; none, or there is no bound."""
    unknown: tuple[str, ...]
    """Why there is no bound otherwise: frames or calls that cannot be told."""

    @property
    def proven(self) -> bool:
        """Whether the figures are bounds."""
        return not self.recursive and not self.unknown

    def bytes_of(self, name: str) -> int:
        """Bound of an entry.

        Raises
        ------
        KeyError
            If it is none.
        """
        found = {entry.name: entry.bytes for entry in self.entries}
        return found[name]


def prove_stack(image: Path, target: Target, *, library: Path) -> StackProof:
    """Bound the stack of a linked image.

    Parameters
    ----------
    image : Path
        Such as ``firmware/bench.elf`` of a package.
    target : Target
        What it is for: Arm, RISC-V or AVR.
    library : Path
        The static library in it, ``lib/*.a``, whose objects say which functions have
        their address in a table.

    Returns
    -------
    StackProof
        A frame is all that a function's instructions ever take from the stack, and
        every call is as deep as it can be, so the figures are at least what runs need.
        A call through a pointer reaches what a table of this module says, of the
        functions whose address the image holds; a caller, or a function, that the
        table does not know leaves the figures unproven. What a product hands in, such
        as the function that authenticates, comes on top.

    Raises
    ------
    DeviceError
        If the file is no image of that kind, or was stripped.
    MissingError
        If there is no disassembler.
    """
    code = read_code(image)
    arch = target.cpu.arch
    if arch not in ("arm", "riscv32", "avr") or target.cpu.gcc is None:
        raise MissingError(f"stack of {target.cpu.name}: no disassembler that is known")
    prefix = target.cpu.gcc.prefix
    try:
        text = run_tool(
            [f"{prefix}objdump", "-d", "--no-show-raw-insn", image.name], image.parent
        )
    except FileNotFoundError as error:
        raise MissingError(
            f"{prefix}objdump: install {GCC_PACKAGES.get(prefix, 'it')}"
        ) from error
    if arch == "avr":
        size = target.memory.flash.bytes
        functions = avr_functions(text, code, address_bytes=3 if size > _NEAR else 2)
    else:
        functions = _functions(text, code)
    if "main" not in functions:
        raise DeviceError(f"{image}: no function `main`, expected the bench's image")
    taken = {name for one in read_objects(library) for name in one.taken}
    indirect, nobody = _indirect(functions, code, taken)
    for name, reached in indirect.items():
        functions[name].calls.update(reached)
    depth, recursive = _depths(functions)
    bench = {name for name in functions if _BENCH.fullmatch(name)}
    called = {callee for name in bench for callee in functions[name].calls}
    roots = ["main", *(n for n in (VERIFY,) if n in functions)]
    names = [*roots, *sorted(n for n in called - bench if n.startswith("ecm_"))]
    below = set().union(*(_below(root, functions) for root in roots))
    recursive &= below
    unknown = [
        *nobody,
        *(f"{n}: {why}" for n in sorted(below) for why in functions[n].unknown),
    ]
    return StackProof(
        entries=tuple(
            Entry(
                name=name, bytes=depth.get(name, 0), path=_path(name, functions, depth)
            )
            for name in names
        ),
        indirect={name: tuple(sorted(found)) for name, found in indirect.items()},
        recursive=tuple(sorted(recursive)),
        unknown=tuple(unknown),
    )


def _functions(text: str, code: Code) -> dict[str, Function]:
    """Read frames and calls from a disassembly."""
    found: dict[str, Function] = {}
    name, held = "", dict[str, int]()
    for line in text.splitlines():
        head = _FUNCTION.fullmatch(line)
        if head:
            address = int(head[1], 16)
            # A label inside of a function does not begin another one; start-up code
            # in assembler has labels alone.
            if address in code.functions or _BENCH.fullmatch(head[2]) or not name:
                name, held = code.functions.get(address, head[2]), {}
                found.setdefault(name, Function())
            continue
        cells = line.split("\t")
        if len(cells) < 2 or not name:
            continue
        what, operands = cells[1].strip(), "\t".join(cells[2:]).strip()
        _instruction(found[name], name, what.split(".")[0], operands, held, code)
    return found


def _instruction(
    one: Function,
    name: str,
    what: str,
    operands: str,
    held: dict[str, int],
    code: Code,
) -> None:
    first = operands.split(",")[0].strip()
    taken = _taken(one, what, operands, held)
    if taken:
        one.frame += taken
    literal = _LITERAL.match(operands) if what == "ldr" else None
    if literal:
        value = code.word(int(literal[2], 16))
        held[literal[1]] = value
        one.literals.add(value)
    elif what in ("blx", "bx", "jalr", "jr") and not _TARGET.search(operands):
        register = first if what in ("blx", "bx", "jr") else operands.split(",")[-1]
        if register in _RETURNS or (what == "jalr" and "zero" in operands):
            return
        address = held.get(register)
        if what == "jr" and address is None and _jumps(name, held, code):
            return
        callee = code.functions.get((address or 0) & ~1)
        if callee is None:
            one.indirect = True
        else:
            one.resolved.add(address or 0)
            one.calls.add(callee)
    elif what[:1] in ("b", "c", "j") or what in ("tail",):
        goal = _TARGET.search(operands)
        callee = None if goal is None else code.owner(goal[1])
        # A branch within is none; a call of its own begin is.
        whole = goal is not None and "+0x" not in goal[0] and what in _CALLS
        if callee and (callee != name or whole):
            one.calls.add(callee)
    elif first and what in ("add", "addi") and (place := _PLACE.search(operands)):
        held.pop(first, None)
        held[_TABLE] = int(place[1], 16)
    elif first and what not in ("cmp", "str", "strb", "strh", "tst", "cmn", "push"):
        held.pop(first, None)


def _jumps(name: str, held: dict[str, int], code: Code) -> bool:
    """Whether a jump of RISC-V goes by a table of places in its own function.

    The table's address was put together before; an entry is a place, or how far it is
    from the table.
    """
    table = held.pop(_TABLE, None)
    if table is None:
        return False
    word = code.word(table)
    starts = sorted(code.functions)
    begin = next(at for at, own in code.functions.items() if own == name)
    end = next((at for at in starts if at > begin), begin)
    return any(begin <= at % 2**32 < end for at in (word, table + word))


def _taken(one: Function, what: str, operands: str, held: Mapping[str, int]) -> int:
    """Bytes that an instruction takes from the stack."""
    if _PUSH.fullmatch(what) and ("!" in operands or what.endswith("push")):
        if "push" not in what and not operands.startswith("sp!"):
            return 0
        return _listed(operands[operands.index("{") :])
    lower = _LOWER.search(operands)
    if lower and what.startswith(("str", "vstr")):
        return int(lower[1])
    if not operands.startswith("sp"):
        return 0
    last = _COMMENT.sub("", operands).split(",")[-1].strip()
    sign = -1 if what.startswith("sub") else 1
    if what not in ("sub", "subw", "add", "addw", "addi", "c"):
        if what in ("mov", "mv") and not last.startswith("sp"):
            return 0  # back from a frame pointer
        return 0
    number = last.removeprefix("#")
    if re.fullmatch(r"-?\d+", number):
        return max(0, -sign * int(number))
    value = held.get(last)
    if value is None:
        one.unknown.append(f"{what} {operands}")
        return 0
    signed = value - 2**32 if value >= 2**31 else value
    return max(0, -sign * signed)


def _listed(registers: str) -> int:
    """Bytes of a list of registers."""
    total = 0
    for kind, low, high in _LISTED.findall(registers):
        count = int(high) - int(low) + 1 if high else 1
        total += count * (8 if kind == "d" else 4)
    return total


def _indirect(
    functions: Mapping[str, Function], code: Code, taken: set[str]
) -> tuple[dict[str, set[str]], list[str]]:
    """Find what calls through pointers can reach, by caller; and what is not known."""
    known = [reached for _, reached in _POINTERS]
    found: dict[str, set[str]] = {}
    unknown = []
    for caller, one in functions.items():
        veneer = _VENEER.fullmatch(caller)
        if veneer:
            found[caller] = {veneer[1]} & functions.keys()
            continue
        # Jumps of the compiler's own routines are by tables of places in them.
        if not one.indirect or caller.startswith("__"):
            continue
        if _BENCH.fullmatch(caller):
            # Its calls are long ones: what it names, it may call.
            names = {code.functions.get(v & ~1, "") for v in one.literals}
            names |= {n for n in functions if caller == "main" and "ecm_bench_" in n}
            found[caller] = {name for name in names if name in functions}
            continue
        plain = _PART.sub("", caller)
        row = next((r for who, r in _POINTERS if who.fullmatch(plain)), None)
        if row is None:
            unknown.append(f"{caller}: calls through a pointer that no table knows")
            row = _NOTHING
        found[caller] = {n for n in taken & functions.keys() if row.fullmatch(n)}
    unknown += [
        f"{name}: its address is taken, by which call no table knows"
        for name in sorted(taken & functions.keys())
        if not any(row.fullmatch(name) for row in known)
    ]
    return found, unknown


def _depths(functions: Mapping[str, Function]) -> tuple[dict[str, int], set[str]]:
    """Deepest way down from each function, and those on a circle."""
    depth: dict[str, int] = {}
    open_: list[str] = []
    recursive: set[str] = set()

    def go(name: str) -> int:
        if name in depth:
            return depth[name]
        if name in open_:
            recursive.update(open_[open_.index(name) :])
            return 0
        open_.append(name)
        below = max((go(c) for c in functions[name].calls if c in functions), default=0)
        open_.pop()
        depth[name] = functions[name].frame + below
        return depth[name]

    for name in functions:
        go(name)
    return depth, recursive


def _below(start: str, functions: Mapping[str, Function]) -> set[str]:
    found, waiting = set(), [start]
    while waiting:
        name = waiting.pop()
        if name in found or name not in functions:
            continue
        found.add(name)
        waiting += functions[name].calls
    return found


def _path(
    start: str, functions: Mapping[str, Function], depth: Mapping[str, int]
) -> tuple[str, ...]:
    said: list[str] = []
    at = start
    seen: set[str] = set()
    while at in functions and at not in seen:
        seen.add(at)
        said.append(f"{at} {functions[at].frame}")
        calls: Iterable[str] = (c for c in functions[at].calls if c in functions)
        at = max(sorted(calls), key=lambda c: depth[c], default="")
    return tuple(said)
