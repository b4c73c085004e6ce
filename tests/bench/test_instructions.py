"""Classes of instructions and the tables of cycles, against the binutils' words."""

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from ecmkit.bench import read_image
from ecmkit.bench.instructions import DECODERS
from ecmkit.package import build
from ecmkit.targets import Target, list_targets, load_target
from tests.package.sample import application

pytestmark = pytest.mark.emulator

LINE = re.compile(r"^\s*([0-9a-f]+):\t([0-9a-f ]+)\t(\S+)(?:\t(.*))?$", re.MULTILINE)
CONDITION = r"(eq|ne|cs|cc|mi|pl|vs|vc|hi|ls|ge|lt|gt|le)?"
TO_PC = re.compile(r"\bpc\b[^\]]*\}|^pc,")
OBJDUMP = {"arm": "arm-none-eabi-objdump", "riscv32": "riscv64-unknown-elf-objdump"}
ARM = [
    (r"pop|ldm\w*", "load_multiple"),
    (r"push|stm\w*", "store_multiple"),
    (r"ldrd", "load_double"),
    (r"strd", "store_double"),
    (r"ldr\w*|ldaex\w*|lda\w?", "load"),
    (r"str(?!eq)\w*|stl\w?|str(?=eq)", "store"),
    (r"tb[bh]", "table_branch"),
    (r"bl", "call"),
    (r"(b|bx|blx|cbz|cbnz)" + CONDITION, "branch"),
    (r"mla|mls|sml[as](bb|bt|tb|tt|d|dx|wb|wt)", "mul_add"),
    (r"muls?|smul(bb|bt|tb|tt|wb|wt)|smmulr?|smu[as]dx?", "mul"),
    (r"[us]mull", "mul_long"),
    (r"[us]mlal\w*|umaal|smlsld\w*", "mul_add_long"),
    (r"[us]div", "div"),
    (r"dls|wls|letp|le|wlstp|dlstp|lctp", "loop"),
    (r"vsel\w*|vmaxnm|vminnm|vrint\w|vcvt[anpm]", "fp_alu"),
    (r"mrs|msr|dsb|dmb|isb|bkpt|svc|cps\w*|udf|clrex", "system"),
]
COPROCESSOR = {
    "ldc": "vector_load",
    "ldc2": "vector_load",
    "stc": "vector_store",
    "stc2": "vector_store",
    "cdp": "vector_alu",
    "cdp2": "vector_alu",
}
FLOATING = [
    (r"v(fn?m[as]|n?ml[as])", "fp_mac"),
    (r"vdiv", "fp_div"),
    (r"vsqrt", "fp_sqrt"),
    (r"vldm\w*|vpop", "fp_load_multiple"),
    (r"vstm\w*|vpush", "fp_store_multiple"),
    (r"vldr", "fp_load"),
    (r"vstr", "fp_store"),
    (r"vmrs|vmsr", "fp_move"),
    (r"v(add|sub|n?mul|abs|neg|cmpe?|cvtr?|cvtb|cvtt)", "fp_alu"),
]
RISCV = [
    (r"fence(\.\w+)?", "system"),
    (r"(c\.)?(lw|lh|lhu|lb|lbu|lwsp)", "load"),
    (r"(c\.)?(sw|sh|sb|swsp)", "store"),
    (r"(c\.)?fl[wd](sp)?", "fp_load"),
    (r"(c\.)?fs[wd](sp)?", "fp_store"),
    (r"b(eq|ne|lt|ltu|ge|geu|eqz|nez|lez|gez|ltz|gtz|gt|le|gtu|leu)", "branch"),
    (r"j|jal|jr|jalr|ret|call|tail", "jump"),
    (r"mul\w*", "mul"),
    (r"(div|rem)u?", "div"),
    (r"fn?m(add|sub)\.s", "fp_mac"),
    (r"fdiv\.s", "fp_div"),
    (r"fsqrt\.s", "fp_sqrt"),
    (r"fmv\.(x\.[sw]|[sw]\.x)|fclass\.s", "fp_move"),
    (r"f\w+(\.\w+)*", "fp_alu"),
    (r"ecall|ebreak|csr\w*|mret|wfi|frflags|fsflags\w*", "system"),
]


def expected_arm(mnemonic: str, operands: str) -> str:
    """Class by the words of the disassembler."""
    name, _, suffix = mnemonic.partition(".")
    if name.startswith("v") and not name.startswith("vcx"):
        return expected_vector(name, suffix, operands)
    if mnemonic in COPROCESSOR:  # what it has no name for
        return COPROCESSOR[mnemonic]
    for pattern, found in ARM:
        plain = re.fullmatch(f"(?:{pattern}){CONDITION}", name)
        if plain:
            if found == "load_multiple" and "pc}" in operands:
                return "return_multiple"
            if found == "load" and operands.startswith("pc"):
                return "load_branch"
            return found
    if re.match(r"(mov|add)", name) and operands.startswith("pc,"):
        return "branch"
    return "alu"


def expected_vector(name: str, suffix: str, operands: str) -> str:
    """Class of what works on floats or vectors."""
    quad = re.search(r"\bq\d", operands) is not None
    if name.startswith(("vpt", "vpst", "vctp", "vpsel", "vpnot")) or (
        quad and not (name == "vmov" and "[" in operands) and name != "vdup"
    ):
        return {"vld": "vector_load", "vst": "vector_store"}.get(name[:3], "vector_alu")
    if name == "vdup":
        return "fp_move"
    for pattern, found in [*FLOATING, *ARM]:
        if re.fullmatch(f"(?:{pattern}){CONDITION}", name):
            return found
    assert name.startswith("vmov"), (name, suffix, operands)
    if operands.startswith("{") or "{" in operands:
        return "?"
    core = len(re.findall(r"\b(?:r\d+|sl|fp|ip|sp|lr)\b", operands))
    return {0: "fp_alu", 1: "fp_move", 2: "fp_move_two"}[core]


def expected_riscv(mnemonic: str, operands: str) -> str:
    for pattern, found in RISCV:
        if re.fullmatch(pattern, mnemonic):
            return found
    return "alu"


EXPECTED: dict[str, Callable[[str, str], str]] = {
    "arm": expected_arm,
    "riscv32": expected_riscv,
}


def listed_words(operands: str) -> int:
    """Words in a list such as ``{r4, r6-r8, lr}`` or ``{d8-d15}``."""
    inside = operands.partition("{")[2].partition("}")[0]
    n = 0
    for part in inside.split(","):
        low, _, high = (re.sub(r"\D", "", end) for end in part.partition("-"))
        n += int(high) - int(low) + 1 if high else 1
    return 2 * n if inside.startswith("d") else n


@pytest.mark.parametrize(
    "name",
    [
        "mps2-an385-m0", "mps2-an386", "mps2-an500", "mps2-an505", "mps3-an547",
        "virt-rv32imc", "virt-rv32imafc",
    ],
)  # fmt: skip
def test_every_instruction_has_the_class_that_the_disassembler_names(
    name: str, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    target = load_target(name)
    if shutil.which(OBJDUMP[target.cpu.arch]) is None:
        pytest.skip(f"{OBJDUMP[target.cpu.arch]} is not installed")
    objects = pytestconfig.cache.mkdir("ecmkit-objects")
    package = build(application(), target=target, out=tmp_path / "app", cache=objects)
    image = read_image(package.firmware, target)
    said = subprocess.run(
        [OBJDUMP[target.cpu.arch], "-d", package.firmware],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    wrong, seen = [], set()
    for at, code, mnemonic, operands in LINE.findall(said):
        n = len(code.replace(" ", "")) // 2
        if mnemonic.startswith((".", "<")) or n not in (2, 4):
            continue
        found = _decode(image.text, target, int(at, 16), n)
        size, kind, words = found[0]
        expected = EXPECTED[target.cpu.arch](mnemonic, operands)
        seen.add(kind)
        if len(found) != 1 or size != n or kind != expected:
            wrong.append((at, code, mnemonic, operands, kind, expected))
        elif kind.endswith("_multiple") and words != listed_words(operands):
            wrong.append((at, code, mnemonic, operands, f"{words} words", kind))
    assert wrong == []
    assert seen | {"refill"} <= target.cpu.cycles.keys()
    assert len(seen) >= 8


def _decode(
    text: tuple[tuple[int, bytes], ...], target: Target, at: int, n: int
) -> list[tuple[int, str, int]]:
    for origin, content in text:
        if origin <= at < origin + len(content):
            code = content[at - origin : at - origin + n]
            return list(DECODERS[target.cpu.arch](code))
    raise AssertionError(f"{at:#x} is in no section")


@pytest.mark.parametrize("name", list_targets())
def test_every_row_of_a_table_names_its_source(name: str) -> None:
    target = load_target(name)
    if target.cpu.arch in DECODERS:
        assert len(target.cpu.cycles) > 8
    for row in target.cpu.cycles.values():
        assert row.unverified or row.source.startswith("Arm "), row
