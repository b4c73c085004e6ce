"""Other people's tools take the package: Arduino's builder, PlatformIO, Espressif's."""

import json
import re
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from ecmkit.bench import HostApp
from ecmkit.package import Package, build
from ecmkit.targets import load_target
from tests.c import build as bare
from tests.c.cores import CORES
from tests.package.sample import application
from tests.package.test_build import tool
from tests.package.test_ecosystems import RELEASE, SAMPLES, command, sensor
from tests.package.test_examples import WINDOWS, check_alarms, dma_product
from tests.package.test_examples import sensor as small_sensor

pytestmark = pytest.mark.live

# Beside a sketch: the sensor of the stub of the core, at the end of which it sleeps.
SENSOR = """\
#include <Arduino.h>
#include <avr/sleep.h>
static uint32_t noise = 1;
static uint16_t taken;
static int sensor_read(uint8_t) {{
    if (taken == {samples}) {{
        Serial.println("done");
        Serial.flush();
        cli();
        sleep_enable();
        sleep_cpu();
    }}
    const int wide = taken++ < {samples} / 2 ? 31 : 511;
    noise = noise * 1664525UL + 1013904223UL;
    return 512 + (int)((noise >> 16) & wide) - (wide + 1) / 2;
}}
#define analogRead(pin) sensor_read(pin)
"""


def by_the_builder(
    pack: Package, sketch: str, board: str, samples: int, folder: Path
) -> tuple[Path, str]:
    """Compile a sketch by Arduino's builder with its own core; what the builder said.

    Needs Debian's arduino-builder and arduino-core-avr.
    """
    tool("arduino-builder")
    hardware, libraries = folder / "hardware", folder / "libraries"
    for made in (hardware, libraries, folder / "build"):
        made.mkdir()
    (hardware / "arduino").symlink_to("/usr/share/arduino/hardware/arduino")
    for path in Path("/usr/share/arduino-builder").glob("platform*.txt"):
        shutil.copy(path, hardware)
    shutil.copytree(pack.path, libraries / f"ecm_{pack.manifest.name}")
    own = folder / sketch
    shutil.copytree(pack.path / "examples" / sketch, own)
    text = (own / f"{sketch}.ino").read_text()
    (own / f"{sketch}.ino").write_text(f'#include "sensor.h"\n{text}')
    (own / "sensor.h").write_text(SENSOR.format(samples=samples))
    said = command(
        "arduino-builder", "-compile", "-hardware", hardware, "-tools", "/usr/bin",
        "-libraries", libraries, "-fqbn", f"arduino:avr:{board}",
        "-build-path", folder / "build",
        "-prefs=compiler.cpp.extra_flags=-DDECIMAL_DIG=17",  # of a core for newer gcc
        own / f"{sketch}.ino",
    )  # fmt: skip
    return folder / "build" / f"{sketch}.ino.elf", said


def printed(program: Path, chip: str) -> list[str]:
    """Run a sketch in simavr; what it sent over the serial port."""
    said = command("simavr", "-m", chip, "-f", "16000000", program)
    lines = re.findall(r"32m(\S+?)\.*\n", said)
    assert lines[-1] == "done", said
    return [line.rstrip(".") for line in lines[:-1]]


def test_the_builders_sketch_tells_on_a_mega_what_the_host_tells(
    mega: Package, tmp_path: Path
) -> None:
    board = "mega:cpu=atmega2560"
    program, said = by_the_builder(mega, "pump", board, SAMPLES, tmp_path)
    used = re.search(r"Global variables use (\d+) bytes", said)
    assert used
    assert int(used[1]) < 8 * 1024 - 800  # of stack
    here = HostApp(mega).push(sensor())
    expected = [str(alarms) for alarms in here.events["alarms"] if alarms]
    assert expected
    assert printed(program, "atmega2560") == expected


def test_the_builders_small_sketch_tells_on_an_uno_what_the_host_tells(
    fan: Package, tmp_path: Path
) -> None:
    samples = 64 * WINDOWS
    program, said = by_the_builder(fan, "fan_small", "uno", samples, tmp_path)
    flash = re.search(r"Sketch uses (\d+) bytes", said)
    used = re.search(r"Global variables use (\d+) bytes", said)
    assert flash
    assert used
    assert int(flash[1]) < 32 * 1024 - 512  # its loader
    assert int(used[1]) < 2048 - 500  # of stack
    here = HostApp(fan).push(small_sensor())
    found = np.array(printed(program, "atmega328p"), np.float64)
    assert len(found) == here.outputs.size
    np.testing.assert_allclose(found, here.outputs.ravel(), rtol=1e-6, atol=1e-6)


PACK = """
import sys
from platformio.package.manifest.schema import ManifestSchema
from platformio.__main__ import main
# It would fetch the list of SPDX.
listed = {"licenses": [{"licenseId": "BSD-3-Clause"}]}
ManifestSchema.load_spdx_licenses = staticmethod(lambda: listed)
sys.argv = ["pio", "pkg", "pack", *sys.argv[1:]]
sys.exit(main())
"""

# A platform for this machine or bare metal, and the tool that it would download.
PLATFORM = {
    "platform/platform.json": json.dumps(
        {"name": "here", "title": "here", "version": "1.0.0", "packages": {}}
    ),
    "platform/platform.py": "from platformio.platform.base import PlatformBase\n"
    "class HerePlatform(PlatformBase):\n"
    "    def is_embedded(self):\n"
    "        return False\n",
    "platform/builder/main.py": "from SCons.Script import Default, DefaultEnvironment\n"
    "env = DefaultEnvironment()\n"
    'env.Replace(PROGNAME="program")\n'
    "@tools@"
    "Default([env.BuildProgram()])\n",
    "core/packages/tool-scons/package.json": json.dumps(
        {"name": "tool-scons", "version": "4.41101.0"}
    ),
    "core/packages/tool-scons/.piopm": json.dumps({
        "type": "tool", "name": "tool-scons", "version": "4.41101.0",
        "spec": {"owner": "platformio", "name": "tool-scons"},
    }),
    "core/packages/tool-scons/scons.py": "from SCons.Script import main\nmain()\n",
}  # fmt: skip


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of PlatformIO; needs the Python packages platformio and scons."""
    pytest.importorskip("platformio")
    pytest.importorskip("SCons")
    monkeypatch.setenv("PLATFORMIO_CORE_DIR", str(tmp_path / "core"))
    (tmp_path / "project" / "src").mkdir(parents=True)
    return tmp_path / "project"


def by_platformio(package: Package, project: Path, *, tools: str = "") -> Path:
    """Pack a package, and build the project with it; the program."""
    root = project.parent
    for name, text in PLATFORM.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text.replace("@tools@", tools))
    archive = root / "pump.tar.gz"
    command(sys.executable, "-c", PACK, package.path, "-o", archive)
    (project / "platformio.ini").write_text(
        f"[env:here]\nplatform = file://{root / 'platform'}\n"
        f"lib_deps = file://{archive}\n"
        "build_src_flags = -fno-builtin -fno-tree-loop-distribute-patterns\n"
    )
    command(sys.executable, "-m", "platformio", "run", cwd=project)
    return project / ".pio" / "build" / "here" / "program"


def test_platformio_packs_builds_and_runs_it(project: Path, tmp_path: Path) -> None:
    sources = load_target("esp32")
    made = build(application(), target=sources, out=tmp_path / "pump", release=RELEASE)
    shutil.copy(made.path / "examples" / "cmake" / "main.c", project / "src")
    said = command(by_platformio(made, project))
    assert said == "pump 3.14.15: window 0, sensor health 4\n"


def test_what_platformio_builds_for_a_cortex_m4f_raises_the_alarms_of_the_host(
    package: Package, project: Path
) -> None:
    core = CORES["m4f"].target("gcc")
    if core.missing():
        pytest.skip(f"{core.missing()} is not installed")
    source = project / "src"
    codes = dma_product(package, source)
    others = (bare.SUPPORT / "ecm_test.c", bare.SUPPORT / "platform_bare.c")
    board = Path(__file__).parent / "stubs" / "board_dma.c"
    header = package.path / "examples" / "bare_metal" / "board.h"
    for path in (*others, *bare.SUPPORT.glob("*.h"), board, header):
        shutil.copy(path, source)
    words = [w for w in (*core.compiler[1:], *core.flags) if not w.startswith("-O")]
    linker = [*words, *bare.bare_words(core, project / "bare.ld"), *core.libraries]
    tools = (
        'env.Replace(CC="arm-none-eabi-gcc", LINK="arm-none-eabi-gcc",\n'
        '            AR="arm-none-eabi-ar", RANLIB="arm-none-eabi-ranlib")\n'
        f"env.Append(CCFLAGS={words!r}, LINKFLAGS={linker!r})\n"
    )
    program = by_platformio(package, project, tools=tools)
    check_alarms(package, codes, bare.run(core, program))


def test_espressifs_own_tool_takes_the_component(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Needs the Python package idf-component-manager."""
    tool("compote")
    monkeypatch.setenv("IDF_COMPONENT_CHECK_NEW_VERSION", "0")
    sources = load_target("esp32")
    made = build(application(), target=sources, out=tmp_path / "pump", release=RELEASE)
    command("compote", "manifest", "lint", made.path)
    pack = ("component", "pack", "--project-dir", made.path, "--name", "ecm_pump")
    command("compote", *pack, cwd=tmp_path)
    assert (made.path / "dist" / "ecm_pump_3.14.15.tgz").is_file()
