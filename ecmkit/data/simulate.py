"""Vibration of a rolling bearing, simulated from its physics.

The model, all angles in radians of the shaft, theta(t) = 2 pi int f(t) dt with
f(t) = f0 (1 + slow fluctuation):

* **Impulses.** A defect meets rolling elements (or, on a ball, the races) at the angles

      theta_k = theta_(k-1) + 2 pi / order (1 + slip e_k),      e_k ~ N(0, 1),

  with order BPFO, BPFI or 2 BSF. The jitter accumulates, since slip has no memory of
  where the ball should be; so lines widen with their number, unlike with jitter about a
  clock (Antoni and Randall 2003).
* **Load zone.** An impulse is as strong as the load on the rolling element there,

      q(phi) = (1 - (1 - cos phi) / (2 eps))^(3/2),   0 where the bracket is negative

  (Stribeck; phi is measured from the direction of the load, 3/2 is Hertz's exponent
  for balls). An outer race defect stands at a fixed phi, an inner race defect turns
  with the shaft (sidebands at the shaft's speed), a ball with the cage (sidebands at
  FTF). Balls share the load unevenly, so an outer race defect carries a faint mark of
  the cage.
* **Double pulse.** The element enters the defect of length s (weak, of opposite sign)
  and hits its far edge later by the time it needs to roll over it, s / v, with v the
  speed of the contact (Sawalhi and Randall 2011).
* **Resonances.** Each impulse of height a excites modes of the structure,

      y(t) = a g exp(-zeta w t) sin(w sqrt(1 - zeta^2) t),      w = 2 pi f_mode,

  added at the exact instant, between samples too (McFadden and Smith 1984).
* **Height.** a = gain s (f0 / f_ref)^2 (preload + load): an edge twice as long throws
  twice as far, velocities square into accelerations.
* **Rest of the machine.** Imbalance and misalignment at 1, 2, 3 times the shaft speed,
  gear mesh, ambient noise (falling with frequency, and what it shakes of the modes),
  white sensor noise; then the sensor clips at its range and quantises to 16 bits.

References
----------
P. D. McFadden, J. D. Smith, "Model for the vibration produced by a single point defect
in a rolling element bearing", J. Sound Vib. 96 (1984) 69-82.
J. Antoni, R. B. Randall, "A stochastic model for simulation and diagnostics of rolling
element bearings with localized faults", J. Vib. Acoust. 125 (2003) 282-289.
R. Stribeck, "Kugellager fuer beliebige Belastungen", Z. VDI 45 (1901) 73-79.
N. Sawalhi, R. B. Randall, Mech. Syst. Signal Process. 25 (2011) 846-870.
"""

import zlib
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from ecmkit.data.bearing import BearingGeometry
from ecmkit.data.recording import Dataset, Recording, RecordingInfo
from ecmkit.errors import DataError

__all__ = ["Mount", "Resonance", "Scenario", "SimulatorConfig", "load_zone", "simulate"]

Array = NDArray[np.float64]
Label = Literal["normal", "inner", "outer", "ball"]

# Shortest response worth adding, relative to its start.
_DECAY = 1e-4


class Resonance(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A mode of bearing, housing and sensor mount."""

    hz: float
    damping: float = 0.03
    """Damping ratio, above 0 and below 1."""
    gain: float = 1.0


class Scenario(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Recordings under one condition, on one or more machines."""

    label: Label
    fault_size: float = 0.0
    """Length of the defect in mm, along the rolling direction; 0 for ``normal``."""
    load: float = 0.5
    """Share of the rated load, 0 ... 1."""
    speed_hz: float = 29.93
    """Shaft speed in revolutions per second."""
    duration_s: float = 4.0
    recordings: int = 1
    """Recordings of each machine."""
    machines: int = 1
    """Machines, each with resonances, imbalance and noise of its own."""
    first_machine: int = 0
    """Number of the first; the same number is the same machine in every scenario."""
    stretch: str = "train"
    """Part of the life that this belongs to; `simulate` can be asked for one."""
    fault_angle_deg: float = 0.0
    """Place of an outer race defect, from the direction of the load."""
    resonance_shift: float = 1.0
    """Factor on the machine's resonances: a loose or stiffened mount."""
    noise_gain: float = 1.0
    """Factor on the ambient noise: a neighbour that was not there before. (A ratio of
    signal to noise would tie the noise to the fault, and give the fault away.)"""


class Mount(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A further sensor on the housing, with noise of its own."""

    channel: str
    gain: float = 1.0
    """What it hears over what the first one hears."""


class SimulatorConfig(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """The test rig, and what is done on it."""

    scenario: tuple[Scenario, ...]
    fs_hz: float = 12000.0
    channel: str = "DE"
    mount: tuple[Mount, ...] = ()
    """Further channels beside `channel`."""
    range_g: float = 16.0
    """Full scale of the sensor."""
    bearing: BearingGeometry = BearingGeometry()
    resonance: tuple[Resonance, ...] = (
        Resonance(hz=2700.0, damping=0.03, gain=1.0),
        Resonance(hz=3900.0, damping=0.02, gain=0.5),
    )
    resonance_spread: float = 0.03
    """Standard deviation of a mode's frequency over machines, relative."""
    gain_g_per_mm: float = 6.0
    """Height of an impulse at 30 Hz shaft speed under the whole load."""
    preload: float = 0.3
    """Load on the bearing of an idle machine, as a share of the rated one."""
    load_zone: float = 0.5
    """Stribeck's eps: 0.5 without clearance, when half the circumference carries."""
    slip: float = 0.01
    """Standard deviation of an interval between impulses, relative."""
    cage_modulation: float = 0.1
    """Unevenness of the load among the balls."""
    entry_ratio: float = 0.3
    """Height of the entry pulse over that of the exit."""
    speed_fluctuation: float = 0.002
    """Standard deviation of the speed, relative."""
    imbalance_g: float = 0.03
    """Amplitude at 1 x shaft at 30 Hz; grows with the square of the speed."""
    misalignment_g: float = 0.02
    """Amplitude at 2 x shaft; 3 x has half of it."""
    gear_teeth: int = 0
    """Teeth of a gear on the shaft; 0: none."""
    gear_g: float = 0.05
    """Amplitude at the mesh frequency, with sidebands of the shaft."""
    noise_g: float = 0.04
    """Root mean square of the ambient noise."""
    sensor_noise_g: float = 0.005
    """Root mean square of the sensor's own noise."""

    def __post_init__(self) -> None:
        """Refuse what cannot be simulated."""
        for name in ("fs_hz", "range_g", "load_zone", "gain_g_per_mm"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name}: found {getattr(self, name)}, expected > 0")
        for mode in self.resonance:
            if not (0 < mode.hz < self.fs_hz / 2 and 0 < mode.damping < 1):
                raise ValueError(
                    f"resonance: found {mode.hz:g} Hz with damping {mode.damping:g}, "
                    f"expected below {self.fs_hz / 2:g} Hz and between 0 and 1"
                )
        names = [self.channel, *(mount.channel for mount in self.mount)]
        for name in names:
            if not name or names.count(name) > 1:
                raise ValueError(
                    f"mount: channel: found {', '.join(map(repr, names))}, expected "
                    "names, each once"
                )
        for number, scenario in enumerate(self.scenario, start=1):
            _check(scenario, f"scenario {number} ({scenario.label})")


_REFERENCE_HZ = 30.0


def simulate(
    config: SimulatorConfig, *, seed: int, stretch: str | None = None
) -> Dataset:
    """Simulate all recordings of a configuration.

    Parameters
    ----------
    config : SimulatorConfig
        The rig and the scenarios.
    seed : int
        Decides on everything random; the same machine number under the same seed is the
        same machine, so two stretches of its life can be simulated apart.
    stretch : str, optional
        Only scenarios of this stretch; all by default.

    Returns
    -------
    Dataset
        Channels in g, float32 with the steps of 16 bits over the range. Ids read
        ``train_inner-0.3_load0.5_speed29.93_m00_r0``; ``machine`` is ``m00``.

    Raises
    ------
    DataError
        If there is no scenario of that stretch, or two produce the same ids.
    """
    chosen = [s for s in config.scenario if stretch in (None, s.stretch)]
    if not chosen:
        there = ", ".join(sorted({s.stretch for s in config.scenario})) or "no scenario"
        raise DataError(
            f"simulator: stretch: found {there}, expected {stretch or 'some scenario'}"
        )
    made: dict[str, Recording] = {}
    for scenario in chosen:
        for machine in range(scenario.machines):
            for take in range(scenario.recordings):
                number = scenario.first_machine + machine
                recording = _record(config, scenario, number, take, seed)
                if recording.info.id in made:
                    raise DataError(
                        f"simulator: scenario: found {recording.info.id!r} twice, "
                        "expected scenarios that differ in label, size, load, speed, "
                        "machine or stretch"
                    )
                made[recording.info.id] = recording
    return Dataset(tuple(made.values()))


def load_zone(phi: Array, eps: float) -> Array:
    """Load on a rolling element relative to the most loaded one (Stribeck).

    Parameters
    ----------
    phi : ndarray of float64
        Angle from the direction of the load [rad].
    eps : float
        Load zone parameter, above 0; 0.5 is half the circumference.

    Examples
    --------
    >>> load_zone(np.array([0.0, np.pi]), 0.5)
    array([1., 0.])
    """
    share: Array = np.maximum(1 - (1 - np.cos(phi)) / (2 * eps), 0.0) ** 1.5
    return share


def _check(scenario: Scenario, where: str) -> None:
    healthy = scenario.label == "normal"
    if healthy != (scenario.fault_size == 0) or scenario.fault_size < 0:
        expected = "0" if healthy else "above 0 mm"
        raise ValueError(
            f"{where}: fault_size: found {scenario.fault_size:g}, expected {expected}"
        )
    if not 0 <= scenario.load <= 1:
        raise ValueError(f"{where}: load: found {scenario.load:g}, expected 0 ... 1")
    for name in ("speed_hz", "duration_s", "resonance_shift"):
        if not 0 < getattr(scenario, name) < np.inf:
            raise ValueError(
                f"{where}: {name}: found {getattr(scenario, name):g}, expected above 0"
            )
    for name in ("machines", "recordings"):
        if getattr(scenario, name) < 1:
            raise ValueError(f"{where}: {name}: found below 1, expected 1 or more")
    if scenario.first_machine < 0 or scenario.noise_gain < 0:
        raise ValueError(
            f"{where}: first_machine and noise_gain: found below 0, expected 0 or more"
        )


class _Machine:
    """What stays the same from recording to recording of one machine."""

    def __init__(self, config: SimulatorConfig, number: int, seed: int) -> None:
        rng = np.random.default_rng([seed, number])
        modes = len(config.resonance)
        spread = 1 + config.resonance_spread * rng.standard_normal(modes)
        self.modes = tuple(
            msgspec.structs.replace(mode, hz=float(mode.hz * factor))
            for mode, factor in zip(config.resonance, spread, strict=True)
        )
        self.imbalance = config.imbalance_g * rng.uniform(0.6, 1.4)
        self.misalignment = config.misalignment_g * rng.uniform(0.6, 1.4)
        self.noise = config.noise_g * rng.uniform(0.8, 1.25)
        self.name = f"m{number:02d}"


def _record(
    config: SimulatorConfig, scenario: Scenario, number: int, take: int, seed: int
) -> Recording:
    machine = _Machine(config, number, seed)
    fault: str = scenario.label
    if scenario.fault_size:
        fault += f"-{scenario.fault_size:g}"
    name = (
        f"{scenario.stretch}_{fault}_load{scenario.load:g}_speed{scenario.speed_hz:g}_"
        f"{machine.name}_r{take}"
    )
    rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
    x = _vibration(config, scenario, machine, rng)
    info = RecordingInfo(
        id=name,
        machine=machine.name,
        label=scenario.label,
        unit="g",
        fs_hz=config.fs_hz,
        speed_hz=scenario.speed_hz,
        load=scenario.load,
        fault_size=scenario.fault_size,
        range=config.range_g,
        source="simulator",
    )
    gains = [1.0, *(mount.gain for mount in config.mount)]
    return Recording(
        info=info,
        channels=(config.channel, *(mount.channel for mount in config.mount)),
        x=np.stack([_sample(gain * x, config, rng) for gain in gains]),
    )


def _vibration(
    config: SimulatorConfig,
    scenario: Scenario,
    machine: _Machine,
    rng: np.random.Generator,
) -> Array:
    """Acceleration of the housing in g, shape (n_samples,)."""
    n = round(scenario.duration_s * config.fs_hz)
    t = np.arange(n) / config.fs_hz
    theta = _shaft_angle(t, scenario.speed_hz, config.speed_fluctuation, rng)
    modes = tuple(
        msgspec.structs.replace(mode, hz=mode.hz * scenario.resonance_shift)
        for mode in machine.modes
    )
    x = _shaft(theta, scenario.speed_hz, config, machine, rng)
    x += _ambient(n, config.fs_hz, machine.noise * scenario.noise_gain, modes, rng)
    if scenario.label != "normal":
        at, height = _impulses(t, theta, config, scenario, rng)
        x += _ring(n, config.fs_hz, at, height, modes)
    return x


def _shaft_angle(
    t: Array, speed_hz: float, fluctuation: float, rng: np.random.Generator
) -> Array:
    """Angle of the shaft: the speed wanders with a few slow sinusoids."""
    rates = rng.uniform(0.2, 2.0, 4)
    phases = rng.uniform(0, 2 * np.pi, 4)
    depth = fluctuation * np.sqrt(2 / 4)
    theta = t + rng.uniform(0, 1 / speed_hz)
    for rate, phase in zip(rates, phases, strict=True):
        theta += depth * np.sin(2 * np.pi * rate * t + phase) / (2 * np.pi * rate)
    return 2 * np.pi * speed_hz * theta


def _impulses(
    t: Array,
    theta: Array,
    config: SimulatorConfig,
    scenario: Scenario,
    rng: np.random.Generator,
) -> tuple[Array, Array]:
    """Instants [s] and heights [g] of the impulses of a defect."""
    orders, speed = config.bearing.orders, scenario.speed_hz
    order = {"outer": orders.BPFO, "inner": orders.BPFI, "ball": 2 * orders.BSF}
    pitch = 2 * np.pi / order[scenario.label]
    # Enough to cover the recording, whatever the slip does.
    count = int((theta[-1] - theta[0]) / pitch * 1.1) + 10
    steps = pitch * (1 + config.slip * rng.standard_normal(count))
    angle = theta[0] + rng.uniform(0, pitch) + np.cumsum(np.maximum(steps, 0.0))
    angle = angle[angle < theta[-1]]
    at = np.interp(angle, theta, t)

    cage = orders.FTF * angle + rng.uniform(0, 2 * np.pi)
    uneven = 1 + config.cage_modulation * np.cos(cage)
    if scenario.label == "outer":
        phi = np.full(len(at), np.radians(scenario.fault_angle_deg))
        rolling = np.pi * config.bearing.pitch_diameter * orders.FTF * speed
        share = load_zone(phi, config.load_zone) * uneven
    elif scenario.label == "inner":
        phi = angle + rng.uniform(0, 2 * np.pi)
        rolling = np.pi * config.bearing.pitch_diameter * (1 - orders.FTF) * speed
        share = load_zone(phi, config.load_zone) * uneven
    else:
        # The ball goes round with the cage and strikes the races in turn; the inner
        # race is farther from the sensor.
        rolling = np.pi * config.bearing.ball_diameter * orders.BSF * speed
        share = load_zone(cage, config.load_zone)
        share[1::2] *= 0.8
    height = (
        config.gain_g_per_mm
        * scenario.fault_size
        * (speed / _REFERENCE_HZ) ** 2
        * (config.preload + scenario.load)
        / (config.preload + 1)
        * share
        * rng.lognormal(0, 0.1, len(at))
    )
    late = at + scenario.fault_size / rolling
    return (
        np.concatenate([at, late]),
        np.concatenate([-config.entry_ratio * height, height]),
    )


def _ring(
    n: int, fs_hz: float, at: Array, height: Array, modes: tuple[Resonance, ...]
) -> Array:
    """Response of the modes to impulses at any instants, shape (n,)."""
    x = np.zeros(n)
    for mode in modes:
        w = 2 * np.pi * mode.hz
        rate = mode.damping * w
        taps = np.arange(int(-np.log(_DECAY) / rate * fs_hz) + 2)
        first = np.ceil(at * fs_hz).astype(np.int64)
        lag = first / fs_hz - at
        when = lag[:, np.newaxis] + taps / fs_hz
        swing = np.sin(w * np.sqrt(1 - mode.damping**2) * when)
        y = mode.gain * height[:, np.newaxis] * np.exp(-rate * when) * swing
        place = first[:, np.newaxis] + taps
        inside = place < n
        x += np.bincount(place[inside], weights=y[inside], minlength=n)
    return x


def _shaft(
    theta: Array,
    speed_hz: float,
    config: SimulatorConfig,
    machine: _Machine,
    rng: np.random.Generator,
) -> Array:
    """Imbalance, misalignment and gear mesh, shape (n,)."""
    phase = rng.uniform(0, 2 * np.pi, 4)
    square = (speed_hz / _REFERENCE_HZ) ** 2
    x: Array = machine.imbalance * square * np.sin(theta + phase[0])
    x += machine.misalignment * np.sin(2 * theta + phase[1])
    x += machine.misalignment / 2 * np.sin(3 * theta + phase[2])
    mesh_hz = config.gear_teeth * speed_hz
    if 0 < mesh_hz < config.fs_hz / 2:
        swing = 1 + 0.2 * np.sin(theta)
        x += config.gear_g * swing * np.sin(config.gear_teeth * theta + phase[3])
    return x


def _ambient(
    n: int,
    fs_hz: float,
    rms: float,
    modes: tuple[Resonance, ...],
    rng: np.random.Generator,
) -> Array:
    """Noise that falls with frequency, and rises again at the modes; shape (n,)."""
    f = np.fft.rfftfreq(n, 1 / fs_hz)
    power = 1 / (1 + f / 300)
    for mode in modes:
        r = f / mode.hz
        power += 0.003 * mode.gain / ((1 - r**2) ** 2 + (2 * mode.damping * r) ** 2)
    shaped = np.fft.rfft(rng.standard_normal(n)) * np.sqrt(power)
    shaped[0] = 0
    x: Array = np.fft.irfft(shaped, n)
    deviation = float(x.std())
    return x * (rms / deviation) if deviation else x


def _sample(
    x: Array, config: SimulatorConfig, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Turn it into what a 16-bit sensor says: noise, clipping, steps."""
    noisy = x + config.sensor_noise_g * rng.standard_normal(len(x))
    step = config.range_g / 32768
    codes = np.clip(np.rint(noisy / step), -32768, 32767)
    # A full-scale code reads as the range itself, so that clipping can be seen.
    codes[codes == 32767] = 32768
    return (codes * step).astype(np.float32)
