"""The packaged application over recordings: golden signals, service, verdicts."""

from dataclasses import replace

import msgspec
import numpy as np
import pytest

from ecmkit.bench import HostApp
from ecmkit.data import Dataset, Recording, RecordingInfo
from ecmkit.flow import operate
from ecmkit.formats.frame import decode
from tests.package.sample import FS_HZ, HOP, SPEED_HZ, WARM, WINDOW, signal


def recording(
    name: str, label: str, *, windows: int = 6, speed_hz: float = SPEED_HZ
) -> Recording:
    info = RecordingInfo(
        id=name, machine="m", label=label, unit="g", fs_hz=FS_HZ, speed_hz=speed_hz
    )
    x = signal(windows, seed=sum(name.encode()))
    return Recording(info=info, channels=("drive_end",), x=x[np.newaxis])


HEALTHY = Dataset((recording("h0", "healthy"), recording("h1", "healthy")))
MIXED = Dataset((
    recording("o0", "outer", speed_hz=90.0),
    recording("i0", "inner", speed_hz=95.0),
    recording("o1", "outer", speed_hz=110.0),
))  # fmt: skip


def n_windows(n_samples: int) -> int:
    """Windows with events behind one start."""
    return (n_samples - WINDOW) // HOP + 1 - WARM


class TestGoldenSignal:
    @pytest.mark.parametrize(("wanted", "made"), [(1, 2), (2, 2), (3, 4), (4, 4)])
    def test_windows_are_shared_by_the_classes(
        self, host_app: HostApp, wanted: int, made: int
    ) -> None:
        golden = operate.golden_signal(MIXED, host_app.package, windows=wanted)
        assert n_windows(golden.x.size) == made

    def test_each_class_is_there_from_its_first_recording(
        self, host_app: HostApp
    ) -> None:
        golden = operate.golden_signal(MIXED, host_app.package, windows=4)
        inner, outer = MIXED.recordings[1].x[0], MIXED.recordings[0].x[0]
        before = WINDOW + (WARM - 1) * HOP
        parts = [inner[:before], inner[: 2 * HOP], outer[: 2 * HOP]]
        np.testing.assert_array_equal(golden.x, [np.concatenate(parts)])
        assert golden.speed_hz == 95.0

    def test_the_application_finds_that_many_windows(self, host_app: HostApp) -> None:
        golden = operate.golden_signal(MIXED, host_app.package, windows=4)
        assert len(host_app.run(golden).events) == 4

    def test_channels_in_turn_take_the_signal_over_again(
        self, host_app: HostApp
    ) -> None:
        pack = host_app.package
        once = operate.golden_signal(MIXED, pack, windows=4).x
        n = once.shape[1]
        memory = msgspec.structs.replace(pack.manifest.memory, turns=(2 * n // HOP,))
        manifest = msgspec.structs.replace(pack.manifest, memory=memory)
        x = operate.golden_signal(MIXED, replace(pack, manifest=manifest), windows=4).x
        assert x.shape[1] >= memory.span_len > n
        np.testing.assert_array_equal(x[:, n : 2 * n], once)


class TestServe:
    @staticmethod
    def serve(
        host_app: HostApp, report_every: int, before: Dataset = HEALTHY
    ) -> operate.Service:
        return operate.serve(
            host_app,
            before,
            MIXED,
            report_every=report_every,
            progress=lambda note: None,
        )

    @pytest.mark.parametrize("report_every", [1, 2, 5, 100])
    def test_windows_and_frames_are_counted(
        self, host_app: HostApp, report_every: int
    ) -> None:
        served = self.serve(host_app, report_every)
        before, after = (sum(r.x.shape[1] for r in d) for d in (HEALTHY, MIXED))
        assert sum(served.windows) == n_windows(before + after)
        assert served.windows[0] == n_windows(before)
        assert len(served.frames) == 1 + sum(served.windows) // report_every
        assert served.changed_frame == 1 + served.windows[0] // report_every
        assert all(a <= w for a, w in zip(served.alarms, served.windows, strict=True))

    def test_frames_tell_the_time_of_the_device(self, host_app: HostApp) -> None:
        frames = [decode(f) for f in self.serve(host_app, 1).frames]
        assert [frame.seq for frame in frames] == list(range(len(frames)))
        uptimes = [frame.uptime_s for frame in frames[1:]]
        assert uptimes == sorted(uptimes)
        total = sum(r.x.shape[1] for d in (HEALTHY, MIXED) for r in d)
        assert uptimes[-1] == int(total / FS_HZ)

    def test_every_service_starts_anew(self, host_app: HostApp) -> None:
        assert self.serve(host_app, 2) == self.serve(host_app, 2)

    def test_recordings_follow_each_other_without_a_gap(
        self, host_app: HostApp
    ) -> None:
        x = np.concatenate([r.x[0] for r in HEALTHY])
        info = HEALTHY.recordings[0].info
        whole = Recording(info=info, channels=("drive_end",), x=x[np.newaxis])
        one = self.serve(host_app, 2, Dataset((whole,)))
        assert one.frames == self.serve(host_app, 2).frames


class TestClassify:
    def test_each_recording_is_judged_alone(self, host_app: HostApp) -> None:
        both = operate.classify(host_app, MIXED)
        assert both.truth.tolist() == ["outer"] * 6 + ["inner"] * 6 + ["outer"] * 6
        assert both.recording.tolist() == ["o0"] * 6 + ["i0"] * 6 + ["o1"] * 6
        assert set(both.found) <= set(operate.classes_of(host_app.package))
        for number, name in enumerate(("o0", "i0", "o1")):
            alone = operate.classify(host_app, MIXED.select([name]))
            assert alone.found.tolist() == both.found[6 * number :][:6].tolist()

    def test_verdicts_are_those_of_the_outputs(self, host_app: HostApp) -> None:
        only = MIXED.recordings[1]
        host_app.restart(speed_hz=only.info.speed_hz)
        outputs = host_app.push(only.x[0]).outputs
        classes = np.array(operate.classes_of(host_app.package))
        expected = classes[np.argmax(outputs[:, : len(classes)], axis=1)]
        found = operate.classify(host_app, Dataset((only,))).found
        assert found.tolist() == expected.tolist()

    def test_windows_that_were_not_valid_are_left_out(self, host_app: HostApp) -> None:
        bad = recording("b0", "inner", windows=2 * WARM)
        bad.x[0, WINDOW + (WARM + 3) * HOP + 1] = np.nan
        # Four before it; it is in two windows, and behind them the plan warms up.
        left = 2 * WARM - 4 - 2 - WARM
        assert len(operate.classify(host_app, Dataset((bad,))).found) == 4 + left
