"""What a training ran in: versions and platform."""

import platform
from importlib.metadata import PackageNotFoundError, version

from ecmkit.registry.records import Environment

__all__ = ["PACKAGES", "environment"]

PACKAGES = (
    "ecmkit",
    "lightgbm",
    "mlflow",
    "numpy",
    "onnx",
    "onnxruntime",
    "optuna",
    "scikit-learn",
    "scipy",
    "skl2onnx",
    "torch",
)
"""Packages that a trained model may depend on."""


def environment() -> Environment:
    """Describe this process: no package is imported for it.

    Examples
    --------
    >>> "numpy" in environment().packages
    True
    """
    return Environment(
        python=platform.python_version(),
        system=platform.system(),
        machine=platform.machine(),
        packages={name: found for name in PACKAGES if (found := _version(name))},
    )


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
