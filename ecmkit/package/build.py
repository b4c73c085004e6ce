"""From an application to a package: sources, library, firmware for the bench."""

import shutil
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from ecmkit._paths import csrc_dir
from ecmkit.errors import BuildError
from ecmkit.features import channel_steps
from ecmkit.formats import FeatureContract, as_json, replace_dir
from ecmkit.graph.host import CONTRACT_FLAGS, sources_of
from ecmkit.package.application import Application
from ecmkit.package.ecosystems import library_name, write_ecosystems
from ecmkit.package.manifest import (
    NO_COMPILER,
    THIRD_PARTY,
    TWINS,
    Manifest,
    ModelEntry,
    Package,
    Tool,
    file_hashes,
)
from ecmkit.package.model_data import as_data, data_block, data_c
from ecmkit.package.monitors import monitor_modules
from ecmkit.package.node import NODE_MODULES, node_c
from ecmkit.package.node_header import node_h
from ecmkit.package.objects import ObjectCache
from ecmkit.package.oversize import link_or_name
from ecmkit.package.release import Release
from ecmkit.package.sources import memory_of, package_c, package_h
from ecmkit.package.texts import readme
from ecmkit.package.toolchain import Compiler, CompilerName, find_compiler
from ecmkit.package.verify import VERIFY, write_verify
from ecmkit.targets import Target, support_dir

__all__ = [
    "BENCH_PREFIX",
    "build",
    "copy_support",
    "library_flags",
    "linker_script",
    "mem_flags",
    "write_library",
]

_JOBS = 2
_BOARD_BYTES = 0x1000  # of the end of the flash, for the bench's code on a board
BENCH_PREFIX = "ecmbench-"
"""The linker script finds the bench's own objects by this start of their names."""
_CONDITIONS = {
    "dsp": "defined(__ARM_FEATURE_DSP)",
    "fpu": "defined(__thumb2__) && defined(__ARM_FP)",
    "mve": "defined(__ARM_FEATURE_MVE)",
}
"""When the compiler builds for a core that a twin is for, by its suffix."""
_CHOOSER = """\
/* {portable} - the one for this core where the compiler builds for it, else the
 * portable one; either has the same bits.
 *
 * SPDX-License-Identifier: MIT
 */
#if {condition}
#include "../twins/{twin}"
#else
#include "../twins/{portable}"
#endif
"""


def build(
    app: Application,
    *,
    target: Target,
    out: Path,
    release: Release | None = None,
    compiler: CompilerName = "auto",
    cache: Path | None = None,
) -> Package:
    """Write a package; `out` appears complete or not at all.

    Parameters
    ----------
    app : Application
        What to package.
    target : Target
        What to compile for.
    out : Path
        Folder of the package; an existing one is replaced.
    release : Release, optional
        What it is called in the ecosystems of firmware.
    compiler : {"auto", "gcc", "zig"}
        ``auto`` takes GCC where it is installed, else the zig wheel.
    cache : Path, optional
        Folder of objects that were compiled before, by the hash of all that went into
        them; those that are missing are added.

    Returns
    -------
    Package
        ``src/`` has the C sources, ``lib/`` them compiled, ``firmware/`` an image for
        the bench, ``examples/`` how a product calls them; the rest is what CMake,
        Zephyr, Arduino, PlatformIO, ESP-IDF, CMSIS-Packs, Cargo and MicroPython read.
        The same application, target, release and compiler give the same bytes, wherever
        they are built. For a target that is source-only, nothing is compiled.

    Raises
    ------
    BuildError
        With the compiler's or linker's words; first by how much the image is too
        large, if it is, and the largest symbols in the memory that is too small.
    MissingError
        If there is no compiler for the target, or no sources of Monocypher where the
        release asks for them.
    ValueError
        If the release says how updates are verified, and no model has its weights as
        data.
    """
    flags, release = library_flags(target), release or Release()
    if release.verify != "none" and not as_data(app):
        raise ValueError(
            f"`verify`: found {release.verify!r}, expected 'none': no model has "
            "weights = 'data', so there are no updates"
        )
    tool = None if target.cpu.source_only else find_compiler(target, compiler)
    with replace_dir(out) as folder:
        twins = _write_sources(app, target, folder, release)
        third_party = write_verify(release, folder)
        write_ecosystems(app, release, folder)
        if tool is not None:
            _compile(app, target, tool, flags, folder, cache)
        manifest = Manifest(
            name=app.name,
            release=release,
            target=target.name,
            cpu=target.cpu.name,
            port=target.cpu.port,
            twins=twins,
            contract_id=app.contract.id,
            model_id=app.model_id,
            models=tuple(_entries(app)),
            steps=tuple(_step_names(app.contract)),
            reference_hash=app.reference.hash,
            memory=memory_of(app),
            compiler=_made_by(tool, flags),
            third_party=third_party,
            files=file_hashes(folder),
        )
        (folder / "manifest.json").write_bytes(as_json(manifest))
        package = Package(folder, manifest, app.contract)
        (folder / "README.md").write_text(readme(package, figures=()), "utf-8")
    return replace(package, path=out)


def _entries(app: Application) -> Iterator[ModelEntry]:
    """List models, then challengers: by their names in C, with their own hashes."""
    champions = ("",) * len(app.models)
    champions += tuple(app.champion_of(model).name for model in app.shadow)
    hashes = (model.hash for model in (*app.models, *app.shadow))
    for m, digest, champion in zip(app.all_models, hashes, champions, strict=True):
        yield ModelEntry(
            name=m.name, kind=m.kind, outputs=m.outputs, hash=digest, champion=champion
        )


def _made_by(tool: Compiler | None, flags: tuple[str, ...]) -> Tool:
    if tool is None:
        return Tool(name=NO_COMPILER, version="", flags=flags)
    return Tool(name=tool.name, version=tool.version, flags=(*tool.flags, *flags))


def _step_names(contract: FeatureContract) -> Iterator[str]:
    """Name the slices of all channels; where there are several, with the channel."""
    channels = contract.channels
    for channel, steps in zip(channels, channel_steps(contract), strict=True):
        for step in steps:
            yield step.name if len(channels) == 1 else f"{channel}: {step.name}"


def write_library(
    modules: Iterable[str], target: Target, source: Path
) -> dict[str, str]:
    """Copy what some modules need of the device library, with its ports and twins.

    Parameters
    ----------
    modules : iterable of str
        Such as ``("tree",)``.
    target : Target
        Says which twins.
    source : Path
        An empty folder; twins go into one beside it, with what they take the place of.

    Returns
    -------
    dict
        See `Manifest.twins`.
    """
    names, twins = sorted(set(modules)), {}
    portable = sources_of(names)
    own = sources_of(names, twins=target.cpu.twins)
    for path, chosen in zip(portable, own, strict=True):
        if chosen == path:
            shutil.copyfile(path, source / path.name)
            continue
        twins[path.name] = chosen.name
        (source.parent / TWINS).mkdir(exist_ok=True)
        for one in (path, chosen):
            shutil.copyfile(one, source.parent / TWINS / one.name)
        chooser = _CHOOSER.format(
            portable=path.name,
            twin=chosen.name,
            condition=_CONDITIONS[chosen.stem.rpartition("_")[2]],
        )
        (source / path.name).write_text(chooser, "utf-8")
    for path in csrc_dir().glob("ecm_*.h"):
        shutil.copyfile(path, source / path.name)
    port = csrc_dir() / "port"
    shutil.copyfile(port / "auto" / "ecm_port.h", source / "ecm_port.h")
    (source / "port").mkdir()
    for path in [*port.glob("ecm_*.h"), *port.glob("[fg]*/ecm_port.h")]:
        copy = source / path.relative_to(csrc_dir())
        copy.parent.mkdir(exist_ok=True)
        shutil.copyfile(path, copy)
    return twins


def library_flags(target: Target) -> tuple[str, ...]:
    """Arguments with which the device library is compiled, besides the core's."""
    return (
        target.build.optimise,
        *CONTRACT_FLAGS,
        "-ffunction-sections",
        "-fdata-sections",
        "-I.",  # port/ and twins include the library's headers
    )


def _write_sources(
    app: Application, target: Target, folder: Path, release: Release
) -> dict[str, str]:
    """Fill ``src/`` with exactly what the application needs."""
    source = folder / "src"
    source.mkdir()
    modules = {"app", *(name for m in app.all_models for name in m.modules)}
    modules |= {"app_shadow"} if app.shadow else set()
    modules |= {"app_turns"} if app.queue.in_turn else set()
    modules |= {"app_update", "monitor_data"} if as_data(app) else set()
    modules |= NODE_MODULES if release.node else set()
    modules |= {s.module for own in channel_steps(app.contract) for s in own}
    modules |= monitor_modules(app.monitors)
    twins = write_library(modules, target, source)
    (source / "ecm_package.h").write_text(package_h(app), "utf-8")
    (source / "ecm_package.c").write_text(package_c(app), "utf-8")
    if release.node is not None:
        (source / "ecm_package_node.h").write_text(node_h(app, release.node), "utf-8")
        (source / "ecm_package_node.c").write_text(node_c(app, release.node), "utf-8")
    for model in app.all_models:
        (source / f"model_{model.name}.c").write_text(model.source, "utf-8")
    if as_data(app):
        (source / "package_data.c").write_text(
            data_c(app, version=release.data_version), "utf-8"
        )
        (folder / "data.bin").write_bytes(data_block(app, version=release.data_version))
    (folder / "contract.json").write_bytes(as_json(app.contract))
    return twins


def _compile(
    app: Application,
    target: Target,
    tool: Compiler,
    flags: Iterable[str],
    folder: Path,
    cache: Path | None,
) -> None:
    """Fill ``lib/`` and ``firmware/``; objects are kept aside and go away."""
    work = folder / "work"
    shutil.copytree(folder / "src", work)
    example = folder / "examples" / "bare_metal"
    shutil.copyfile(example / "main.c", work / "example.c")
    shutil.copyfile(example / "board.h", work / "board.h")
    support = target.cpu.support
    copy_support(target, work)
    # The bench does not call what verifies updates: it is kept for its size.
    verified = (work / f"{VERIFY}.c").exists()
    kept = f"EXTERN({VERIFY})\n" if verified else ""
    (work / "link.ld").write_text(kept + linker_script(target), "utf-8")
    library = sorted(path.stem for path in (folder / "src").glob("*.c"))
    jobs: dict[str, tuple[str, ...]] = {f"{stem}.o": (f"{stem}.c",) for stem in library}
    for name in ("drive", "mail", "main", "stream"):
        jobs[f"{BENCH_PREFIX}{name}.o"] = (f"bench_{name}.c", *target.cpu.bench_flags)
    jobs["memory.o"] = ("bench_memory.c",)
    jobs["start.o"] = (f"{support}.c", "-ffreestanding")
    jobs["mem.o"] = ("mem.c", "-fno-builtin", *mem_flags(tool))
    jobs["example.o"] = ("example.c",)

    objects_cache = ObjectCache(cache, work, folder / TWINS, folder / THIRD_PARTY)

    def compile_one(item: tuple[str, tuple[str, ...]]) -> None:
        output, (source, *extra) = item
        objects_cache.compile(tool, source, output, *flags, *extra)

    with ThreadPoolExecutor(_JOBS) as pool:
        for _ in pool.map(compile_one, sorted(jobs.items())):
            pass
    library_dir = folder / "lib" / target.cpu.name
    library_dir.mkdir(parents=True)
    (folder / "firmware").mkdir()
    objects = [f"{stem}.o" for stem in library]
    tool.archive(objects, "package.a", cwd=work)
    shutil.move(work / "package.a", library_dir / f"lib{library_name(app.name)}.a")
    linked = sorted(jobs.keys() - {"example.o"})
    link_or_name(tool, linked, "bench.elf", script="link.ld", cwd=work)
    shutil.move(work / "bench.elf", folder / "firmware" / "bench.elf")
    if not target.host.fitted:
        _link_board(target, tool, linked, work, folder / "firmware")
    shutil.rmtree(work)


def _link_board(
    target: Target, tool: Compiler, linked: list[str], work: Path, firmware: Path
) -> None:
    """Link once more for the board itself, or write down why that is not possible."""
    (work / "board.ld").write_text(linker_script(target, board=True), "utf-8")
    try:
        tool.link(linked, "board.elf", script="board.ld", cwd=work)
    except BuildError as error:
        (firmware / "no-board.txt").write_text(f"{error}\n", "utf-8")
    else:
        shutil.move(work / "board.elf", firmware / "board.elf")


def copy_support(target: Target, work: Path) -> None:
    """Copy the sources of the bench, and the start-up code of a target."""
    folder, support = support_dir(), target.cpu.support
    own = folder / "mem.c", folder / f"{support}.c"
    for path in (*folder.glob("bench*.[ch]"), *own):
        shutil.copyfile(path, work / path.name)
    shutil.copyfile(folder / f"{support}.h", work / "bench_port.h")


def mem_flags(tool: Compiler) -> tuple[str, ...]:
    """Keep GCC from turning the loops of memcpy into calls of memcpy."""
    return ("-fno-tree-loop-distribute-patterns",) if tool.name == "gcc" else ()


def linker_script(target: Target, *, board: bool = False) -> str:
    """Fill in the script that puts the bench's own objects apart, by `BENCH_PREFIX`.

    Parameters
    ----------
    target : Target
        Has the memories.
    board : bool
        Whether the bench is to live in the memories of the board, its code at the end
        of the flash and its mailbox in RAM that is free; or in `host`.
    """
    text = (support_dir() / f"{target.cpu.support}.ld.in").read_text("utf-8")
    own, code = target.host, target.memory.host_code
    flash, data = target.flash.bytes, target.build.bench_bytes
    bench = own.origin, data
    apart = bench if code is None else (code.origin, code.bytes)
    mail = f"{own.origin + data:#x}", f"{own.end:#x}"
    if board:
        flash -= _BOARD_BYTES
        bench = apart = target.flash.origin + flash, _BOARD_BYTES
        mail = "ALIGN(ecm_start_bss_end, 8)", "ecm_start_stack_limit"
        if target.memory.mail is not None:
            mail = f"{target.memory.mail.origin:#x}", f"{target.memory.mail.end:#x}"
    values = {
        "flash_origin": target.flash.origin,
        "flash_bytes": flash,
        "ram_origin": target.ram.origin,
        "ram_bytes": target.ram.bytes,
        "bench_origin": bench[0],
        "bench_bytes": bench[1],
        "bench_code_origin": apart[0],
        "bench_code_bytes": apart[1],
        "stack_bytes": target.build.stack_bytes,
    }
    texts = {name: f"{value:#x}" for name, value in values.items()}
    texts |= {"mail": mail[0], "mail_end": mail[1]}
    for name, value in texts.items():
        text = text.replace(f"@{name}@", value)
    return text
