"""What a feature plan costs on a target, before there is a model."""

import tempfile
from pathlib import Path

import msgspec
import numpy as np

from ecmkit.bench.elf import Image, read_image
from ecmkit.bench.records import Counter, Golden, Measurement
from ecmkit.bench.runners import run
from ecmkit.bench.stages import slice_names
from ecmkit.bench.stream import STEP
from ecmkit.drift import Reference
from ecmkit.formats import FeatureContract
from ecmkit.package import Application, Package, build
from ecmkit.package.toolchain import CompilerName
from ecmkit.targets import Target

__all__ = ["PlanCost", "plan_cost"]

_SPEED_HZ = 25.0
_OTHERS = ("fetch and judge", "monitors")


class PlanCost(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Cost of the steps of a plan on one target."""

    target: str
    compiler: str
    counter: Counter
    """What `steps` count."""
    steps: dict[str, int]
    """Instructions or cycles of each step in a window, *emulated*, exact; named as in
    the manifest."""
    flash_bytes: int
    """Of the application without a model, *measured* on the linked image."""
    ram_bytes: int
    """Variables and the stack in use, *emulated*."""

    @property
    def total(self) -> int:
        """Instructions or cycles of all steps in a window."""
        return sum(self.steps.values())


def plan_cost(
    contract: FeatureContract,
    target: Target,
    *,
    compiler: CompilerName = "auto",
    speed_hz: float = _SPEED_HZ,
) -> PlanCost:
    """Build an application that has the plan and nothing else, and run it.

    Parameters
    ----------
    contract : FeatureContract
        Of the plan.
    target : Target
        Where it is to run; an emulator must know it.
    compiler : {"auto", "gcc", "zig"}
        As for `ecmkit.package.build`.
    speed_hz : float
        Shaft speed of the signal that is pushed, noise; the count of instructions
        depends on it little.

    Returns
    -------
    PlanCost
        Of a window whose steps all give features and that is not the first.

    Raises
    ------
    BuildError
        If the plan does not fit on the target.
    MissingError
        If there is no compiler or no emulator for it here.
    """
    package, measured, image = _run(contract, target, compiler, speed_hz)
    segments = measured.segments
    last = len(measured.run.events) - 1 + package.manifest.memory.warm_len
    inside = segments[segments["window"] == last]
    steps = {
        name: int(inside["count"][inside["stage"] == STEP + i].sum())
        for i, name in enumerate(slice_names(package))
        if name not in _OTHERS
    }
    made_by = package.manifest.compiler
    return PlanCost(
        target=target.name,
        compiler=f"{made_by.name} {made_by.version}",
        counter=measured.counter,
        steps=steps,
        flash_bytes=image.flash_bytes,
        ram_bytes=image.ram_bytes + measured.stack_bytes,
    )


def _run(
    contract: FeatureContract, target: Target, compiler: CompilerName, speed_hz: float
) -> tuple[Package, Measurement, Image]:
    n_features = len(contract.names)
    app = Application(
        name="plan",
        contract=contract,
        models=(),
        watches=(),
        reference=Reference(
            names=contract.names,
            edges=np.tile(np.arange(7, dtype=np.float32), (n_features, 1)),
            probabilities=np.full((n_features, 8), 0.125, np.float32),
            n=1,
        ),
    )
    with tempfile.TemporaryDirectory() as folder:
        package = build(
            app, target=target, out=Path(folder) / "plan", compiler=compiler
        )
        random = np.random.default_rng(0)
        memory = package.manifest.memory
        n = contract.window_len + (memory.warm_len + 2) * contract.hop_len
        noise = random.standard_normal((len(contract.channels), n))
        ranges = np.array([[contract.range_of(i)] for i in range(len(noise))])
        golden = Golden(
            x=((0.1 * noise).clip(-0.9, 0.9) * ranges).astype(np.float32),
            speed_hz=speed_hz if contract.needs_speed else 0.0,
            frames=1,
        )
        measured = run(package, target, golden)
        return package, measured, read_image(package.firmware, target)
