"""Packages: complete, the same bytes everywhere, and refused with a reason."""

import os
import re
import shutil
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from ecmkit._paths import csrc_dir
from ecmkit.errors import BuildError, FormatError, MissingError
from ecmkit.formats import file_hash
from ecmkit.formats.minisign import SecretKey
from ecmkit.package import (
    Package,
    build,
    find_compiler,
    load_package,
    seal,
    write_archives,
    write_readme,
)
from ecmkit.package.toolchain import CompilerName
from ecmkit.targets import Target, list_targets, load_target
from tests.package.sample import application, models

WARNINGS = [
    *("-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Wundef", "-Wvla"),
    *("-Wdouble-promotion", "-Wmissing-prototypes", "-Wcast-qual", "-Werror"),
]


def tool(name: str) -> str:
    """Skip, with the name of the tool, where it is not installed."""
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed")
    return name


def test_a_package_is_read_back_as_it_was_built(package: Package) -> None:
    again = load_package(package.path)
    assert again == package
    assert again.manifest.steps == (
        "time", "transform", "power", "bands", "envelope",
    )  # fmt: skip
    assert again.outputs == application().outputs
    assert {path.name for path in package.path.iterdir()} == {
        "CMakeLists.txt", "Cargo.toml", "LICENSE", "README.md", "cmake",
        "contract.json", "ecmkit.ecm_pump.pdsc", "examples", "firmware",
        "idf_component.yml",
        "keywords.txt", "lib", "library.json", "library.properties", "manifest.json",
        "micropython", "rust", "src", "zephyr",
    }  # fmt: skip


def test_it_has_exactly_the_sources_that_it_needs(package: Package) -> None:
    names = {path.name for path in package.sources}
    assert {"ecm_app.c", "ecm_tree.c", "ecm_kmeans.c", "model_anomaly.c"} <= names
    assert not {"ecm_nn.c", "ecm_quant.c"} & names
    for name in ("fpu", "generic"):
        port = Path("port", name, "ecm_port.h")
        copy = package.path / "src" / port
        assert copy.read_bytes() == (csrc_dir() / port).read_bytes()


def test_the_compiler_chooses_the_port_that_the_target_names(tmp_path: Path) -> None:
    """Of every core that a compiler is here for; the generic port has its own root."""
    source = tmp_path / "port.c"
    source.write_text('#include "ecm_base.h"\n')
    folders = [f"-I{csrc_dir()}", f"-I{csrc_dir() / 'port' / 'auto'}"]
    targets = {t.cpu.name: t for t in map(load_target, list_targets())}
    chosen = {}
    for name, one in targets.items():
        if one.cpu.source_only or one.cpu.gcc is None:
            continue
        tool(f"{one.cpu.gcc.prefix}gcc")
        command = [f"{one.cpu.gcc.prefix}gcc", *one.cpu.gcc.flags, "-ffreestanding"]
        done = subprocess.run(
            [*command, "-E", *folders, str(source)],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        chosen[name] = "generic" if "ecm_port_root_q23" in done.stdout else "fpu"
    assert chosen == {name: targets[name].cpu.port for name in chosen}
    assert set(chosen.values()) == {"fpu", "generic"}


def archives(package: Package, folder: Path) -> dict[str, str]:
    """Seal a copy, and hash its archives."""
    copy = load_package(shutil.copytree(package.path, folder / "copy"))
    seal(copy, key=SecretKey(b"12345678", bytes(range(32))))
    return {path.name: file_hash(path) for path in write_archives(copy, folder)}


@pytest.mark.usefixtures("uncached")
def test_two_folders_users_and_days_get_the_same_archives(
    package: Package, target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = archives(package, tmp_path)
    home = tmp_path / "home"
    home.mkdir()
    for name, value in (
        ("HOME", str(home)), ("USER", "other"), ("TZ", "Pacific/Apia"),
        ("LANG", "tr_TR.UTF-8"), ("SOURCE_DATE_EPOCH", "1795750000"),
    ):  # fmt: skip
        monkeypatch.setenv(name, value)
    later = time.time() + 86_400
    monkeypatch.setattr(time, "time", lambda: later)
    before = os.umask(0o077)
    try:
        again = build(application(), target=target, out=home / "deeper" / "other")
        assert archives(again, home) == one
    finally:
        os.umask(before)
    assert again.manifest == package.manifest
    assert again.id == package.id
    assert set(one) == {
        "ecm_pump-0.1.0.tar.gz", "ecm_pump-0.1.0.zip", "ecmkit.ecm_pump.0.1.0.pack",
    }  # fmt: skip


def test_nothing_in_a_package_asks_for_the_time(package: Package) -> None:
    for path in (package.path / "src").rglob("*.[ch]"):
        assert not re.search(r"__(DATE|TIME|TIMESTAMP)__", path.read_text()), path


def test_objects_of_zig_do_not_tell_the_folder_they_were_built_in(
    target: Target, tmp_path: Path
) -> None:
    """At -O2 zig added debug information, and with it the path."""
    pytest.importorskip("ziglang")
    settings = msgspec.structs.replace(target.build, optimise="-O2")
    faster = msgspec.structs.replace(target, build=settings)
    made = [
        build(application(), target=faster, out=tmp_path / name, compiler="zig")
        for name in ("one", "other")
    ]
    assert made[0].manifest.files == made[1].manifest.files


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda path: (path / "src" / "ecm_app.c").unlink(), "ecm_app.c: missing"),
        (lambda path: (path / "src" / "x.c").touch(), "x.c: not listed"),
        (
            lambda path: (path / "contract.json").write_text("{}"),
            "contract.json: not what manifest",
        ),
        (
            lambda path: (path / "manifest.json").write_text("{"),
            "manifest.json: cannot",
        ),
    ],
)
def test_a_changed_package_is_refused(
    package: Package, tmp_path: Path, change: object, words: str
) -> None:
    copy = shutil.copytree(package.path, tmp_path / "copy")
    change(copy)  # type: ignore[operator]
    with pytest.raises(FormatError, match=words):
        load_package(copy)


def test_the_readme_can_be_written_again_without_breaking_the_package(
    package: Package, tmp_path: Path
) -> None:
    copy = load_package(shutil.copytree(package.path, tmp_path / "copy"))
    assert "Not gated yet" in (copy.path / "README.md").read_text()
    features = len(copy.contract.features)
    told = f"| 51 bytes | 1 | {features} | {features / 4:.3g} h |"
    assert told in (copy.path / "README.md").read_text()
    write_readme(copy, figures=[("flash", "10.4 KiB", "measured")])
    assert "| flash | 10.4 KiB | measured |" in (copy.path / "README.md").read_text()
    load_package(copy.path)


def test_generated_sources_are_clean_under_all_warnings(package: Package) -> None:
    example = package.path / "examples" / "bare_metal" / "main.c"
    sources = [package.path / "src" / "ecm_package.c", example]
    flags = ["-std=c99", "-fsyntax-only", f"-I{package.path / 'src'}", *WARNINGS]
    done = subprocess.run(
        [tool("gcc"), *flags, *map(str, sources)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("support", "command"),
    [
        ("cortex-m", ("arm-none-eabi-gcc", "-mcpu=cortex-m4", "-mthumb")),
        (
            "riscv32",
            ("riscv64-unknown-elf-gcc", "-march=rv32imac", "-mabi=ilp32",
             "-ffreestanding"),
        ),
        ("avr", ("avr-gcc", "-mmcu=atmega2560")),
    ],
)  # fmt: skip
def test_bench_sources_are_clean_under_all_warnings(
    support: str, command: tuple[str, ...], package: Package, tmp_path: Path
) -> None:
    folder = tmp_path / "support"
    shutil.copytree(package.path / "src", folder)
    sources = Path(csrc_dir().parent / "targets" / "support")
    for path in sources.glob("*.[ch]"):
        shutil.copyfile(path, folder / path.name)
    shutil.copyfile(sources / f"{support}.h", folder / "bench_port.h")
    # The port of the package's own core has double registers in it.
    generic = csrc_dir() / "port" / "generic" / "ecm_port.h"
    shutil.copyfile(generic, folder / "ecm_port.h")
    names = ["bench_drive.c", "bench_mail.c", "bench_main.c", "bench_memory.c",
             "bench_serial.c", "bench_stream.c", f"{support}.c", "mem.c"]  # fmt: skip
    done = subprocess.run(
        [
            tool(command[0]),
            *command[1:],
            *("-std=c99", "-fsyntax-only", "-I."),
            *WARNINGS,
            *names,
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert done.returncode == 0


def test_a_product_without_room_is_told_how_much_it_needs(package: Package) -> None:
    need = package.manifest.memory.ram_bytes
    command = [tool("gcc"), "-std=c99", "-fsyntax-only", f"-I{package.path / 'src'}"]
    source = str(package.path / "src" / "ecm_package.c")
    for room, words in ((need, ""), (need - 1, f"package_needs_{need}_bytes_of_ram")):
        done = subprocess.run(
            [*command, f"-DECM_PACKAGE_RAM_MAX={room}U", source],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert (done.returncode == 0) is (words == "")
        assert words in done.stderr


def test_the_library_takes_nothing_from_outside_but_memory_functions(
    package: Package,
) -> None:
    said = subprocess.run(
        [tool("arm-none-eabi-nm"), str(package.library)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    defined = set(re.findall(r" [TRtrDdBb] (\w+)", said))
    undefined = set(re.findall(r" U (\w+)", said)) - defined
    assert undefined <= {"memcpy", "memset", "memmove"}
    assert not re.findall(r" [DdBbC] (\w+)", said)


@pytest.mark.parametrize("compiler", ["gcc", "zig"])
def test_an_image_that_is_too_large_says_by_how_much_and_what_fills_it(
    target: Target, tmp_path: Path, compiler: CompilerName, pytestconfig: pytest.Config
) -> None:
    try:
        find_compiler(target, compiler)
    except MissingError as error:
        pytest.skip(str(error))
    objects = pytestconfig.cache.mkdir("ecmkit-objects")
    small = msgspec.structs.replace(target.memory.flash, bytes=8192)
    memory = msgspec.structs.replace(target.memory, flash=small)
    tight = msgspec.structs.replace(target, memory=memory)
    with pytest.raises(
        BuildError, match=r"is \d+ bytes larger than the flash"
    ) as found:
        build(
            application(), target=tight, out=tmp_path / "out", compiler=compiler,
            cache=objects,
        )  # fmt: skip
    told = str(found.value).splitlines()[1]
    assert re.match(r"the largest in flash: \w+ [\d,]+ B, \w+ [\d,]+ B, ", told)
    sizes = [int(n.replace(",", "")) for n in re.findall(r" ([\d,]+) B", told)]
    assert sizes == sorted(sizes, reverse=True)
    assert len(sizes) == 8
    excess = int(re.search(r"is (\d+) bytes", str(found.value))[1])  # type: ignore[index]
    fits = msgspec.structs.replace(small, bytes=8192 + excess)
    memory = msgspec.structs.replace(target.memory, flash=fits)
    build(
        application(),
        target=msgspec.structs.replace(target, memory=memory),
        out=tmp_path / "out",
        compiler=compiler,
        cache=objects,
    )


def test_a_compiler_error_is_passed_on_and_nothing_is_left(
    target: Target, tmp_path: Path
) -> None:
    broken = (replace(models()[0], source="this is not C\n"), models()[1])
    with pytest.raises(BuildError, match=r"model_classifier\.c:1:1: error"):
        build(application(models=broken), target=target, out=tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_missing_compiler_is_named_with_the_line_that_installs_it(
    target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, "PATH", "/nowhere")
    with pytest.raises(MissingError, match=r"apt-get install .*gcc-arm-none-eabi"):
        find_compiler(target, "gcc")
    assert find_compiler(target).name == "zig"
    with pytest.raises(ValueError, match="compiler is 'tcc'"):
        find_compiler(target, "tcc")  # type: ignore[arg-type]


def test_every_board_links(tmp_path: Path) -> None:
    for name in ("nucleo-f401re", "nucleo-l4r5zi"):
        built = build(application(), target=load_target(name), out=tmp_path / name)
        assert built.firmware.stat().st_size > 0


def test_what_is_no_package_is_told_by_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path, tmp_path / "none", tmp_path / "file"):
        with pytest.raises(FormatError, match=r"manifest\.json: missing, expected"):
            load_package(path)
