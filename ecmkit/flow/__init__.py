"""The whole loop, from recordings to gated firmware and back."""

from ecmkit.flow.deliver import Delivered, deliver
from ecmkit.flow.loop import STAGES, RunResult, run
from ecmkit.flow.project import Project, load_project
from ecmkit.flow.records import RunReport

__all__ = [
    "STAGES",
    "Delivered",
    "Project",
    "RunReport",
    "RunResult",
    "deliver",
    "load_project",
    "run",
]
