"""Filter designs: what is asked for, what rounding leaves of it, and refusals."""

import subprocess
import sys

import msgspec
import numpy as np
import pytest
from scipy import signal

from ecmkit.features import FilterDesign, Sections, apply_filter, integrator
from ecmkit.features.filters import round_sections

FS = 12800.0
DESIGNS = {
    "butterworth low": {"kind": "butterworth", "passes": "lowpass", "order": 4,
                        "cutoffs_hz": (1000,)},
    "butterworth high": {"kind": "butterworth", "passes": "highpass", "order": 3,
                         "cutoffs_hz": (800,)},
    "butterworth band": {"kind": "butterworth", "passes": "bandpass", "order": 2,
                         "cutoffs_hz": (1000, 3000)},
    "butterworth stop": {"kind": "butterworth", "passes": "bandstop", "order": 2,
                         "cutoffs_hz": (1000, 3000)},
    "bessel": {"kind": "bessel", "passes": "lowpass", "order": 5,
               "cutoffs_hz": (1500,)},
    "chebyshev1": {"kind": "chebyshev1", "passes": "highpass", "order": 3,
                   "cutoffs_hz": (2000,), "ripple_db": 0.5},
    "chebyshev2": {"kind": "chebyshev2", "passes": "lowpass", "order": 4,
                   "cutoffs_hz": (2000,), "stop_db": 50},
    "notch": {"kind": "notch", "passes": "bandstop", "cutoffs_hz": (3000,), "q": 5},
}  # fmt: skip


def design(name, **change):
    return FilterDesign(fs_hz=FS, **DESIGNS[name] | change)


def level(sos, f_hz):
    return abs(signal.sosfreqz(sos, worN=[f_hz], fs=FS)[1][0])


@pytest.mark.parametrize("name", DESIGNS)
def test_cutoffs(name):
    made, sos = design(name), design(name).sos()
    for f_hz in made.cutoffs_hz:
        expected = {
            "chebyshev1": 10 ** (-0.5 / 20), "chebyshev2": 10 ** (-50 / 20), "notch": 0,
        }.get(made.kind, np.sqrt(0.5))  # fmt: skip
        assert level(sos, f_hz) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("to", ["f32", "q31", "q15"])
@pytest.mark.parametrize("name", DESIGNS)
def test_what_a_device_computes_is_what_was_asked_for(name, to):
    """Response of the C filter, measured by its impulse response."""
    made = design(name)
    sections = made.rounded(to)
    scale = {"f32": 1.0, "q31": 2.0**31, "q15": 2.0**15}[to]
    x = np.zeros(4096)
    x[0] = 0.5 * scale
    found = apply_filter(x if to == "f32" else np.round(x).astype(int), sections)
    if to == "q15":
        found[128:] = 0  # what is left is a limit cycle of a few steps
    found = np.fft.rfft(found / (0.5 * scale))
    w = np.arange(len(found)) / (len(found) - 1) * FS / 2
    _, exact = signal.sosfreqz(made.sos(), worN=w, fs=FS)
    noise = {"f32": 3e-6, "q31": 1e-6, "q15": 3e-3}[to]
    assert np.abs(found - exact).max() <= sections.response_error * 1.01 + noise
    assert sections.pole_radius < 1
    assert sections.pole_radius_error < {"f32": 1e-7, "q31": 1e-8, "q15": 1e-3}[to]


@pytest.mark.parametrize("to", ["q31", "q15"])
@pytest.mark.parametrize("name", DESIGNS)
def test_sinusoids_of_full_scale_pass_every_section(name, to):
    """Scaling between the sections: no response up to any of them exceeds 1."""
    sections = design(name).rounded(to)
    real = np.ascontiguousarray(sections.real())
    w = np.linspace(0, np.pi, 20001)
    for n in range(1, len(real)):
        _, h = signal.sosfreqz(real[:n], worN=w)
        assert np.abs(h).max() <= 1 + (1e-6 if to == "q31" else 5e-3)
    _, h = signal.sosfreqz(design(name).sos(), worN=w)
    assert np.abs(h).max() <= 1 + 1e-9


@pytest.mark.parametrize("name", DESIGNS)
def test_headroom_holds_for_the_worst_signal(name):
    """A signal of signs that drives the output as far as any can."""
    sections = design(name).rounded("q31")
    real, n = np.ascontiguousarray(sections.real()), 4000
    impulse = np.zeros(n)
    impulse[0] = 1
    worst = max(
        np.abs(signal.sosfilt(real[: k + 1], impulse)).sum() for k in range(len(real))
    )
    assert sections.headroom_db == pytest.approx(-20 * np.log10(worst), abs=1e-3)
    signs = np.sign(signal.sosfilt(real, impulse)[::-1])
    amplitude = 10 ** (min(sections.headroom_db, 0) / 20) * 0.999
    x = np.round(signs * amplitude * 2**31).clip(-(2**31), 2**31 - 1).astype(np.int64)
    found = apply_filter(x, sections) / 2**31
    exact = signal.sosfilt(real, x / 2**31)
    assert np.abs(found - exact).max() < 1e-7


@pytest.mark.parametrize("to", ["f32", "q31", "q15"])
def test_low_cutoffs_are_refused_with_advice(to):
    lowest = {"f32": 1.0, "q31": 0.1, "q15": 100.0}[to]
    low = design("butterworth high", cutoffs_hz=(lowest,), order=2)
    message = f"{to}: found .* after rounding|{to}: found the response changed by"
    with pytest.raises(ValueError, match=message) as refused:
        low.rounded(to)
    assert "raise the cutoff" in str(refused.value)
    assert "expected" in str(refused.value)
    assert low.rounded(to, tolerance=1.5).response_error > 0.01 or to == "q31"


def test_unstable_and_misshapen_sections_are_refused():
    for radius in (1.0, 1.5):
        sos = np.array([[1, 0, 0, 1, 0, radius**2]])
        with pytest.raises(ValueError, match="sos: found a pole at radius 1"):
            round_sections(sos, fs_hz=FS, to="f32")
    # stable as designed, on the circle in 14 bits
    sos = np.array([[1e-5, 0, 0, 1, -2 * 0.99999, 0.99999**2]])
    with pytest.raises(ValueError, match=r"q15: found a pole at radius 1\S* after"):
        round_sections(sos, fs_hz=FS, to="q15")
    wide = np.array([[300.0, 0, 0, 1, 0, 0]])
    with pytest.raises(ValueError, match="q15: found a section with coefficients up"):
        round_sections(wide, fs_hz=FS, to="q15")
    for bad, message in (
        (np.zeros((0, 6)), "shape"),
        (np.zeros((1, 5)), "shape"),
        (np.array([[1, 0, 0, 2, 0, 0]]), "column 3"),
        (np.array([[np.nan, 0, 0, 1, 0, 0]]), "finite"),
    ):
        with pytest.raises(ValueError, match=f"sos: found .*{message}"):
            round_sections(bad, fs_hz=FS, to="f32")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "butter"}, "kind: found 'butter'"),
        ({"passes": "low"}, "passes: found 'low'"),
        ({"fs_hz": 0.0}, "fs_hz: found 0.0, expected above 0"),
        ({"fs_hz": float("nan")}, "fs_hz: found nan"),
        ({"order": 0}, r"order: found 0, expected 1 ... 12"),
        ({"cutoffs_hz": ()}, r"cutoffs_hz: found \(\), expected 1 for lowpass"),
        ({"cutoffs_hz": (6400.0,)}, "cutoffs_hz: .*below 6400 Hz"),
        ({"cutoffs_hz": (0.0,)}, "cutoffs_hz: .*above 0"),
        ({"cutoffs_hz": (float("nan"),)}, "cutoffs_hz"),
        ({"passes": "bandpass", "cutoffs_hz": (2.0, 1.0)}, "cutoffs_hz: .*rising"),
        ({"ripple_db": 1.0}, "ripple_db: found 1.0, expected nothing for butterworth"),
        ({"kind": "chebyshev1"}, "ripple_db: found None, expected above 0"),
        ({"kind": "chebyshev2", "stop_db": -3.0}, "stop_db: found -3.0"),
        ({"kind": "notch", "q": 3.0}, "passes: found 'lowpass', expected bandstop"),
    ],
)
def test_fields_that_are_refused(change, message):
    fields = {"kind": "butterworth", "passes": "lowpass", "fs_hz": FS,
              "cutoffs_hz": (100.0,)}  # fmt: skip
    with pytest.raises(ValueError, match=message):
        FilterDesign(**fields | change)


def test_records_survive_storage():
    made = design("chebyshev1")
    assert msgspec.json.decode(msgspec.json.encode(made), type=FilterDesign) == made
    for to in ("f32", "q31", "q15"):
        sections = made.rounded(to)
        again = msgspec.json.decode(msgspec.json.encode(sections), type=Sections)
        assert again == sections
        x = np.arange(64) * 100
        np.testing.assert_array_equal(apply_filter(x, again), apply_filter(x, sections))
    with pytest.raises(ValueError, match="bits: found"):
        msgspec.structs.replace(sections, bits=())


@pytest.mark.parametrize("times", [1, 2])
def test_integrator_response(times):
    """1 / (j w)^n by the trapezoid, times the high-pass, exactly as documented."""
    sections = integrator(fs_hz=FS, lo_hz=10.0, times=times, scale=3.0)
    f = np.array([2.0, 10.0, 50.0, 300.0, 0.055 * FS, FS / 4])
    _, found = signal.sosfreqz(np.ascontiguousarray(sections.real()), worN=f, fs=FS)
    w = np.pi * f / FS
    trapezoid = 1 / (2j * FS * np.tan(w))
    _, high = signal.sosfreqz(
        signal.butter(2, 10.0, "high", fs=FS, output="sos"), worN=f, fs=FS
    )
    # the response above is that of the discrete rule: (1 + z) / (2 fs (1 - z))
    exact = 3.0 * (trapezoid * high) ** times
    assert np.abs(found / exact - 1).max() < 6e-3
    gain = np.abs(found) / (3.0 * (1 / (2 * np.pi * f)) ** times)
    assert gain[-2] == pytest.approx(0.99**times, abs=2e-3)
    assert gain[-1] == pytest.approx(0.785**times, abs=2e-3)


def test_integrator_fields():
    for field, values in (
        ("times", {"times": 3}), ("scale", {"scale": 0.0}),
        ("scale", {"scale": float("inf")}), ("cutoffs_hz", {"lo_hz": 0.0}),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=f"{field}: found"):
            integrator(**{"fs_hz": FS, "lo_hz": 10.0} | values)
    with pytest.raises(ValueError, match="f32: found the response changed"):
        integrator(fs_hz=FS, lo_hz=1.0, times=2)


def test_without_scipy_the_message_says_what_to_install():
    code = (
        "import sys; sys.modules['scipy'] = None\n"
        "from ecmkit.errors import MissingError\n"
        "from ecmkit.features import FilterDesign\n"
        "d = FilterDesign(kind='bessel', passes='lowpass', fs_hz=9, cutoffs_hz=(1,))\n"
        "try: d.sos()\n"
        "except MissingError as e: print(e)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert "`pip install ecmkit[data]`" in done.stdout
