"""What a feature plan costs on a target, before there is a model."""

import tempfile
from pathlib import Path

import msgspec
import numpy as np

from ecmkit.bench.gate import Budget, GateReport, gate
from ecmkit.bench.records import Golden
from ecmkit.drift import Reference
from ecmkit.formats import FeatureContract
from ecmkit.package import Application, build
from ecmkit.package.toolchain import CompilerName
from ecmkit.targets import Target

__all__ = ["PlanCost", "plan_cost"]

_SPEED_HZ = 25.0
_OTHERS = ("push", "fetch and judge", "monitors", "init", "report")


class PlanCost(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Cost of the steps of a plan on one target."""

    target: str
    compiler: str
    instructions: dict[str, int]
    """Of each step in a window, *emulated*, exact."""
    flash_bytes: int
    """Of the application without a model, *measured* on the linked image."""
    ram_bytes: int
    """Variables and the stack in use, *emulated*."""

    @property
    def total(self) -> int:
        """Instructions of all steps in a window."""
        return sum(self.instructions.values())


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
        Of a window whose steps all give features.

    Raises
    ------
    BuildError
        If the plan does not fit on the target.
    MissingError
        If there is no compiler or no emulator for it here.
    """
    report = _judge(contract, target, compiler, speed_hz)
    rows = {row.what: round(row.value * (1024 if row.unit == "KiB" else 1))
            for row in report.rows if row.what in ("flash", "ram")}  # fmt: skip
    steps = {
        stage.name: stage.instructions
        for stage in report.stages
        if stage.name not in _OTHERS
    }
    return PlanCost(
        target=target.name,
        compiler=report.compiler,
        instructions=steps,
        flash_bytes=rows["flash"],
        ram_bytes=rows["ram"],
    )


def _judge(
    contract: FeatureContract, target: Target, compiler: CompilerName, speed_hz: float
) -> GateReport:
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
        n = contract.window_len + (memory.warm_len + 1) * contract.hop_len
        noise = 0.1 * contract.range * random.standard_normal(n)
        golden = Golden(
            x=noise.clip(-0.9 * contract.range, 0.9 * contract.range).astype(
                np.float32
            ),
            speed_hz=speed_hz if contract.needs_speed else 0.0,
            frames=1,
        )
        return gate(package, target=target, golden=golden, budget=Budget())
