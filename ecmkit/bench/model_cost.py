"""What a compiled model costs on a target, alone on the emulated core."""

import tempfile
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecmkit._paths import csrc_dir
from ecmkit.bench.elf import Image, read_image
from ecmkit.bench.mailbox import Task
from ecmkit.bench.records import Measurement
from ecmkit.bench.runners import execute
from ecmkit.graph import CompiledModel, ModelCost
from ecmkit.graph.c_writer import wrapped
from ecmkit.graph.host import sources_of
from ecmkit.graph.ir import Port
from ecmkit.package.build import (
    BENCH_PREFIX,
    copy_support,
    library_flags,
    linker_script,
    mem_flags,
    write_library,
)
from ecmkit.package.toolchain import CompilerName, find_compiler
from ecmkit.targets import Target

__all__ = ["ModelBench", "model_cost"]

_ROWS = 8
"""Of noise, where no rows are given."""
_VECTORS = "start_vectors"


def model_cost(
    compiled: CompiledModel,
    target: Target,
    rows: ArrayLike | None = None,
    *,
    compiler: CompilerName = "auto",
) -> ModelCost:
    """Build a model and nothing else for a target, and run it.

    Parameters
    ----------
    compiled : CompiledModel
        Of one input, besides the blobs of loadable forests.
    target : Target
        Where it is to run; an emulator must know it.
    rows : array-like, shape (n, elements of the input), optional
        What it is run on, one row after another, such as features of windows; normal
        noise, or integers of the whole range, if left out. What a forest takes
        depends on them.
    compiler : {"auto", "gcc", "zig"}
        As for `ecmkit.package.build`.

    Returns
    -------
    ModelCost
        Labelled *emulated*.

    Raises
    ------
    ValueError
        If the rows do not fit the input, or the model has several.
    BuildError
        If the model does not fit on the target.
    DeviceError
        If it refuses a row.
    MissingError
        If there is no compiler or no emulator for the target here.
    """
    with ModelBench(target, compiler=compiler) as bench:
        return bench.cost(compiled, rows)


class ModelBench:
    """A target, and what was compiled of the device library for it: for many models.

    Parameters
    ----------
    target : Target
        Where models are to run.
    compiler : {"auto", "gcc", "zig"}
        As for `ecmkit.package.build`.

    Raises
    ------
    MissingError
        If there is no compiler for the target here.
    """

    def __init__(self, target: Target, *, compiler: CompilerName = "auto") -> None:
        self.target = target
        self.tool = find_compiler(target, compiler)
        self._folder = tempfile.TemporaryDirectory(prefix="ecmkit-models-")
        self.source = Path(self._folder.name) / "src"
        self.source.mkdir()
        names = [path.stem.removeprefix("ecm_") for path in csrc_dir().glob("ecm_*.h")]
        write_library(names, target, self.source)
        copy_support(target, self.source)
        (self.source / "link.ld").write_text(linker_script(target), "utf-8")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Remove the folder."""
        self._folder.cleanup()

    def cost(self, compiled: CompiledModel, rows: ArrayLike | None = None) -> ModelCost:
        """Measure a model; see `model_cost`."""
        given = _rows(compiled, rows)
        firmware, image = self.build(compiled)
        counts = self._run(firmware, given).segments["count"]
        vectors = sum(s.bytes for s in image.symbols if s.name == _VECTORS)
        return ModelCost(
            target=self.target.name,
            flash_bytes=image.flash_bytes - vectors,
            ram_bytes=image.ram_bytes,
            instructions=-(-int(counts.sum()) // len(counts)),
            label="emulated",
        )

    def build(self, compiled: CompiledModel) -> tuple[Path, Image]:
        """Link a model with what it needs and with the bench; the image is replaced.

        Raises
        ------
        BuildError
            With the compiler's or linker's words; first by how much the image is too
            large, if it is.
        """
        needed = sources_of(compiled.modules)
        objects = [self._once(path.name) for path in needed]
        objects.append(self._mem())
        start = f"{self.target.cpu.support}.c", f"{BENCH_PREFIX}start.o"
        flags = self.target.cpu.bench_flags
        objects.append(self._once(*start, "-ffreestanding", *flags))
        (self.source / "ecm_package.h").write_text(_header(compiled), "utf-8")
        (self.source / "model.c").write_text(compiled.source, "utf-8")
        (self.source / "data.c").write_text(_data(compiled), "utf-8")
        (self.source / "drive.c").write_text(_driver(compiled), "utf-8")
        for name in ("bench_mail", "bench_main", "bench_stream"):
            made = f"{BENCH_PREFIX}{name}.o"
            objects.append(self._once(f"{name}.c", made, *flags))
        own = ("model", "data", "bench_memory")
        objects += [self._compile(f"{name}.c", f"{name}.o") for name in own]
        objects.append(self._compile("drive.c", f"{BENCH_PREFIX}drive.o", *flags))
        self.tool.link(objects, "bench.elf", script="link.ld", cwd=self.source)
        firmware = self.source / "bench.elf"
        return firmware, read_image(firmware, self.target)

    def objects(self, modules: Iterable[str]) -> list[Path]:
        """Compile modules of the device library, with what they need."""
        needed = sources_of(tuple(modules))
        made = [self._once(path.name) for path in needed]
        return [self.source / name for name in (*made, self._mem())]

    def _mem(self) -> str:
        return self._once("mem.c", "mem.o", "-fno-builtin", *mem_flags(self.tool))

    def _once(self, source: str, made: str = "", *flags: str) -> str:
        made = made or f"{Path(source).stem}.o"
        if not (self.source / made).exists():
            self._compile(source, made, *flags)
        return made

    def _compile(self, source: str, made: str, *flags: str) -> str:
        own = (*library_flags(self.target), *flags)
        self.tool.compile(source, made, *own, cwd=self.source)
        return made

    def _run(self, firmware: Path, rows: NDArray[np.uint8]) -> Measurement:
        n, width = rows.shape
        task = Task(
            samples=rows.reshape(1, -1), what=f"{n} rows of {width} bytes", chunk=width
        )
        return execute(firmware, self.target, task)


def _own(compiled: CompiledModel) -> Port:
    """Input that the rows are for: blobs lie in flash."""
    ports = [port for port in compiled.inputs if port.name not in compiled.blobs]
    if len(ports) != 1:
        raise ValueError(f"{compiled.symbol}: {len(ports)} inputs, expected 1")
    return ports[0]


def _rows(compiled: CompiledModel, rows: ArrayLike | None) -> NDArray[np.uint8]:
    """Bytes of the rows, shape (n, bytes of a row)."""
    tensor = _own(compiled).tensor
    if rows is None:
        random = np.random.default_rng(0)
        shape = (_ROWS, tensor.size)
        if tensor.dtype == "f32":
            given = random.standard_normal(shape).astype(np.float32)
        else:
            kind = tensor.numpy
            most = 2 if tensor.dtype == "bool" else np.iinfo(kind).max
            least = 0 if tensor.dtype == "bool" else np.iinfo(kind).min
            given = random.integers(least, most, shape).astype(kind)
    else:
        given = np.ascontiguousarray(rows, tensor.numpy)
        given = given.reshape(len(given), -1) if given.size else given
    if given.ndim != 2 or given.shape[1] != tensor.size or not len(given):
        raise ValueError(
            f"rows have shape {np.shape(given)}, expected (n, {tensor.size}), n >= 1"
        )
    return given.view(np.uint8).reshape(len(given), -1)


def _words(n_bytes: int) -> int:
    return -(-n_bytes // 8)


def _header(compiled: CompiledModel) -> str:
    """Declare the memory that the caller of a model holds, as bench.h expects it."""
    sizes = {"x": _own(compiled).tensor.bytes}
    sizes |= {f"y{i}": port.tensor.bytes for i, port in enumerate(compiled.results)}
    sizes |= {"state": compiled.state_bytes, "work": compiled.work_bytes}
    kind, unit = ("uint64_t", 8) if compiled.align == 8 else ("uint32_t", 4)
    fields = [
        f"    {kind} {name}[{-(-size // unit)}];"
        for name, size in sizes.items()
        if size
    ]
    return "\n".join([
        "#ifndef ECM_PACKAGE_H",
        "#define ECM_PACKAGE_H",
        '#include "ecm_weights.h"',
        "typedef uint8_t ecm_package_sample_t;",
        "typedef struct {",
        *fields,
        "} ecm_package_memory_t;",
        "#endif",
        "",
    ])  # fmt: skip


def _constants(compiled: CompiledModel) -> dict[str, bytes]:
    """By C name: what a model reads from flash besides its own tables."""
    made = {f"bench_blob_{name}": data for name, data in compiled.blobs.items()}
    return made | ({"bench_weights": compiled.weights} if compiled.weights else {})


def _data(compiled: CompiledModel) -> str:
    lines = ["#include <stdint.h>", "typedef int data_is_not_empty;"]
    for name, data in _constants(compiled).items():
        padded = data.ljust(8 * _words(len(data)), b"\0")
        words = np.frombuffer(padded, "<u8").tolist()
        lines += [
            f"extern const uint64_t {name}[{len(words)}];",
            f"const uint64_t {name}[{len(words)}] = {{",
            *wrapped([f"0x{word:x}ULL" for word in words]),
            "};",
        ]
    return "\n".join([*lines, ""])


def _driver(compiled: CompiledModel) -> str:
    """C that runs a model on a row, counted as the bench's."""
    kinds, given = [], []
    if compiled.weights:
        kinds.append("const void *")
        given.append("(const uint8_t *)bench_weights + ECM_WEIGHTS_HEAD_BYTES")
    for port in compiled.inputs:
        blob = port.name in compiled.blobs
        kinds.append(f"const {port.tensor.c_type} *")
        given.append(f"(const void *)bench_blob_{port.name}" if blob else
                     "(const void *)memory->x")  # fmt: skip
    for i, port in enumerate(compiled.results):
        kinds.append(f"{port.tensor.c_type} *")
        given.append(f"(void *)memory->y{i}")
    if compiled.state_bytes:
        kinds.append("void *")
        given.append("memory->state")
    kinds.append("void *")
    given.append("memory->work" if compiled.work_bytes else "NULL")
    reset = f"{compiled.symbol}_reset"
    lines = ['#include "bench.h"']
    lines += [
        f"extern const uint64_t {name}[{_words(len(data))}];"
        for name, data in _constants(compiled).items()
    ]
    lines.append(f"ecm_status_t {compiled.symbol}({', '.join(kinds)});")
    start = "ECM_OK"
    if compiled.state_bytes:
        lines.append(f"ecm_status_t {reset}(void *state);")
        start = f"{reset}(memory->state)"
    return "\n".join([*lines, _DRIVE]).format(
        start=start, call=f"{compiled.symbol}({', '.join(given)})"
    )


_DRIVE = """
ecm_status_t ecm_bench_init(ecm_package_memory_t *memory, ecm_bench_stream_t *out,
                            float speed_hz) {{
    (void)memory;
    (void)out;
    (void)speed_hz;
    return {start};
}}

ecm_status_t ecm_bench_push(ecm_package_memory_t *memory, ecm_bench_stream_t *out,
                            const ecm_package_sample_t *x, uint32_t stride,
                            uint32_t x_len) {{
    ecm_status_t status;
    (void)stride;
    ecm_bench_bytes((uint8_t *)memory->x, x, x_len);
    ecm_bench_pair(out, ECM_BENCH_SEGMENT, ECM_BENCH_STEP, 0U);
    ecm_bench_enter();
    ecm_bench_begin();
    status = {call};
    ecm_bench_end();
    return status;
}}

ecm_status_t ecm_bench_report(ecm_package_memory_t *memory, ecm_bench_stream_t *out,
                              uint32_t uptime_s) {{
    (void)memory;
    (void)out;
    (void)uptime_s;
    return ECM_OK;
}}
"""
