"""Runners that execute packages, and the gate that judges them."""

from ecmkit.bench.charge import Charge, Supply
from ecmkit.bench.doctor import Finding, TargetCheck, check_target, doctor
from ecmkit.bench.elf import Image, SymbolSize, read_image
from ecmkit.bench.evidence import write_evidence
from ecmkit.bench.gate import gate
from ecmkit.bench.gate_files import read_gates, write_gate
from ecmkit.bench.golden import golden_hash, load_golden, read_golden, write_golden
from ecmkit.bench.host import HostApp
from ecmkit.bench.model_cost import ModelBench, model_cost
from ecmkit.bench.parity import Parity, compare_runs
from ecmkit.bench.plan_cost import PlanCost, plan_cost
from ecmkit.bench.profile import FunctionCount
from ecmkit.bench.proofs import check_misra, prove_symbols
from ecmkit.bench.records import AppRun, Counter, Golden, Measurement
from ecmkit.bench.regression import against, changes
from ecmkit.bench.report import (
    Accuracy,
    Budget,
    Change,
    Estimate,
    GateReport,
    Row,
    Stage,
)
from ecmkit.bench.runners import BOARD_RUNNERS, RUNNERS, choose_runner, run
from ecmkit.bench.stack import StackProof, prove_stack
from ecmkit.bench.verify import Check, Verification, verify

__all__ = [
    "BOARD_RUNNERS",
    "RUNNERS",
    "Accuracy",
    "AppRun",
    "Budget",
    "Change",
    "Charge",
    "Check",
    "Counter",
    "Estimate",
    "Finding",
    "FunctionCount",
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
    "Supply",
    "SymbolSize",
    "TargetCheck",
    "Verification",
    "against",
    "changes",
    "check_misra",
    "check_target",
    "choose_runner",
    "compare_runs",
    "doctor",
    "gate",
    "golden_hash",
    "load_golden",
    "model_cost",
    "plan_cost",
    "prove_stack",
    "prove_symbols",
    "read_gates",
    "read_golden",
    "read_image",
    "run",
    "verify",
    "write_evidence",
    "write_gate",
    "write_golden",
]
