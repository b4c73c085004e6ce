"""A project as small as one can be: simulated, with a plan of its own."""

from pathlib import Path

PLAN = """\
channel = "DE"
unit = "g"
fs_hz = 12000.0
range = 16.0
window_len = 1024
hop_len = 512
features = [
    "rms", "kurtosis", "crest",
    { name = "band_fraction", bands_hz = [[2000.0, 3000.0], [3000.0, 4500.0]] },
    "spectral_entropy",
    "env_kurtosis",
]

[envelope]
band_hz = [500.0, 5500.0]
"""

PROJECT = """\
name = "small"
seed = 3
target = "nucleo-f401re"

[plan]
use = "short.toml"

[split]
by = "machine"
test = ["m02"]

[train.classifier]
family = "random-forest"
features = ["rms", "band_*"]
options = { n_trees = 6, max_depth = 4 }

[train.distance]
family = "k-means"
labels = ["normal"]
options = { n_clusters = 2 }

[train.reconstruction]
family = "autoencoder"
labels = ["normal"]
options = { hidden = [4], epochs = 5 }

[train.regression]
family = "ridge"
features = ["rms", "kurtosis"]
target = "fault_size"

[drift]
false_alarms = 100
labels = ["normal"]

[drift.plan]
features = ["rms", "distance", "fault_size"]
false_alarms = 200
per = "detector"
detectors = [{ kind = "mean", direction = "up" }]
bounds = [{ value = "dropped", limit = 2.0 }]

[operate]
report_every = 2
emulate_windows = 2

[gate]
flash_kib = 64
ram_kib = 72
stack_bytes = 1024
instructions_per_window = 1_000_000
cpu_percent = 50
accuracy_drop_points = 5
regression_percent = 60

[[data.simulator.scenario]]
label = "normal"
machines = 3
duration_s = 1.0

[[data.simulator.scenario]]
label = "inner"
fault_size = 0.4
machines = 3
duration_s = 1.0

[[data.simulator.scenario]]
stretch = "reference"
label = "normal"
first_machine = 5
recordings = 5
duration_s = 2.0

[[data.simulator.scenario]]
stretch = "before"
label = "normal"
first_machine = 5
recordings = 2
duration_s = 2.0

# A loose mount and a noisy neighbour: the champion must lose its way.
[[data.simulator.scenario]]
stretch = "after"
label = "normal"
first_machine = 5
recordings = 6
duration_s = 1.0
resonance_shift = 0.8
noise_gain = 4.0

[[data.simulator.scenario]]
stretch = "after"
label = "inner"
fault_size = 0.4
first_machine = 5
recordings = 6
duration_s = 1.0
resonance_shift = 0.8
noise_gain = 4.0
"""


def write_project(folder: Path, **replaced: str) -> Path:
    """Write the project and its plan; ``old="new"`` pairs change lines by their key."""
    lines = PROJECT.splitlines()
    for key, value in replaced.items():
        at = next(i for i, line in enumerate(lines) if line.startswith(f"{key} ="))
        lines[at] = f"{key} = {value}"
    (folder / "short.toml").write_text(PLAN)
    (folder / "small.toml").write_text("\n".join(lines))
    return folder / "small.toml"
