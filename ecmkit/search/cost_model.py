"""What a candidate will cost on a core, before it is built or even trained."""

import re
from collections.abc import Iterable, Mapping
from functools import cached_property
from importlib.resources import files
from typing import Self

import msgspec
import numpy as np
from numpy.typing import ArrayLike

from ecmkit.errors import MissingError
from ecmkit.graph import CompiledModel, ModelCost
from ecmkit.search.terms import code_terms, instruction_terms
from ecmkit.targets import Target

__all__ = ["CostModel", "Section"]

_CALL = re.compile(r"\b(ecm_\w+|mem(?:cpy|set|move))\b")


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Code or a table of the device library that the linker takes as a whole."""

    bytes: int
    symbols: tuple[str, ...]
    needs: tuple[str, ...] = ()
    """Symbols of other sections."""


class CostModel(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True,
                dict=True):  # fmt: skip
    """Predicts flash, RAM and instructions of compiled models on one core.

    RAM and the bytes of tables come from the compiled model and are exact. The code
    of the device library is what the linker takes of its measured sections. The
    model's own function, and the instructions, are sums over its operations whose
    coefficients were fitted to images and to an emulator.
    """

    core: str
    """Name of the core, such as ``cortex-m4f``."""
    compiler: str
    optimise: str
    sections: tuple[Section, ...]
    code: dict[str, float]
    """Bytes of the model's own function by name of `code_terms`, *estimated*."""
    instructions: dict[str, float]
    """By name of `instruction_terms`, *estimated*."""
    routines: dict[str, tuple[str, ...]] = {}
    """Symbols that a model's own function needs for an operation, by name of
    `code_terms`: such as those of floats on a core without an FPU."""

    @classmethod
    def load(cls, target: Target) -> Self:
        """Read the cost model of a target's core.

        Parameters
        ----------
        target : Target
            Any with that core: only its core and its optimisation count.

        Returns
        -------
        CostModel

        Raises
        ------
        MissingError
            If no cost model was fitted for the core; says for which there are some.

        Examples
        --------
        >>> from ecmkit.targets import load_target
        >>> CostModel.load(load_target("mps2-an386")).core
        'cortex-m4f'
        """
        folder = files("ecmkit.search") / "costs"
        path = folder / f"{target.cpu.name}.json"
        if not path.is_file():
            known = sorted(
                p.name.removesuffix(".json")
                for p in folder.iterdir()
                if p.name.endswith(".json")
            )
            raise MissingError(
                f"{target.name}: no cost model of {target.cpu.name}, only of "
                f"{', '.join(known)}; benchmarks/cost_model fits one"
            )
        return msgspec.json.decode(path.read_bytes(), type=cls)

    def predict(
        self, compiled: CompiledModel, rows: ArrayLike | None = None, *, target: str
    ) -> ModelCost:
        """Foretell what a model costs.

        Parameters
        ----------
        compiled : CompiledModel
            Written here from a graph, in the default form of forests; trained or not.
        rows : array-like, shape (n, n_features), optional
            What it is run on: decides how far trees are walked.
        target : str
            Name for the record.

        Returns
        -------
        ModelCost
            Labelled *estimated*.

        Raises
        ------
        ValueError
            If it has no graph, or an operation has no coefficients; names them.
        """
        if compiled.graph is None:
            raise ValueError(f"{compiled.symbol}: not compiled from a graph here")
        x = None if rows is None else np.asarray(rows, np.float32)
        if x is not None:
            x = x.reshape(len(x), -1)
        counts = instruction_terms(compiled.graph, x)
        unknown = sorted({name.split()[0] for name in counts.keys() - self._known})
        if unknown:
            raise ValueError(
                f"{compiled.symbol}: the cost model of {self.core} knows no "
                f"{', '.join(unknown)}"
            )
        total = sum(self.instructions.get(k, 0.0) * n for k, n in counts.items())
        return ModelCost(
            target=target,
            flash_bytes=self._flash(compiled),
            ram_bytes=_ram(compiled),
            instructions=round(total),
            label="estimated",
        )

    def library_bytes(self, symbols: Iterable[str]) -> int:
        """Bytes of all sections that some symbols lead to."""
        waiting, found = list(symbols), set[int]()
        while waiting:
            at = self._places.get(waiting.pop())
            if at is not None and at not in found:
                found.add(at)
                waiting += self.sections[at].needs
        return sum(self.sections[at].bytes for at in found)

    def _flash(self, compiled: CompiledModel) -> int:
        assert compiled.graph is not None
        own = code_terms(compiled.graph)
        code = sum(self.code.get(name, 0.0) * n for name, n in own.items())
        held = sum(map(len, compiled.blobs.values())) + len(compiled.weights)
        tables = 0 if compiled.weights else compiled.flash_bytes
        called = set(_CALL.findall(compiled.source))
        called.update(*(self.routines.get(name, ()) for name, n in own.items() if n))
        library = self.library_bytes(called)
        return round(code) + held + tables + library

    @cached_property
    def _places(self) -> Mapping[str, int]:
        return {
            symbol: at
            for at, section in enumerate(self.sections)
            for symbol in section.symbols
        }

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(self.instructions)


def _ram(compiled: CompiledModel) -> int:
    """Bytes that the caller holds, as `ecmkit.bench.model_cost` lays them out."""
    unit = compiled.align
    held = [p for p in (*compiled.inputs, *compiled.results)
            if p.name not in compiled.blobs]  # fmt: skip
    sizes = [p.tensor.bytes for p in held]
    sizes += [compiled.state_bytes, compiled.work_bytes]
    whole = sum(-(-size // unit) * unit for size in sizes)
    return -(-whole // 8) * 8
