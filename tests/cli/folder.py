"""A project on a folder of CSV recordings, without mistakes until a test makes one."""

from pathlib import Path

import numpy as np

from tests.flow.small import PLAN, PROJECT

HEAD, _, _ = PROJECT.partition("[[data.simulator")
STRETCHES = """
[data.folder]
path = "recordings"

[data.folder.train]
select = { files = ["train/*"] }

[data.folder.reference]
select = { files = ["later/reference*"] }

[data.folder.before]
select = { files = ["later/before*"] }

[data.folder.after]
select = { files = ["later/after*"] }
"""
TEXT = HEAD.replace('test = ["m02"]', 'test = ["m1"]') + STRETCHES

SAMPLES = {
    "train/normal-m0": 2012,
    "train/normal-m1": 2012,
    "train/inner-m0": 2012,
    "train/inner-m1": 2012,
    "later/reference": 17_512,
    "later/before": 2012,
    "later/after": 2012,
}
"""Samples of each recording."""
ENTRY = """\
[[recording]]
file = "{name}.csv"
channels = {{DE = "acceleration"}}
fs_hz = 12000.0
unit = "g"
machine = "{machine}"
label = "{label}"
"""


class FolderProject:
    """Files of a project; each may be changed before it is run."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.project = root / "pump.toml"
        self.runs = root / "runs"
        self.recordings = root / "recordings"
        self.index = self.recordings / "recordings.toml"
        self.project.write_text(TEXT.replace('name = "small"', 'name = "pump"'))
        (root / "short.toml").write_text(PLAN)
        for number, (name, n) in enumerate(SAMPLES.items()):
            path = self.csv(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            x = np.random.default_rng(number).normal(size=n)
            rows = (f"{i},{value:.4f}" for i, value in enumerate(x))
            path.write_text("\n".join(["n,acceleration", *rows]) + "\n")
        self.index.write_text("\n".join(map(self._entry, SAMPLES)))

    @staticmethod
    def _entry(name: str) -> str:
        label, _, machine = name.rpartition("/")[2].partition("-")
        known = label in ("normal", "inner")
        return ENTRY.format(
            name=name, label=label if known else "normal", machine=machine or "m9"
        )

    def csv(self, name: str) -> Path:
        """Path of a recording."""
        return self.recordings / f"{name}.csv"

    def change(self, path: Path, old: str, new: str) -> None:
        """Replace text that a file has once or more."""
        text = path.read_text("utf-8")
        assert old in text, f"{path} has no {old!r}"
        path.write_text(text.replace(old, new), "utf-8")
