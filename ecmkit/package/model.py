"""One model for one target: its C with what it needs of the device library, built."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ecmkit.errors import BuildError
from ecmkit.formats import replace_dir
from ecmkit.graph import CompiledModel
from ecmkit.package.build import library_flags, write_library
from ecmkit.package.toolchain import CompilerName, find_compiler
from ecmkit.targets import Target

__all__ = ["build_model"]

_JOBS = 2


def build_model(
    model: CompiledModel, *, target: Target, out: Path, compiler: CompilerName = "auto"
) -> Path:
    """Write a model's sources for a target and compile them into a library.

    Parameters
    ----------
    model : CompiledModel
        Of any kind.
    target : Target
        What to compile for; says which twins of the kernels are taken.
    out : Path
        Folder; an existing one is replaced, and it appears complete or not at all.
    compiler : {"auto", "gcc", "zig"}
        ``auto`` takes GCC where it is installed, else the zig wheel.

    Returns
    -------
    Path
        ``out``, with the C sources in ``src/``, what they include of the core's own in
        ``twins/``, ``lib/libecm_model_<name>.a`` and, of
        weights as data, ``weights.bin``; of loadable forests ``<input>.bin``. No
        ``lib/`` for a target that is source-only.

    Raises
    ------
    BuildError
        With the compiler's words, or if tables or work memory are larger than the
        target's memories.
    MissingError
        If there is no compiler for the target.
    """
    _check_room(model, target)
    tool = None if target.cpu.source_only else find_compiler(target, compiler)
    flags = library_flags(target)
    with replace_dir(out) as folder:
        source = folder / "src"
        source.mkdir()
        write_library(model.modules, target, source)
        (source / f"{model.symbol}.c").write_text(model.source, "utf-8")
        if model.weights:
            (folder / "weights.bin").write_bytes(model.weights)
        for port, blob in model.blobs.items():
            (folder / f"{port}.bin").write_bytes(blob)
        if tool is None:
            return out
        files = sorted(path.name for path in source.glob("*.c"))
        objects = [f"{Path(name).stem}.o" for name in files]

        def compile_one(pair: tuple[str, str]) -> None:
            tool.compile(*pair, *flags, cwd=source)

        with ThreadPoolExecutor(_JOBS) as pool:
            for _ in pool.map(compile_one, zip(files, objects, strict=True)):
                pass
        (folder / "lib").mkdir()
        tool.archive(objects, f"../lib/lib{model.symbol}.a", cwd=source)
        for name in objects:
            (source / name).unlink()
    return out


def _check_room(model: CompiledModel, target: Target) -> None:
    constants = model.flash_bytes + sum(len(blob) for blob in model.blobs.values())
    for what, found, memory, name in (
        ("constants", constants, target.flash, "flash"),
        ("work memory", model.work_bytes + model.state_bytes, target.ram, "ram"),
    ):
        if found > memory.bytes:
            raise BuildError(
                f"{model.symbol}: {what} of {found:,} bytes, the {name} of "
                f"{target.name} has {memory.bytes:,}"
            )
