"""Packages in the ecosystems of firmware: built by foreign projects, or refused."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from west import manifest as west

from ecmkit.bench import HostApp
from ecmkit.graph.host import CONTRACT_FLAGS
from ecmkit.package import (
    ECOSYSTEMS,
    Package,
    Release,
    build,
    check_ecosystems,
)
from ecmkit.targets import load_target, support_dir
from tests.bench import test_integers as integers
from tests.package.sample import application
from tests.package.test_build import tool

STUBS = Path(__file__).parent / "stubs"
WEST = "examples/zephyr/west.yml"
M4F = ("-mcpu=cortex-m4", "-mthumb", "-mfpu=fpv4-sp-d16", "-mfloat-abi=hard")


def command(*words: object, cwd: Path | None = None) -> str:
    """Run a tool and return what it said, on either stream."""
    done = subprocess.run(
        [tool(str(words[0])), *map(str, words[1:])],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def cmake(source: Path, build_dir: Path, *options: str, compiler: str = "gcc") -> None:
    """Configure and build a project."""
    chosen = (f"-DCMAKE_C_COMPILER={tool(compiler)}",) if compiler else ()
    make = ("-G", "Unix Makefiles")
    command("cmake", *make, "-S", source, "-B", build_dir, *chosen, *options)
    command("cmake", "--build", build_dir, "-j", "2")


@pytest.fixture(scope="module")
def installed(package: Package, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cmake")
    prefix = f"-DCMAKE_INSTALL_PREFIX={folder / 'prefix'}"
    cmake(package.path, folder / "build", prefix, "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON")
    command("cmake", "--install", folder / "build")
    return folder / "prefix"


def test_find_package_finds_what_was_installed(
    package: Package, installed: Path, tmp_path: Path
) -> None:
    shutil.copytree(package.path / "examples" / "cmake", tmp_path / "example")
    cmake(tmp_path / "example", tmp_path / "build", f"-DCMAKE_PREFIX_PATH={installed}")
    said = command(tmp_path / "build" / "pump_example")
    assert said == "pump 0.1.0: window 0, sensor health 4\n"
    assert not (tmp_path / "build" / "_deps").exists()


def test_every_file_is_compiled_with_the_flags_of_the_contract(
    package: Package, installed: Path
) -> None:
    stored = (installed.parent / "build" / "compile_commands.json").read_bytes()
    found = {Path(c["file"]).name: c["command"] for c in json.loads(stored)}
    assert found.keys() == {path.name for path in package.sources}
    for flag in CONTRACT_FLAGS:
        assert all(f" {flag} " in line for line in found.values()), flag


def test_another_major_version_is_not_found(
    package: Package, installed: Path, tmp_path: Path
) -> None:
    project = tmp_path / "CMakeLists.txt"
    project.write_text(
        "cmake_minimum_required(VERSION 3.16)\nproject(x NONE)\n"
        "find_package(ecm_pump 1.0 QUIET)\nmessage(STATUS found=${ecm_pump_FOUND})\n"
    )
    said = command(
        "cmake",
        "-S",
        tmp_path,
        "-B",
        tmp_path / "b",
        f"-DCMAKE_PREFIX_PATH={installed}",
    )
    assert "found=0" in said


def test_fetch_content_builds_it_along(package: Package, tmp_path: Path) -> None:
    cmake(package.path / "examples" / "cmake", tmp_path / "build")
    said = command(tmp_path / "build" / "pump_example")
    assert said.startswith("pump 0.1.0: ")
    assert (tmp_path / "build" / "_deps" / "ecm_pump-src").is_dir()


def linked(objects: list[Path], folder: Path) -> Path:
    """Link objects for a Cortex-M4F with memory functions, without a C library."""
    mem = support_dir() / "mem.c"
    extra = ("-ffreestanding", "-fno-builtin", "-fno-tree-loop-distribute-patterns")
    command("arm-none-eabi-gcc", *M4F, *extra, "-c", mem, "-o", folder / "mem.o")
    program = folder / "product.elf"
    command(
        "arm-none-eabi-gcc", *M4F, "-nostdlib", "-Wl,-e,main", "-Wl,--gc-sections",
        folder / "mem.o", *objects, "-lgcc", "-o", program,
    )  # fmt: skip
    return program


PRODUCT = """
uint16_t board_dma[2][BOARD_CODES];
bool board_report_is_due(void) { return true; }
void board_start(void) {}
void board_wait(void) {}
void board_alarm(const ecm_app_event_t *event) { (void)event; }
uint32_t board_uptime_s(void) { return 0; }
void board_send(const uint8_t *frame, uint32_t bytes) { (void)frame; (void)bytes; }
"""


def write_product(package: Package, folder: Path) -> Path:
    """Write the bare-metal example with a board."""
    main = (package.path / "examples" / "bare_metal" / "main.c").read_text()
    (folder / "product.c").write_text(main + PRODUCT)
    return folder / "product.c"


def product(package: Package, folder: Path) -> Path:
    """Compile the bare-metal example with a board."""
    source = write_product(package, folder)
    flags = ("-std=c99", "-ffreestanding", "-O1", f"-I{package.path / 'src'}")
    flags += (f"-I{package.path / 'examples' / 'bare_metal'}",)
    made = folder / "product.o"
    command("arm-none-eabi-gcc", *M4F, *flags, "-c", source, "-o", made)
    return made


def test_a_foreign_project_links_the_static_library(
    package: Package, tmp_path: Path
) -> None:
    program = linked([product(package, tmp_path), package.library], tmp_path)
    symbols = command("arm-none-eabi-nm", program)
    assert re.search(r" [TR] ecm_package_cfg$", symbols, re.M)
    assert not re.search(r" U ", symbols)


FIRMWARE = """\
cmake_minimum_required(VERSION 3.16)
project(product LANGUAGES C)
@found@
add_executable(product.elf product.c "@mem@")
target_include_directories(product.elf PRIVATE "@board@")
target_compile_options(product.elf PRIVATE
    -fno-builtin -fno-tree-loop-distribute-patterns)
target_link_options(product.elf PRIVATE -nostdlib -Wl,-e,main -Wl,--gc-sections)
target_link_libraries(product.elf PRIVATE ecm_pump::ecm_pump gcc)
"""
FOUND = "find_package(ecm_pump 0.1.0 REQUIRED)"
FETCHED = """\
include(FetchContent)
FetchContent_Declare(ecm_pump SOURCE_DIR "@package@")
FetchContent_MakeAvailable(ecm_pump)
"""


@pytest.mark.parametrize("how", [FOUND, FETCHED], ids=["found", "fetched"])
def test_a_cmake_project_builds_firmware_with_it_for_a_cortex_m4f(
    package: Package, how: str, tmp_path: Path
) -> None:
    tool("arm-none-eabi-gcc")
    chain = (f"-DCMAKE_TOOLCHAIN_FILE={STUBS / 'toolchain-m4f.cmake'}",)
    if how == FOUND:
        prefix = tmp_path / "prefix"
        where = f"-DCMAKE_INSTALL_PREFIX={prefix}"
        cmake(package.path, tmp_path / "library", *chain, where, compiler="")
        command("cmake", "--install", tmp_path / "library")
        chain += (f"-DCMAKE_PREFIX_PATH={prefix}",)
    places = {
        "found": how.replace("@package@", str(package.path)),
        "mem": str(support_dir() / "mem.c"),
        "board": str(package.path / "examples" / "bare_metal"),
    }
    text = FIRMWARE
    for name, value in places.items():
        text = text.replace(f"@{name}@", value)
    (tmp_path / "firmware").mkdir()
    (tmp_path / "firmware" / "CMakeLists.txt").write_text(text)
    write_product(package, tmp_path / "firmware")
    cmake(tmp_path / "firmware", tmp_path / "build", *chain, compiler="")
    program = tmp_path / "build" / "product.elf"
    assert "VFPv4-D16" in command("arm-none-eabi-readelf", "-A", program)
    symbols = command("arm-none-eabi-nm", program)
    assert re.search(r" [TR] ecm_package_cfg$", symbols, re.M)
    assert not re.search(r" U ", symbols)


def test_esp_idf_registers_and_builds_the_component(
    package: Package, tmp_path: Path
) -> None:
    cmake(STUBS / "esp_idf", tmp_path / "build", f"-DPACKAGE={package.path}")
    assert list((tmp_path / "build").rglob("lib__idf_component.a"))


def test_zephyr_builds_the_module(package: Package, tmp_path: Path) -> None:
    cmake(STUBS / "zephyr", tmp_path / "build", f"-DPACKAGE={package.path}")
    assert list((tmp_path / "build").rglob("libecm_pump.a"))


def test_kconfig_is_read_by_its_own_library(
    package: Package, monkeypatch: pytest.MonkeyPatch
) -> None:
    kconfiglib = pytest.importorskip("kconfiglib")
    monkeypatch.chdir(package.path)
    tree = kconfiglib.Kconfig("zephyr/Kconfig", warn_to_stderr=False)
    assert tree.warnings == []
    assert tree.syms["ECM_PUMP"].str_value == "n"
    assert tree.syms["ECM_PUMP"].set_value("y")
    assert tree.syms["ECM_PUMP"].str_value == "y"


def test_west_takes_the_workspace_of_the_example(package: Package) -> None:
    text = (package.path / "examples" / "zephyr" / "west.yml").read_text("utf-8")
    found = west.Manifest.from_data(text, import_flags=west.ImportFlag.IGNORE)
    own = {project.name: project for project in found.projects}
    assert own["ecm_pump"].revision == "v0.1.0"
    assert own["ecm_pump"].path == "modules/ecm_pump"
    with pytest.raises(west.MalformedManifest):
        west.Manifest.from_data(text.replace("revision:", "version:"))


CXX = ("-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror")


@pytest.mark.parametrize("standard", ["c++98", "c++11", "c++20"])
def test_the_cpp_header_compiles_by_every_standard(
    package: Package, standard: str, tmp_path: Path
) -> None:
    source = tmp_path / "use.cpp"
    source.write_text(
        '#include "ecm_package.hpp"\nstatic ecm::Package app;\n'
        "int main() { ecm_app_event_t event; return app.begin() + app.step(event); }\n"
    )
    flags = (f"-std={standard}", "-fno-exceptions", "-fno-rtti", *CXX)
    command("g++", *flags, f"-I{package.path / 'src'}", "-c", source, cwd=tmp_path)
    symbols = command("nm", tmp_path / "use.o")
    assert not re.search(r"_Zn[wa]|_Zd[la]|malloc|__cxa", symbols)


SAMPLES = 2400
"""That the stub's sensor gives: noise, from the middle on much more of it."""


def sensor() -> NDArray[np.float32]:
    """The stub's sensor, in the unit of the contract."""
    noise, codes = 1, np.zeros(SAMPLES, np.int32)
    for i in range(SAMPLES):
        wide = 31 if i < SAMPLES // 2 else 511
        noise = (noise * 1664525 + 1013904223) % 2**32
        codes[i] = ((noise >> 16) & wide) - (wide + 1) // 2
    return (codes * 64 / 32768 * integers.PLAN.range).astype(np.float32)


@pytest.mark.emulator
def test_the_sketch_tells_on_a_mega_what_the_host_tells(
    mega: Package, tmp_path: Path
) -> None:
    """With a stub of the Arduino core, all of src/ as the IDE takes it."""
    own = ("-mmcu=atmega2560", "-Os", "-ffunction-sections", "-fdata-sections")
    folders = (f"-I{mega.path / 'src'}", f"-I{STUBS / 'arduino'}")
    flags = (*own, *folders, "-fno-exceptions", "-fno-threadsafe-statics")
    warnings = ("-Wall", "-Wextra", "-Werror", f"-DSAMPLES={SAMPLES}")
    text = (mega.path / "examples" / "pump" / "pump.ino").read_text()
    (tmp_path / "pump.cpp").write_text(f'#include "Arduino.h"\n{text}')
    shutil.copy(STUBS / "arduino" / "core.cpp", tmp_path)
    sources = ("pump.cpp", "core.cpp")
    for source in sources:
        words = ("-std=gnu++11", *flags, *warnings, "-c", source)
        command("avr-g++", *words, cwd=tmp_path)
    objects = ("pump.o", "core.o", mega.library)
    command(
        "avr-g++", *own, "-Wl,--gc-sections", *objects, "-o", "pump.elf", cwd=tmp_path
    )
    sizes = command("avr-size", tmp_path / "pump.elf").splitlines()[1].split()
    flash, data, bss = (int(n) for n in sizes[:3])
    assert flash + data < 256 * 1024
    assert data + bss < 8 * 1024 - 800  # of stack
    said = command("simavr", "-m", "atmega2560", "-f", "16000000", "pump.elf",
                   cwd=tmp_path)  # fmt: skip
    here = HostApp(mega).push(sensor())
    expected = [int(alarms) for alarms in here.events["alarms"] if alarms]
    assert expected
    assert len(expected) < len(here.events)
    assert re.findall(r"32m(\w+)\.", said) == [*map(str, expected), "done"]


def test_the_sketch_of_floats_compiles_too(package: Package, tmp_path: Path) -> None:
    text = (package.path / "examples" / "pump" / "pump.ino").read_text()
    (tmp_path / "pump.cpp").write_text(f'#include "Arduino.h"\n{text}')
    folders = (f"-I{package.path / 'src'}", f"-I{STUBS / 'arduino'}")
    flags = ("-std=gnu++11", "-Wall", "-Wextra", "-Werror", "-fsyntax-only")
    command("avr-g++", "-mmcu=atmega2560", *flags, *folders, tmp_path / "pump.cpp")
    assert len(text.splitlines()) <= 40


def test_every_ecosystem_takes_the_package(package: Package, mega: Package) -> None:
    assert check_ecosystems(package) == tuple(ECOSYSTEMS)
    assert check_ecosystems(mega) == tuple(ECOSYSTEMS)


RELEASE = Release(
    version="3.14.15", vendor="Acme-Pumps", author="Acme", url="https://acme.example/ecm/",
    license="BSD-3-Clause", summary="Bearings of pumps", date="2026-11-27",
)  # fmt: skip


def test_one_version_in_all_of_them(tmp_path: Path) -> None:
    esp = load_target("esp32-c3")
    sources = load_target("esp32")
    made = build(application(), target=sources, out=tmp_path / "pump", release=RELEASE)
    assert esp.cpu.name != sources.cpu.name
    assert check_ecosystems(made) == tuple(ECOSYSTEMS)
    found = {
        path.relative_to(made.path).as_posix(): path.read_text().count("3.14.15")
        for path in made.path.rglob("*")
        if path.is_file() and b"3.14.15" in path.read_bytes()
    }
    assert found == {
        "Acme-Pumps.ecm_pump.pdsc": 2,
        "CMakeLists.txt": 2,
        "Cargo.toml": 2,
        "README.md": 2,
        "examples/cmake/CMakeLists.txt": 1,
        "examples/zephyr/west.yml": 1,
        "idf_component.yml": 1,
        "library.json": 1,
        "library.properties": 1,
        "manifest.json": 1,
        "micropython/Makefile": 1,
        "src/ecm_package_version.h": 1,
        "zephyr/CMakeLists.txt": 1,
        "zephyr/Kconfig": 1,
    }
    assert 'date="2026-11-27"' in (made.path / "Acme-Pumps.ecm_pump.pdsc").read_text()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("version", "1.2"), ("version", "01.2.3"), ("version", "1.2.3-rc1"),
        ("vendor", "Acme Pumps"), ("author", 'Jo "the" Smith'), ("author", "a\nb"),
        ("url", "https://acme.example"), ("license", "MIT or so"), ("summary", ""),
        ("date", "27.11.2026"), ("data_version", -1), ("data_version", 2**32),
    ],
)  # fmt: skip
def test_what_no_ecosystem_could_take_is_refused_at_once(
    field: str, value: str | int
) -> None:
    with pytest.raises(ValueError, match=f"`{field}`: found"):
        Release(**{field: value})


def test_the_licence_of_the_device_library_comes_along(package: Package) -> None:
    mine = (Path(__file__).parents[2] / "LICENSE").read_text().strip()
    assert mine in (package.path / "LICENSE").read_text()
    assert "LicenseRef-proprietary" in (package.path / "LICENSE").read_text()


def test_registries_are_told_of_licences_that_they_know(
    package: Package, tmp_path: Path
) -> None:
    assert "license" not in json.loads((package.path / "library.json").read_text())
    assert "license" not in (package.path / "idf_component.yml").read_text()
    sources = load_target("esp32")
    made = build(application(), target=sources, out=tmp_path / "pump", release=RELEASE)
    listed = json.loads((made.path / "library.json").read_text())
    assert listed["license"] == "BSD-3-Clause"
    said = (made.path / "idf_component.yml").read_text()
    assert 'license: "BSD-3-Clause"' in said
