"""The application of examples/demo.toml, as `ecmkit run` builds it."""

from dataclasses import dataclass
from pathlib import Path

from ecmkit import bench, package
from ecmkit._paths import examples_dir
from ecmkit.flow import close, loop, operate, release

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
    train, reference = context.tables["train"], context.tables["reference"]
    learn, test = context.split.masks(train.recording)
    judged = release.train_stage(
        context,
        train.rows(learn),
        close.join(train.rows(test), reference),
        data_hash=context.life["train"].hash,
        title="champion",
    )
    watched = release.known_rows(reference, context.project.drift.labels)
    built = release.package_stage(context, judged, watched, title="champion")
    golden = operate.golden_signal(
        context.life["reference"], built.package, windows=windows
    )
    return Demo(built.app, golden)
