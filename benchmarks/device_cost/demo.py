"""The application of examples/demo.toml, as `ecmkit run` builds it."""

from dataclasses import dataclass
from pathlib import Path

from ecmkit import bench, package
from ecmkit._paths import examples_dir
from ecmkit.flow import loop, operate

__all__ = ["Demo", "build_demo"]


@dataclass(frozen=True)
class Demo:
    """What is built for every target, and the signal that it is run on."""

    app: package.Application
    golden: bench.Golden


def build_demo(runs: Path, *, windows: int) -> Demo:
    """Simulate, extract, train, compile and calibrate: the stages up to the package.

    Parameters
    ----------
    runs : Path
        Empty folder for the run's cache and registry.
    windows : int
        Windows of the golden signal.
    """
    context, _ = loop.prepare(
        examples_dir() / "demo.toml",
        folder=None,
        runs=runs,
        fresh=False,
        progress=lambda stage, note: None,
    )
    _, _, built = loop.build(context)
    golden = operate.golden_signal(
        context.life["reference"], built.package, windows=windows
    )
    return Demo(built.app, golden)
