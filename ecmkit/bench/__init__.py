"""Runners that execute packages, and the gate that judges them."""

from ecmkit.bench.doctor import Finding, TargetCheck, check_target, doctor
from ecmkit.bench.elf import Image, SymbolSize, read_image
from ecmkit.bench.evidence import write_evidence, write_proofs
from ecmkit.bench.gate import Budget, GateReport, Row, Stage, gate
from ecmkit.bench.host import HostApp
from ecmkit.bench.model_cost import ModelBench, model_cost
from ecmkit.bench.parity import Parity, compare_runs
from ecmkit.bench.plan_cost import PlanCost, plan_cost
from ecmkit.bench.proofs import check_misra, prove_symbols
from ecmkit.bench.records import AppRun, Counter, Golden, Measurement
from ecmkit.bench.runners import RUNNERS, choose_runner, run
from ecmkit.bench.stack import StackProof, prove_stack

__all__ = [
    "RUNNERS",
    "AppRun",
    "Budget",
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
    "StackProof",
    "Stage",
    "SymbolSize",
    "TargetCheck",
    "check_misra",
    "check_target",
    "choose_runner",
    "compare_runs",
    "doctor",
    "gate",
    "model_cost",
    "plan_cost",
    "prove_stack",
    "prove_symbols",
    "read_image",
    "run",
    "write_evidence",
    "write_proofs",
]
