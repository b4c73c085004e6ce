"""What a model alone costs on the target of a run."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ecmkit import bench, search
from ecmkit.errors import MissingError
from ecmkit.flow.context import Context
from ecmkit.graph import CompiledModel, ModelCost
from ecmkit.targets import Target

__all__ = ["emulated", "model_cost"]


def emulated(context: Context) -> Target | None:
    """Return the first target with the core that an emulator here knows."""
    for target in (context.target, *context.proofs):
        if target.cpu.name != context.target.cpu.name:
            continue
        try:
            bench.choose_runner(target)
        except MissingError:
            continue
        return target
    return None


@contextmanager
def model_cost(context: Context) -> Iterator[Callable[[CompiledModel], ModelCost]]:
    """Cost of compiled models on the core of a run.

    Emulated; estimated by the core's cost model where no emulator knows it; without
    either the tables and the work memory alone, with no instructions.
    """
    target = emulated(context)
    if target is not None:
        with bench.ModelBench(target) as workshop:
            yield workshop.cost
        return
    name = context.target.name
    try:
        model = search.CostModel.load(context.target)
    except MissingError:
        yield lambda compiled: ModelCost(
            target=name,
            flash_bytes=compiled.flash_bytes,
            ram_bytes=compiled.work_bytes,
            instructions=0,
            label="estimated",
        )
        return
    yield lambda compiled: model.predict(compiled, target=name)
