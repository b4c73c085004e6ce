"""The fixture that users gate with, run in tests of a user's."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]
pytestmark = pytest.mark.emulator

ROOT = Path(__file__).parent.parent
TESTS = """
    from pathlib import Path
    import msgspec
    from ecmkit import bench
    from tests.package.sample import SPEED_HZ, application, signal

    GOLDEN = bench.Golden(x=signal(1), speed_hz=SPEED_HZ)

    def test_it_fits(ecm_target):
        package = ecm_target.build(application(), "mps2-an386")
        report = ecm_target.gate(package, golden=GOLDEN, name="pump")
        assert report.passed, report.misses
        assert report.parity.differences == 0
        Path("first.json").write_bytes(msgspec.json.encode(report))

    def test_it_does_not_fit(ecm_target):
        package = ecm_target.build(application(), "mps2-an386")
        budget = bench.Budget(flash_kib=20)
        report = ecm_target.gate(
            package, golden=GOLDEN, budget=budget, baseline="first.json"
        )
        assert report.baseline == package.id
        assert report.changes == ()
        assert report.passed, report.misses
"""


@pytest.fixture
def runner(pytester: pytest.Pytester, pytestconfig: pytest.Config) -> pytest.Pytester:
    # What is compiled stays, as it does for users from one run to the next.
    kept = pytester.mkdir(".pytest_cache") / "d"
    kept.mkdir()
    objects = pytestconfig.cache.mkdir("ecmkit-objects")
    (kept / "ecmkit-objects").symlink_to(objects)
    pytester.makepyfile(test_pump=TESTS)
    pytester.makeconftest("")
    return pytester


def run(place: pytest.Pytester, *options: str) -> pytest.RunResult:
    """Run the user's tests in a process of their own, as an installed plugin does."""
    command = [
        sys.executable, "-m", "pytest", "-p", "ecmkit.pytest_plugin", "-p",
        "no:ecmkit", "-o", f"pythonpath={ROOT}", "-q", *options,
    ]  # fmt: skip
    return place.run(*command, timeout=280)


def test_a_package_is_gated_and_a_miss_is_a_failure_with_its_words(
    runner: pytest.Pytester,
) -> None:
    runner.makepyprojecttoml("[tool.pytest.ini_options]\n")
    found = run(runner, "--ecm-json", "out.json", "--junitxml", "junit.xml")
    found.assert_outcomes(passed=1, failed=1)
    found.stdout.fnmatch_lines(["*flash: * KiB is * above the budget of 20*"])
    record = json.loads((runner.path / "out.json").read_text("utf-8"))
    names = [one["name"] for one in record["benchmarks"]]
    assert names == ["pump[mps2-an386]", "pump[mps2-an386]"]
    first = record["benchmarks"][0]
    assert first["extra_info"]["label"] == "estimated"
    assert first["extra_info"]["instructions per window [instructions]"] > 50_000
    assert first["extra_info"]["stage time [instructions]"] > 10_000
    assert 1e-3 < first["stats"]["min"] < first["stats"]["max"] < 1e-1
    junit = (runner.path / "junit.xml").read_text("utf-8")
    assert "pump on mps2-an386: flash [KiB]" in junit
    # The tool that compares benchmarks reads the file.
    said = subprocess.run(
        [sys.executable, "-m", "pytest_benchmark", "compare", "out.json", "--csv=x"],
        cwd=runner.path,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert "pump[mps2-an386]" in said.stdout
    assert (runner.path / "x.csv").exists()


def test_a_test_runs_on_each_target_that_is_named(runner: pytest.Pytester) -> None:
    runner.makepyfile(
        test_pump="""
        def test_target(ecm_target):
            print("on", ecm_target.target().cpu.name)
        """
    )
    found = run(
        runner, "-s", "--ecm-target", "mps2-an386", "--ecm-target", "virt-rv32imc"
    )
    found.assert_outcomes(passed=2)
    found.stdout.fnmatch_lines(["*on cortex-m4f*", "*on rv32imc*"])


def test_bad_input_is_named_and_who_does_not_ask_imports_nothing(
    runner: pytest.Pytester,
) -> None:
    runner.makepyfile(
        test_a_light="""
        import sys

        def test_light():
            assert "ecmkit.bench" not in sys.modules
        """,
        test_pump="""
        import pytest
        from ecmkit.errors import FormatError, TargetError

        def test_no_target(ecm_target):
            with pytest.raises(ValueError, match="expected --ecm-target NAME"):
                ecm_target.target()

        def test_unknown(ecm_target):
            with pytest.raises(TargetError, match="did you mean"):
                ecm_target.target("mps2-an38")

        def test_nothing_there(ecm_target):
            with pytest.raises(FormatError, match="nowhere.*missing"):
                ecm_target.gate("nowhere")
        """,
    )
    run(runner).assert_outcomes(passed=4)
