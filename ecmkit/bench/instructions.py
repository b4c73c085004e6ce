"""Classes of instructions by their bits: what a table of cycles tells apart."""

from collections.abc import Callable, Iterator

__all__ = ["DECODERS", "arm_instructions", "riscv_instructions"]

Instruction = tuple[int, str, int]
"""Bytes, class, and words that it moves where a class may move several."""


def arm_instructions(code: bytes) -> Iterator[Instruction]:
    """Tell the Thumb instructions of a block apart.

    Parameters
    ----------
    code : bytes
        Whole instructions of a Cortex-M: Armv6-M to Armv8.1-M with FPU and Helium.

    Yields
    ------
    (int, str, int)
        Bytes, class, words.

    Examples
    --------
    >>> list(arm_instructions(bytes.fromhex("70b4 90ed000a 7047")))
    [(2, 'store_multiple', 3), (4, 'fp_load', 1), (2, 'branch', 0)]
    """
    at = 0
    while at < len(code):
        first = int.from_bytes(code[at : at + 2], "little")
        if first >> 11 < 0b11101:
            name, words = _short(first)
            yield 2, name, words
            at += 2
        else:
            second = int.from_bytes(code[at + 2 : at + 4], "little")
            name, words = _long(first, second)
            yield 4, name, words
            at += 4


def _short(code: int) -> tuple[str, int]:
    """Class and words of an instruction of 16 bits."""
    top = code >> 12
    if top in (0b0000, 0b0001, 0b0010, 0b0011, 0b1010):
        return "alu", 0
    if top == 0b0100:
        return _short_register(code), 0
    if top == 0b0101:
        return "store" if code >> 9 & 7 < 3 else "load", 1
    if top in (0b0110, 0b0111, 0b1000, 0b1001):
        return "load" if code >> 11 & 1 else "store", 1
    if top == 0b1011:
        return _short_misc(code)
    if top == 0b1100:
        name = "load_multiple" if code >> 11 & 1 else "store_multiple"
        return name, (code & 0xFF).bit_count()
    return "system" if top == 0b1101 and code >> 9 & 7 == 7 else "branch", 0


def _short_register(code: int) -> str:
    if code >> 11 & 1:
        return "load"
    if code >> 10 & 1:  # registers above r7
        to_pc = code >> 8 & 3 != 1 and code >> 4 & 8 | code & 7 == 15
        return "branch" if code >> 8 & 3 == 3 or to_pc else "alu"
    return "mul" if code >> 6 & 15 == 13 else "alu"


def _short_misc(code: int) -> tuple[str, int]:
    if code & 0xF500 == 0xB100:
        return "branch", 0
    if code & 0xF600 == 0xB400:
        words = (code & 0x1FF).bit_count()
        if not code >> 11 & 1:
            return "store_multiple", words
        return "return_multiple" if code >> 8 & 1 else "load_multiple", words
    if code >> 8 in (0xB6, 0xBE):
        return "system", 0
    return "alu", 0


def _long(first: int, second: int) -> tuple[str, int]:
    """Class and words of an instruction of 32 bits."""
    if first & 0xEC00 == 0xEC00:
        return _coprocessor(first, second)
    group = first >> 11 & 3
    if group == 1:
        return ("alu", 0) if first >> 9 & 1 else _multiple(first, second)
    if group == 2:
        return (_control(first, second) if second >> 15 else "alu"), 0
    if first >> 9 & 3 == 0:
        if not first >> 4 & 1:
            return "store", 1
        to_pc = second >> 12 == 15 and first >> 5 & 3 == 2
        return "load_branch" if to_pc else "load", 1
    return (_multiply(first, second) if first >> 8 & 1 else "alu"), 0


def _multiple(first: int, second: int) -> tuple[str, int]:
    load = first >> 4 & 1
    if not first >> 6 & 1:
        words = second.bit_count()
        if first == 0xE89F:
            return "alu", 0  # clears registers
        if load and second >> 15:
            return "return_multiple", words
        return "load_multiple" if load else "store_multiple", words
    if first & 0xFFF0 == 0xE8D0 and second & 0xFFE0 == 0xF000:
        return "table_branch", 1
    if first & 0x0120 == 0:
        return "load" if load else "store", 1  # exclusive, acquire, release
    return "load_double" if load else "store_double", 2


def _control(first: int, second: int) -> str:
    kind = second & 0x5000
    if kind == 0x5000:
        return "call"
    if kind == 0x1000:
        return "branch"
    if kind == 0x4000:
        return "loop"
    if first >> 7 & 7 != 7:
        return "branch"
    return "alu" if first == 0xF3AF and not second & 0xFF else "system"


def _multiply(first: int, second: int) -> str:
    kind = first >> 4 & 7
    if not first >> 7 & 1:
        return "mul" if second >> 12 == 15 and not second >> 5 & 1 else "mul_add"
    if kind in (1, 3):
        return "div"
    return "mul_long" if kind in (0, 2) else "mul_add_long"


def _coprocessor(first: int, second: int) -> tuple[str, int]:
    page, unit = first >> 8, second >> 8 & 15
    memory = page & 0xEE == 0xEC
    if page & 0xEF == 0xEF or unit in (14, 15):
        if memory:
            return "vector_load" if first >> 4 & 1 else "vector_store", 4
        return "vector_alu", 0
    if unit not in (10, 11):
        return "vector_alu" if unit == 8 else "system", 0  # complex numbers
    if not memory:
        return _floating(first, second), 0
    if first & 0xFFE0 == 0xEC40:
        return "fp_move_two", 0
    load = first >> 4 & 1
    if first >> 8 & 1 and not first >> 5 & 1:
        return "fp_load" if load else "fp_store", 1 + (unit & 1)
    words = second & (0xFE if unit & 1 else 0xFF)
    return "fp_load_multiple" if load else "fp_store_multiple", words


def _floating(first: int, second: int) -> str:
    if first >> 12 == 15:
        return "fp_alu"  # chooses, rounds
    if second >> 4 & 1:
        return "fp_move"
    kind = first >> 4 & 0b1011
    if kind in (0b0000, 0b0001, 0b1001, 0b1010):
        return "fp_mac"
    if kind == 0b1000:
        return "fp_div"
    root = kind == 0b1011 and first & 15 == 1 and second >> 6 & 3 == 3
    return "fp_sqrt" if root else "fp_alu"


def riscv_instructions(code: bytes) -> Iterator[Instruction]:
    """Tell the instructions of a block of RISC-V apart: RV32IMAFC.

    Parameters
    ----------
    code : bytes
        Whole instructions.

    Yields
    ------
    (int, str, int)
        Bytes, class, words.

    Examples
    --------
    >>> list(riscv_instructions(bytes.fromhex("8280 33 05 b5 02")))
    [(2, 'jump', 0), (4, 'mul', 0)]
    """
    at = 0
    while at < len(code):
        if code[at] & 3 == 3:
            yield 4, _full(int.from_bytes(code[at : at + 4], "little")), 0
            at += 4
        else:
            yield 2, _compressed(int.from_bytes(code[at : at + 2], "little")), 0
            at += 2


_COMPRESSED = {
    (0, 1): "fp_load",
    (0, 2): "load",
    (0, 3): "fp_load",
    (0, 5): "fp_store",
    (0, 6): "store",
    (0, 7): "fp_store",
    (1, 1): "jump",
    (1, 5): "jump",
    (1, 6): "branch",
    (1, 7): "branch",
    (2, 1): "fp_load",
    (2, 2): "load",
    (2, 3): "fp_load",
    (2, 5): "fp_store",
    (2, 6): "store",
    (2, 7): "fp_store",
}
_FULL = {
    0x03: "load",
    0x07: "fp_load",
    0x23: "store",
    0x27: "fp_store",
    0x63: "branch",
    0x67: "jump",
    0x6F: "jump",
    0x43: "fp_mac",
    0x47: "fp_mac",
    0x4B: "fp_mac",
    0x4F: "fp_mac",
    0x0F: "system",
    0x2F: "system",
    0x73: "system",
}
_FLOATING = {0x03: "fp_div", 0x0B: "fp_sqrt", 0x1C: "fp_move", 0x1E: "fp_move"}


def _compressed(code: int) -> str:
    quadrant, kind = code & 3, code >> 13
    if (quadrant, kind) == (2, 4):
        return "alu" if code >> 2 & 31 else "jump"
    return _COMPRESSED.get((quadrant, kind), "alu")


def _full(code: int) -> str:
    opcode = code & 0x7F
    if opcode == 0x33 and code >> 25 == 1:
        return "div" if code >> 14 & 1 else "mul"
    if opcode == 0x53:
        return _FLOATING.get(code >> 27, "fp_alu")
    return _FULL.get(opcode, "alu")


DECODERS: dict[str, Callable[[bytes], Iterator[Instruction]]] = {
    "arm": arm_instructions,
    "riscv32": riscv_instructions,
}
"""By the architecture of a core."""
