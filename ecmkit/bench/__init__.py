"""Runners that execute packages, and the gate that judges them."""

from ecmkit.bench.doctor import Finding, TargetCheck, check_target, doctor
from ecmkit.bench.elf import Image, SymbolSize, read_image
from ecmkit.bench.evidence import write_evidence
from ecmkit.bench.gate import Budget, GateReport, Row, Stage, gate
from ecmkit.bench.golden import read_golden, write_golden
from ecmkit.bench.host import HostApp
from ecmkit.bench.model_cost import ModelBench, model_cost
from ecmkit.bench.parity import Parity, compare_runs
from ecmkit.bench.plan_cost import PlanCost, plan_cost
from ecmkit.bench.records import AppRun, Counter, Golden, Measurement
from ecmkit.bench.runners import RUNNERS, choose_runner, run
from ecmkit.bench.verify import Check, Verification, verify

__all__ = [
    "RUNNERS",
    "AppRun",
    "Budget",
    "Check",
    "Counter",
    "Finding",
    "GateReport",
    "Golden",
    "HostApp",
    "Image",
    "Measurement",
    "ModelBench",
    "Parity",
    "PlanCost",
    "Row",
    "Stage",
    "SymbolSize",
    "TargetCheck",
    "Verification",
    "check_target",
    "choose_runner",
    "compare_runs",
    "doctor",
    "gate",
    "model_cost",
    "plan_cost",
    "read_golden",
    "read_image",
    "run",
    "verify",
    "write_evidence",
    "write_golden",
]
