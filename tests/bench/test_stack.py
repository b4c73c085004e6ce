"""Worst-case stack of a linked image, beside what the compiler says and runs use."""

import re
import struct
import subprocess
from pathlib import Path

import pytest

from ecmkit.bench.elf import Code, read_code, read_objects
from ecmkit.bench.stack import _depths, _functions, _indirect, prove_stack
from ecmkit.errors import DeviceError, MissingError
from ecmkit.package import Package
from ecmkit.package.build import library_flags
from ecmkit.package.toolchain import find_compiler, run_tool
from ecmkit.targets import Target, load_target

pytestmark = pytest.mark.emulator

SOURCES = ("ecm_app.c", "ecm_stats.c", "ecm_fft.c", "ecm_frame.c", "ecm_package.c")


def test_every_entry_has_a_bound(package: Package, target: Target) -> None:
    proof = prove_stack(package.firmware, target, library=package.library)
    assert proof.proven, (proof.unknown, proof.recursive)
    whole = proof.bytes_of("main")
    for name in ("ecm_app_init", "ecm_app_push_f32", "ecm_app_step", "ecm_app_report"):
        assert 0 < proof.bytes_of(name) < whole
    (step,) = (entry for entry in proof.entries if entry.name == "ecm_app_step")
    assert sum(int(one.split()[1]) for one in step.path) == step.bytes
    assert set(proof.indirect["ecm_app_step"]) == {
        f"ecm_model_{model.name}" for model in package.manifest.models
    }


def test_threads_of_the_examples_have_room(package: Package, target: Target) -> None:
    """For what they call, and half a KiB for the system's own functions."""
    proof = prove_stack(package.firmware, target, library=package.library)
    starts = max(map(proof.bytes_of, ("ecm_app_init", "ecm_app_push_f32")))
    works = proof.bytes_of("ecm_app_step")
    examples = package.path / "examples"
    conf = (examples / "zephyr" / "prj.conf").read_text()
    zephyr = (examples / "zephyr" / "src" / "main.c").read_text()
    freertos = (examples / "freertos" / "main.c").read_text()
    for text, pattern, unit, used in (
        (conf, r"^CONFIG_MAIN_STACK_SIZE=(\d+)$", 1, works),
        (zephyr, r"K_THREAD_DEFINE\(sampler, (\d+),", 1, starts),
        (freertos, r'xTaskCreate\(work, "pump", (\d+),', 4, max(starts, works)),
    ):
        (given,) = re.findall(pattern, text, re.M)
        assert unit * int(given) >= used + 512, pattern


def test_frames_are_those_of_the_compiler(
    package: Package, target: Target, tmp_path: Path
) -> None:
    tool = find_compiler(target, "gcc")
    text = run_tool(
        ["arm-none-eabi-objdump", "-d", "--no-show-raw-insn", str(package.firmware)],
        tmp_path,
    )
    found = _functions(text, read_code(package.firmware))
    flags = (*library_flags(target), "-fstack-usage")
    compared = 0
    for name in SOURCES:
        made = tmp_path / f"{Path(name).stem}.o"
        tool.compile(name, str(made), *flags, cwd=package.path / "src")
        for line in made.with_suffix(".su").read_text("ascii").splitlines():
            where, count, kind = line.split("\t")
            assert kind == "static"
            one = found.get(where.rpartition(":")[2])
            if one is not None:
                assert one.frame == int(count), where
                compared += 1
    assert compared > 20


def test_instructions_that_take_stack() -> None:
    code = Code(
        functions={0x100: "one", 0x200: "two", 0x300: "main", 0x400: "far"},
        labels={"one": "one", "two": "two", "main": "main", "alias": "two"},
        bytes=((0x380, struct.pack("<iI", -1024, 0x401)),),
    )
    text = """
00000100 <one>:
     100:\tpush\t{r4, r5, lr}
     102:\tvpush\t{d8-d9}
     104:\tsub.w\tsp, sp, #40\t@ 0x28
     106:\tbl\t200 <alias>
     108:\tstr.w\tr3, [sp, #-4]!
     10a:\tpop\t{r4, r5, pc}

00000200 <two>:
     200:\tldr\tr3, [pc, #8]\t@ (380 <two+0x180>)
     201:\tldr.w\tr9, [pc, #8]\t@ 384 <two+0x184>
     202:\tadd\tsp, r3
     203:\tblx\tr9
     204:\tbx\tlr

00000300 <main>:
     300:\tstmdb\tsp!, {r4, r5, r6, r7, r8, lr}
     302:\tb.w\t100 <one>
"""
    functions = _functions(text, code)
    frames = {name: one.frame for name, one in functions.items()}
    assert frames == {"one": 12 + 16 + 40 + 4, "two": 1024, "main": 24}
    depth, recursive = _depths(functions)
    assert depth["main"] == 24 + 72 + 1024
    assert not recursive
    assert functions["two"].calls == {"far"}


def test_comments_of_every_disassembler_are_passed_over() -> None:
    code = Code(functions={0x100: "one"}, labels={"one": "one"}, bytes=())
    text = """
00000100 <one>:
     100:\tadd\tsp,sp,-528 # 804ffdf0 <ecm_start_stack_limit+0xdf0>
     104:\tsub\tsp, #8\t; 0x8
     106:\tsub.w\tsp, sp, #40\t@ 0x28
"""
    one = _functions(text, code)["one"]
    assert (one.frame, one.unknown) == (528 + 8 + 40, [])


def test_a_jump_by_a_table_is_no_call() -> None:
    """Of RISC-V: by entries that are places, or how far these are from the table."""
    names = {0x100: "one", 0x200: "two", 0x300: "call"}
    tables = struct.pack("<ii", 0x108, 0x204 - 0x404)
    code = Code(
        functions=names, labels={n: n for n in names.values()}, bytes=((0x400, tables),)
    )
    text = """
00000100 <one>:
     100:\tadd\ta4,a4,1722 # 400 <table>
     104:\tjr\ta5

00000200 <two>:
     200:\tadd\ta4,a4,1722 # 404 <table+0x4>
     204:\tjr\ta5

00000300 <call>:
     300:\tadd\ta4,a4,1722 # 404 <table+0x4>
     304:\tjr\ta5
"""
    found = _functions(text, code)
    assert [n for n, one in found.items() if one.indirect] == ["call"]


def test_recursion_and_unknown_pointers_are_told() -> None:
    names = {0x100: "main", 0x200: "ping", 0x300: "pong", 0x400: "stranger"}
    names[0x500] = "again"
    code = Code(functions=names, labels={n: n for n in names.values()}, bytes=())
    text = """
00000100 <main>:
     100:\tbl\t200 <ping>

00000200 <ping>:
     200:\tbl\t300 <pong>

00000300 <pong>:
     300:\tbl\t200 <ping>
     302:\tblx\tr3

00000400 <stranger>:
     400:\tsub\tsp, r3
     402:\tbne\t400 <stranger>

00000500 <again>:
     500:\tbl\t500 <again>
"""
    functions = _functions(text, code)
    assert _depths(functions)[1] == {"ping", "pong", "again"}
    found, unknown = _indirect(functions, code, {"stranger"})
    assert found == {"pong": set()}
    assert unknown == [
        "pong: calls through a pointer that no table knows",
        "stranger: its address is taken, by which call no table knows",
    ]
    assert functions["stranger"].unknown == ["sub sp, r3"]


def test_what_cannot_be_read_is_refused(package: Package, tmp_path: Path) -> None:
    esp = load_target("esp32")
    with pytest.raises(MissingError, match="no disassembler that is known"):
        prove_stack(package.firmware, esp, library=package.library)
    (tmp_path / "x").write_bytes(b"no image")
    with pytest.raises(DeviceError, match="not an ELF image"):
        read_code(tmp_path / "x")
    with pytest.raises(DeviceError, match="not a static library"):
        read_objects(tmp_path / "x")
    stripped = tmp_path / "stripped.elf"
    command = ["arm-none-eabi-strip", "-o", str(stripped), str(package.firmware)]
    subprocess.run(command, check=True)
    with pytest.raises(DeviceError, match="no symbols"):
        read_code(stripped)
