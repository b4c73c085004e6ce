"""The examples of packages: compiled, run, and what the docs show."""

import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from ecmkit.bench import Budget, Golden, HostApp, gate, write_gate
from ecmkit.package import Package, Queue, build
from ecmkit.targets import load_target
from tests.c import build as bare
from tests.c.cores import CORES, HOSTS
from tests.package.sample import SPEED_HZ, application, contract, signal
from tests.package.test_build import WARNINGS, tool

STUBS = Path(__file__).parent / "stubs"
DOCS = Path(__file__).parents[2] / "docs"
LINES = 30
"""Of code in an example."""


def command(*words: object, cwd: Path) -> str:
    """Run a tool and return what it said, on either stream."""
    given = [tool(str(words[0])), *map(str, words[1:])]
    done = subprocess.run(given, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def code_lines(text: str) -> int:
    """Count lines that are neither empty nor comment alone."""
    plain = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    plain = re.sub(r"//.*|^#(?!include|define|if|endif).*", "", plain, flags=re.M)
    return sum(bool(line.strip()) for line in plain.splitlines())


@pytest.mark.parametrize(
    ("example", "stub"),
    [
        ("bare_metal/main.c", "."),
        ("cmake/main.c", "."),
        ("esp_idf/main/main.c", "esp_idf"),
        ("freertos/main.c", "freertos"),
        ("zephyr/src/main.c", "zephyr"),
    ],
)
def test_every_example_compiles_without_a_warning(
    package: Package, fan: Package, example: str, stub: str, tmp_path: Path
) -> None:
    extra = [f for f in WARNINGS if f not in ("-Wpedantic", "-Wmissing-prototypes")]
    for pack in (package, fan):
        source = pack.path / "examples" / example
        folders = [f"-I{pack.path / 'src'}", f"-I{STUBS / stub}"]
        words = ("-std=gnu11", "-fsyntax-only", *folders, *extra, source)
        command("gcc", *words, cwd=tmp_path)


def test_sketches_are_there_where_they_fit(package: Package, fan: Package) -> None:
    made = {p.name for p in (package.path / "examples").iterdir()}
    systems = {"bare_metal", "cmake", "esp_idf", "freertos", "micropython", "rust"}
    systems.add("zephyr")
    assert made == systems | {"pump"}  # 12 kHz, and an envelope with a history
    made = {p.name for p in (fan.path / "examples").iterdir()}
    assert made == systems | {"fan", "fan_adxl345", "fan_small"}
    sketch = fan.path / "examples" / "fan_adxl345"
    text = (sketch / "adxl345.h").read_text()
    assert "adxl345_write(0x2C, 0x0D); // BW_RATE: 800 Hz" in text
    assert "adxl345_write(0x31, 0x09); // DATA_FORMAT: full resolution, 4 g" in text
    text = (sketch / "fan_adxl345.ino").read_text()
    assert "(int16_t)(code * 32)" in text  # 1024 for 4 g


def test_the_shaft_is_told_where_the_plan_needs_it(
    package: Package, fan: Package
) -> None:
    for pack, needed in ((package, True), (fan, False)):
        assert pack.contract.needs_speed is needed
        for path in (pack.path / "examples").rglob("main.*"):
            told = "set_speed" in path.read_text()
            assert told is (needed and path.parts[-2] != "cmake"), path


def test_an_example_has_30_lines(package: Package, fan: Package) -> None:
    """Of code: the starting example of each ecosystem, and the sketches."""
    for pack in (package, fan):
        found = [
            path
            for kind in ("main.c", "*.ino", "main.rs", "main.py")
            for path in (pack.path / "examples").rglob(kind)
        ]
        long = {
            path.relative_to(pack.path).as_posix(): code_lines(path.read_text())
            for path in found
        }
        assert len(long) >= 7
        assert {name: n for name, n in long.items() if n > LINES} == {}


def dma_product(package: Package, folder: Path) -> NDArray[np.int32]:
    """Write the product around the example with DMA; codes that its sensor gives."""
    x = signal(windows=24)
    codes = np.clip(np.rint(x * (2048.0 / 8.0)), -2048, 2047).astype(np.int32)
    codes = codes[: len(codes) // 32 * 32]
    words = ",".join(map(str, codes + 2048))
    (folder / "recording.h").write_text(
        f"#define SAMPLES {len(codes)}U\n"
        f"static const uint16_t recording[SAMPLES] = {{{words}}};\n"
    )
    main = (package.path / "examples" / "bare_metal" / "main.c").read_text()
    (folder / "product.c").write_text(
        main.replace(
            "int main(void) {", "int product_main(void);\nint product_main(void) {"
        )
    )
    return codes


def check_alarms(package: Package, codes: NDArray[np.int32], said: str) -> None:
    """Hold what the product said against the host."""
    here = HostApp(package, speed_hz=SPEED_HZ).push(
        (codes * (8.0 / 2048.0)).astype(np.float32), chunk=32
    )
    alarmed = here.events[here.events["alarms"] != 0]
    assert 0 < len(alarmed) < len(here.events)
    assert re.findall(r"^window (\w+)$", said, re.M) == [
        f"{window:08x}" for window in alarmed["window"]
    ]
    assert re.findall(r"^alarms (\w+)$", said, re.M) == [
        f"{alarms:08x}" for alarms in alarmed["alarms"]
    ]
    assert said.count("frame ") == 1 + len(codes) // 3600


@pytest.mark.emulator
def test_the_example_with_dma_raises_the_alarms_of_the_host(
    package: Package, tmp_path: Path
) -> None:
    """Bare metal on a Cortex-M4F: the interrupts of both halves of a buffer."""
    target = CORES["m4f"].target("gcc")
    if target.missing():
        pytest.skip(f"{target.missing()} is not installed")
    codes = dma_product(package, tmp_path)
    support = [bare.SUPPORT / "ecm_test.c", bare.SUPPORT / "platform_bare.c"]
    mine = [p for p in package.sources if p.name.startswith(("ecm_package", "model_"))]
    headers = [h.name for h in (package.path / "src").glob("ecm_*.h")]
    objects = bare.compile_all(
        target,
        tmp_path,
        library=bare.library_of(target, headers),
        others=[*support, *mine, tmp_path / "product.c", STUBS / "board_dma.c"],
        includes=[package.path / "src", package.path / "examples" / "bare_metal"],
    )
    said = bare.run(target, bare.link(target, objects, tmp_path / "dma.elf"))
    check_alarms(package, codes, said)


def test_the_example_goes_on_behind_windows_that_are_refused(
    package: Package, tmp_path: Path
) -> None:
    """A shaft that stands still, which the plan does not take: to the end."""
    target = HOSTS["gcc-O3"]
    codes = dma_product(package, tmp_path)
    product = tmp_path / "product.c"
    text = product.read_text()
    assert text.count("100.0f") == 1
    product.write_text(text.replace("100.0f", "0.0f"))
    headers = [h.name for h in (package.path / "src").glob("ecm_*.h")]
    mine = [p for p in package.sources if p.name.startswith(("ecm_package", "model_"))]
    support = [bare.SUPPORT / "ecm_test.c", bare.SUPPORT / "platform_host.c"]
    objects = bare.compile_all(
        target,
        tmp_path,
        library=bare.library_of(target, headers),
        others=[*support, *mine, product, STUBS / "board_dma.c"],
        includes=[package.path / "src", package.path / "examples" / "bare_metal"],
    )
    said = bare.run(target, bare.link(target, objects, tmp_path / "dma.elf"))
    assert "alarms" not in said
    assert said.count("frame ") == 1 + len(codes) // 3600


UNO = ("-mmcu=atmega328p", "-Os", "-ffunction-sections", "-fdata-sections")
CORE = 2048
"""Flash of Arduino's own core with its serial port, about; the stub has less."""
WINDOWS = 4


def sketch(pack: Package, name: str, folder: Path) -> Path:
    """Compile a sketch as the IDE does, with a stub of the core."""
    text = (pack.path / "examples" / name / f"{name}.ino").read_text()
    source = folder / f"{name}.cpp"
    source.write_text(f'#include "Arduino.h"\n{text}')
    flags = ("-std=gnu++11", *UNO, "-fno-exceptions", "-fno-threadsafe-statics")
    folders = (f"-I{pack.path / 'src'}", f"-I{STUBS / 'arduino'}")
    folders += (f"-I{pack.path / 'examples' / name}",)
    warnings = ("-Wall", "-Wextra", "-Werror", f"-DSAMPLES={64 * WINDOWS}")
    for path in (source, STUBS / "arduino" / "core.cpp"):
        out = folder / f"{path.stem}.o"
        words = (*flags, *folders, *warnings, "-c", path, "-o", out)
        command("avr-g++", *words, cwd=folder)
    return folder / f"{name}.o"


def test_the_sketch_with_an_accelerometer_compiles(
    fan: Package, tmp_path: Path
) -> None:
    symbols = command("avr-nm", sketch(fan, "fan_adxl345", tmp_path), cwd=tmp_path)
    assert " U ecm_app_push_s16" in symbols
    assert "TwoWire" in symbols


def sensor() -> NDArray[np.float32]:
    """The sensor of the stub's core, in g."""
    noise, codes = 1, np.zeros(64 * WINDOWS, np.int32)
    for i in range(len(codes)):
        wide = 31 if i < len(codes) // 2 else 511
        noise = (noise * 1664525 + 1013904223) % 2**32
        codes[i] = ((noise >> 16) & wide) - (wide + 1) // 2
    return (codes * 64 / 32768 * 4.0).astype(np.float32)


@pytest.mark.emulator
def test_features_and_models_of_64_samples_run_on_an_uno(
    fan: Package, tmp_path: Path
) -> None:
    """Within its flash and RAM, with the bits of the host."""
    made = sketch(fan, "fan_small", tmp_path)
    objects = []
    for path in fan.sources:
        objects.append(tmp_path / f"{path.stem}.o")
        words = ("-std=gnu99", *UNO, "-ffp-contract=off", "-fno-math-errno")
        folder = f"-I{fan.path / 'src'}"
        command("avr-gcc", *words, folder, "-c", path, "-o", objects[-1], cwd=tmp_path)
    linked = ("-Wl,--gc-sections", made, tmp_path / "core.o", *objects, "-lm")
    command("avr-gcc", *UNO, *linked, "-o", "fan.elf", cwd=tmp_path)
    sizes = command("avr-size", "fan.elf", cwd=tmp_path).splitlines()[1].split()
    flash, data, bss = (int(n) for n in sizes[:3])
    assert flash + data < 32 * 1024 - 512 - CORE  # and its loader
    assert data + bss < 2048 - 700  # of stack, and the core's own
    text = (DOCS / "howto-package.md").read_text("utf-8")
    (told,) = re.findall(r"take ([\d.]+) KB\s+of flash and ([\d.]+) KB of RAM", text)
    assert abs(float(told[0]) - (flash + data) / 1000) < 0.5
    assert abs(float(told[1]) - (data + bss) / 1000) < 0.1
    said = command(
        "simavr", "-m", "atmega328p", "-f", "16000000", "fan.elf", cwd=tmp_path
    )
    here = HostApp(fan).push(sensor())
    bits = here.outputs.view(np.uint32).reshape(-1)
    assert len(bits) == WINDOWS * 4
    assert re.findall(r"32m(\w+)\.", said) == [*map(str, bits), "done"]


@pytest.mark.emulator
def test_integers_may_wait_for_a_plan_of_floats(tmp_path: Path) -> None:
    """Half the memory, and the features of what the integers stand for."""
    plain = application()
    app = application(queue=Queue(samples="int16", len=256))
    target = load_target("mps2-an386")
    made = build(app, target=target, out=tmp_path / "pump")
    memory, own = made.manifest.memory, contract()
    assert (memory.ring_len, memory.ring_floats) == (768, 384)
    assert memory.window_floats == own.window_len
    assert "samples of 16 bits, 2^15 for 8 g" in (made.path / "README.md").read_text()
    x = signal(windows=2)
    golden = Golden(x=x, speed_hz=SPEED_HZ)
    report = gate(made, target=target, golden=golden, budget=Budget())
    assert report.parity.differences == 0
    write_gate(made, report)
    said = "`power.active_ma` and `power.sleep_ma` in mps2-an386.toml or the project"
    figures = (made.path / "README.md").read_text()
    assert f"| charge per day | not known without {said} file |" in figures
    codes = np.clip(np.rint(x * (32768 / 8.0)), -32768, 32767)
    floats = build(plain, target=load_target("esp32"), out=tmp_path / "floats")
    there = HostApp(floats, speed_hz=SPEED_HZ).push(
        (codes * (8.0 / 32768)).astype(np.float32)
    )
    here = HostApp(made, speed_hz=SPEED_HZ).push(x)
    assert here.features.tobytes() == there.features.tobytes()
    assert here.events.tobytes() == there.events.tobytes()


@pytest.mark.parametrize("length", [0, 2**24 + 1])
def test_a_queue_that_is_too_short_or_too_long_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match=r"queue\.len: found \d+, expected 1 up to"):
        application(queue=Queue(len=length))


def test_samples_of_zephyr_are_taken_at_the_rate_of_the_plan(
    package: Package, fan: Package
) -> None:
    """Not at that of a period in whole microseconds: 12 kHz is no such one."""
    for pack, due in ((package, "n * 250U / 3U"), (fan, "n * 1250U")):
        text = (pack.path / "examples/zephyr/src/main.c").read_text("utf-8")
        assert f"K_TIMEOUT_ABS_US({due})" in text


def test_the_examples_are_what_the_docs_show(package: Package, fan: Package) -> None:
    text = (DOCS / "howto-package.md").read_text("utf-8")
    shown = re.findall(r"<!-- file: (\S+) -->\n```\w+\n(.*?)```", text, re.S)
    assert len(shown) == 11
    for name, content in shown:
        pack = fan if name.startswith("examples/fan") else package
        assert (pack.path / name).read_text("utf-8") == content, name
