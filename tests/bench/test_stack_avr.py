"""Worst-case stack of an image for AVR, beside what the compiler says and runs use."""

from pathlib import Path

import pytest

from ecmkit.bench import Budget, Golden, gate
from ecmkit.bench.elf import Code, read_code
from ecmkit.bench.stack import _depths, prove_stack
from ecmkit.bench.stack_avr import avr_functions
from ecmkit.package import Package, build
from ecmkit.package.build import library_flags
from ecmkit.package.toolchain import find_compiler, run_tool
from ecmkit.targets import Target, load_target
from tests.bench import test_integers as integers

SOURCES = ("ecm_app.c", "ecm_fft_q15.c", "ecm_frame.c", "ecm_health.c", "ecm_ring.c")


@pytest.fixture(scope="module")
def mega() -> Target:
    return load_target("arduino-mega2560")


@pytest.fixture(scope="module")
def made(mega: Target, tmp_path_factory: pytest.TempPathFactory) -> Package:
    app = integers.application(integers.PLAN, models=True)
    return build(app, target=mega, out=tmp_path_factory.mktemp("avr") / "pump")


@pytest.mark.emulator
def test_a_run_stays_within_the_bound(made: Package, mega: Target) -> None:
    proof = prove_stack(made.firmware, mega, library=made.library)
    assert proof.proven, (proof.unknown, proof.recursive)
    golden = Golden(x=integers.signal(integers.PLAN, 2))
    report = gate(made, target=mega, golden=golden, budget=Budget())
    (painted,) = (row.value for row in report.rows if row.what == "stack")
    whole = proof.bytes_of("main")
    assert 0.7 * whole < painted <= whole
    for name in ("ecm_app_init", "ecm_app_push_s16", "ecm_app_step", "ecm_app_report"):
        assert 0 < proof.bytes_of(name) < whole


@pytest.mark.emulator
def test_frames_are_those_of_the_compiler(
    made: Package, mega: Target, tmp_path: Path
) -> None:
    tool = find_compiler(mega, "gcc")
    text = run_tool(
        ["avr-objdump", "-d", "--no-show-raw-insn", str(made.firmware)], tmp_path
    )
    found = avr_functions(text, read_code(made.firmware), address_bytes=3)
    flags = (*library_flags(mega), "-fstack-usage")
    compared = 0
    for name in SOURCES:
        out = tmp_path / f"{Path(name).stem}.o"
        tool.compile(name, str(out), *flags, cwd=made.path / "src")
        for line in out.with_suffix(".su").read_text("ascii").splitlines():
            where, count, kind = line.split("\t")
            one = found.get(where.rpartition(":")[2])
            if one is not None and kind == "static":
                assert one.frame == int(count), where
                compared += 1
            elif one is not None:  # arguments on the stack, which it does not count
                assert kind == "dynamic,bounded"
                assert one.frame >= int(count), where
    assert compared > 15


CODE = Code(
    functions={
        0x100: "small", 0x200: "large", 0x300: "main", 0x400: "__first",
        0x500: "__second", 0x600: "dynamic", 0x700: "again", 0x800: "page",
        0x900: "long",
    },
    labels={
        name: name
        for name in ("small", "large", "main", "__first", "__second", "again")
    },
    bytes=(),
)  # fmt: skip
TEXT = """
00000000 <small-0x100>:
       0:\tjmp\t0x300\t; 0x300 <main>

00000100 <small>:
     100:\tpush\tr28
     102:\tpush\tr29
     104:\trcall\t.+0      \t; 0x106 <small+0x6>
     106:\tpush\tr1
     108:\tin\tr28, 0x3d\t; 61
     10a:\tin\tr29, 0x3e\t; 62
     10c:\tbrne\t.+2      \t; 0x110 <small+0x10>
     10e:\tret

00000200 <large>:
     200:\tin\tr28, 0x3d\t; 61
     202:\tin\tr29, 0x3e\t; 62
     204:\tsubi\tr28, 0x90\t; 144
     206:\tsbci\tr29, 0x01\t; 1
     208:\tout\t0x3d, r28\t; 61
     20a:\tcall\t0x100\t; 0x100 <small>
     20c:\tsubi\tr28, 0x70\t; 112
     20e:\tsbci\tr29, 0xFE\t; 254
     210:\tout\t0x3d, r28\t; 61
     212:\tret

00000300 <main>:
     300:\tin\tr28, 0x3d\t; 61
     302:\tsbiw\tr28, 0x0a\t; 10
     304:\tout\t0x3d, r28\t; 61
     306:\tcall\t0x400\t; 0x400 <__first>
     308:\tcall\t0x200\t; 0x200 <large>
     30a:\teicall
     30c:\tret

00000400 <__first>:
     400:\tpush\tr16
     402:\tbreq\t.+2      \t; 0x502 <__second+0x2>

00000500 <__second>:
     500:\trcall\t.-2      \t; 0x500 <__second>
     502:\trjmp\t.-256    \t; 0x402 <__first+0x2>

00000600 <dynamic>:
     600:\tout\t0x3d, r24\t; 61
     602:\tret

00000800 <page>:
     800:\tin\tr28, 0x3d\t; 61
     802:\tin\tr29, 0x3e\t; 62
     804:\tsubi\tr29, 0x02\t; 2
     806:\tdec\tr29
     807:\tout\t0x3d, r28\t; 61
     808:\tsubi\tr29, 0xFE\t; 254
     80a:\tinc\tr29
     80b:\tout\t0x3d, r28\t; 61
     80c:\tpop\tr29
     80e:\tret

00000900 <long>:
     900:\tin\tr24, 0x3d\t; 61
     902:\tin\tr25, 0x3e\t; 62
     904:\tsub\tr24, r22
     906:\tsbc\tr25, r23
     908:\tout\t0x3d, r24\t; 61
     90a:\tret

00000700 <again>:
     700:\tcall\t0x700\t; 0x700 <again>
     702:\tret
"""


def test_instructions_that_take_stack() -> None:
    found = avr_functions(TEXT, CODE, address_bytes=3)
    frames = {name: one.frame for name, one in found.items()}
    own = 3 + 1 + 3 + 3  # both with a push, and one call of one of them
    assert frames == {
        "small": 3 + 2 + 3 + 1, "large": 3 + 400, "main": 3 + 10,
        "__first": own, "__second": own, "dynamic": 3, "again": 3,
        "page": 3 + 512 + 256, "long": 3,
    }  # fmt: skip
    assert found["main"].indirect
    assert found["main"].calls == {"__first", "large"}
    for name in ("dynamic", "long"):
        assert found[name].unknown == ["out 0x3d, r24\t; 61"]
    depth, recursive = _depths(found)
    assert depth["main"] == 13 + 403 + 9
    assert recursive == {"again"}
    near = avr_functions(TEXT, CODE, address_bytes=2)
    assert near["small"].frame == 2 + 2 + 2 + 1
