"""Project files: every mistake is named with file, field, found and expected."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecmkit._paths import examples_dir
from ecmkit.errors import FormatError
from ecmkit.features import load_plan
from ecmkit.flow import load_project
from ecmkit.flow.checks import check_settings
from ecmkit.flow.project import Project, Stretch
from ecmkit.flow.read import plan_of
from ecmkit.package import Device
from ecmkit.package.device import Run

SIMULATOR = '[[data.simulator.scenario]]\nlabel = "normal"\n'
FOLDER = "".join(
    f"[data.folder.{name}]\n" for name in ("train", "reference", "before", "after")
)


def write(folder: Path, *tables: str, head: str = "", data: str = SIMULATOR) -> Path:
    """Write a project file; `tables` come after what every project has."""
    path = folder / "pump.toml"
    names = {line.split(" =")[0] for line in head.splitlines()}
    lines = [f'{n} = "{v}"' for n, v in HEAD.items() if n not in names]
    path.write_text("\n".join([*lines, head, data, *tables]))
    return path


HEAD = {"name": "pump", "target": "mps2-an386"}


def read(folder: Path, *tables: str, **more: str) -> Project:
    return load_project(write(folder, *tables, **more))


@pytest.mark.parametrize("name", ["demo", "cwru"])
def test_the_examples_are_without_mistakes(name: str) -> None:
    path = examples_dir() / f"{name}.toml"
    project = load_project(path)
    assert project.name == name
    check_settings(project, str(path), plan_of(project, path))


WHOLE = (examples_dir() / "cwru.toml").read_text("utf-8")


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    at=st.integers(0, len(WHOLE)),
    gone=st.integers(0, 40),
    new=st.text(max_size=8)
    | st.sampled_from(["[", "]", "=", '"', "nan", "-1", "[[a]]"]),
)
def test_whatever_is_typed_only_a_message_comes_out(
    tmp_path: Path, at: int, gone: int, new: str
) -> None:
    path = tmp_path / "pump.toml"
    path.write_bytes((WHOLE[:at] + new + WHOLE[at + gone :]).encode("utf-8", "replace"))
    said = "pump.toml: nothing"
    try:
        project = load_project(path)
        check_settings(project, str(path), plan_of(project, path))
    except FormatError as error:
        said = str(error)
    assert "pump.toml: " in said


def test_the_version_of_the_data_is_read_and_held_to_its_range(tmp_path: Path) -> None:
    assert read(tmp_path, "[package]\ndata_version = 3").package.data_version == 3
    with pytest.raises(FormatError, match=r"pump\.toml: package\.verify: found 'rsa'"):
        read(tmp_path, '[package]\nverify = "rsa"')
    with pytest.raises(FormatError, match=r"pump\.toml.*data_version.*found -1"):
        read(tmp_path, "[package]\ndata_version = -1")


def test_a_device_is_held_to_the_plan(tmp_path: Path) -> None:
    right = "[package.device.run]\noff_below = 0.1\ninput = "
    found = read(tmp_path, f'{right}"rms"').package
    assert found.node == Device(run=Run(input="rms", off_below=0.1))
    project = read(tmp_path, f'{right}"rmss"')
    plan = plan_of(project, tmp_path / "pump.toml")
    said = r"pump\.toml: package\.device\.run\.input: found 'rmss'.*mean 'rms'"
    with pytest.raises(FormatError, match=said):
        check_settings(project, str(tmp_path / "pump.toml"), plan)


def test_what_is_left_out_has_its_default(tmp_path: Path) -> None:
    project = read(tmp_path)
    assert project.seed == 0
    assert project.train.classifier.family == "random-forest"
    assert project.operate.report_every == 8
    assert project.gate.parity == "bits"


@pytest.mark.parametrize(
    ("head", "tables", "words"),
    [
        ('nmae = "x"', "", ["unknown field `nmae`", "did you mean `name`"]),
        ("seed = -1", "", ["`seed`", "-1", "0 ... 4294967295"]),
        ('seed = "x"', "", ["seed: found 'x', expected a whole number"]),
        ("seed = 4294967296", "", ["`seed`", "4294967296"]),
        ("", "[gate]\nflash_kb = 1", ["gate: ", "`flash_kb`", "`flash_kib`?"]),
        ("", "[gate]\nflash_kib = nan", [".flash_kib: found", "nan", "above 0"]),
        ("", "[gate]\nram_kib = -1", ["gate.ram_kib: found -1"]),
        ("", "[gate]\nstack_bytes = 1.5", ["gate.stack_bytes: found 1.5, expected a"]),
        ("", '[gate]\nparity = "bit"', ["parity", "bit"]),
        ("", "[power]\nduty = 0.0", ["power", "duty", "0.0", "above 0 ... 1"]),
        ("", "[power]\nsleep_ma = -1", ["power", "sleep_ma", "-1", "0 or more"]),
        ("", "[power]\nsleep_ua = 4", ["sleep_ua", "power", "sleep_ma"]),
        ("", '[queue]\nsamples = "int8"', ["queue.samples", "int8"]),
        ("", '[queue]\nchannels = "turns"', ["queue.channels", "'turns'", "in-turn"]),
        (
            "",
            "[operate]\nreport_every = 0",
            [".report_every: found", "found 0", "1 or more"],
        ),
        ("", "[operate]\nemulate_windows = 0", [".emulate_windows: found", "found 0"]),
        (
            "",
            "[operate]\nlearn_share = 1.0",
            [".learn_share: found", "found 1.0", "below 1"],
        ),
        ("", "[operate]\nmargin = -0.1", [".margin: found", "found -0.1"]),
        ("", "[drift]\nk = 0", ["drift.k: found 0", "above 0"]),
        ("", "[drift]\nk = inf", [".k: found", "found inf"]),
        ("", "[drift]\nalpha = 1.0", [".alpha: found", "found 1.0"]),
        ("", '[split]\nby = "bearing"', ["split.by: found 'bearing'"]),
        (
            "",
            "[train.classifier]\nlabels = []",
            ["train.classifier.family: found nothing"],
        ),
        ("", "[train.clasifier]", ["clasifier", "did you mean `classifier`"]),
        ("", "[[data.simulator.scenario]]\nlabel = 'bal'", ["bal", "scenario[1]"]),
        ("", "[data.simulator.scenario]", ["not valid TOML", "line"]),
    ],
)
def test_a_mistake_is_named(
    tmp_path: Path, head: str, tables: str, words: list[str]
) -> None:
    with pytest.raises(FormatError) as caught:
        read(tmp_path, tables, head=head)
    for word in ["pump.toml", *words]:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("", ["data: found nothing, expected a table"]),
        ("[data]\n", ["neither table", "`simulator` and `folder`", "toml: data: "]),
        (SIMULATOR + FOLDER, ["found simulator and folder"]),
        ("[data]\nclipped_share = 2.0\n" + FOLDER, [".clipped_share: found", "2.0"]),
        ("[data.folder.train]\n", ["data.folder.reference: found nothing"]),
        (FOLDER + "part = [0.5, 0.5]", ["data.folder.after.part: found [0.5, 0.5]"]),
        (FOLDER + "part = [0.5, nan]", ["part", "nan"]),
        (FOLDER + "part = [0.5]", ["data.folder.after.part: found 1 values"]),
        (FOLDER + "select = {label = ['x']}", ["label", "did you mean `labels`"]),
    ],
)
def test_a_mistake_about_recordings_is_named(
    tmp_path: Path, data: str, words: list[str]
) -> None:
    with pytest.raises(FormatError) as caught:
        read(tmp_path, data=data)
    for word in ["pump.toml", *words]:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    "name",
    [
        *("", ".", "..", "../x", "a/b", ".cache", "-x", "3pumps", "registry", "ä"),
        *("x" * 101, "a\\u0000", "a b"),
    ],
)
def test_a_name_that_is_no_folder_of_its_own_is_refused(
    tmp_path: Path, name: str
) -> None:
    with pytest.raises(FormatError, match=r"pump\.toml: `name`: found .*expected"):
        read(tmp_path, head=f'name = "{name}"')


@pytest.mark.parametrize("name", ["p", "Pump-3_b.2", "x" * 100])
def test_names_that_folder_and_registry_take(tmp_path: Path, name: str) -> None:
    assert read(tmp_path, head=f'name = "{name}"').name == name


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (
            '[train.classifier]\nfamily = "random-forrest"',
            ["`train.classifier.family`", "k-means", "did you mean 'random-forest'"],
        ),
        (
            '[train.distance]\nfamily = "k-means"\noptions = {n_cluster = 3}',
            ["`train.distance.options`", "`n_cluster`", "did you mean `n_clusters`"],
        ),
        (
            '[train.classifier]\nfamily = "random-forest"\noptions = {n_trees = "x"}',
            ["`train.classifier.options`: n_trees: found 'x', expected a whole number"],
        ),
        (
            '[train.reconstruction]\nfamily = "autoencoder"\noptions = {hidden = 8}',
            ["`train.reconstruction.options`: hidden: found 8, expected a list"],
        ),
        (
            '[train.classifier]\nfamily = "random-forest"\noptions = {seed = 1}',
            ["`train.classifier.options`", "`seed`", "n_trees"],
        ),
        (
            '[train.classifier]\nfamily = "random-forest"\nfeatures = ["env*", "rns"]',
            ["`train.classifier.features`", "'rns'", "rms, peak"],
        ),
        (
            '[train.classifier]\nfamily = "svm"\noptions = {gama = 1.0}',
            ["`train.classifier.options`", "'gama'", "did you mean 'gamma'"],
        ),
        (
            '[train.distance]\nfamily = "lof"\noptions = {n_prototype = 9}',
            ["`train.distance.options`", "did you mean 'n_prototypes'"],
        ),
        (
            '[train.classifier]\nfamily = "mlp"\noptions = {width = [3]}',
            ["`train.classifier.options`", "'width'", "did you mean 'widths'"],
        ),
        ('[drift]\nfalse_alarms = "1/moon"', ["`drift.false_alarms`", "1/moon"]),
        ("[drift]\nfalse_alarms = 2", ["`drift.false_alarms`", "at least 3 windows"]),
        ("[queue]\nlen = 0", ["queue.len: found 0, expected 1 up to 16777216 samples"]),
        (
            "[drift.plan]\nfalse_alarms = 2000\n[drift.plan.baseline]\nwindows = 500",
            ["`package.device`: found none, expected a device that learns"],
        ),
        (
            "[drift.plan]\nfalse_alarms = 2000\n[drift.plan.baseline]\nwindows = 1001\n"
            "[package]\ndevice = true",
            ["package.device.learn.windows_len: found 1000, expected 1001 or more"],
        ),
    ],
)
def test_a_setting_that_plan_or_family_refuse_is_named(
    tmp_path: Path, table: str, words: list[str]
) -> None:
    with pytest.raises(FormatError) as caught:
        check_settings(read(tmp_path, table), "pump.toml", load_plan("bearing"))
    for word in ["pump.toml", *words]:
        assert word in str(caught.value)


def test_every_option_of_the_families_is_taken(tmp_path: Path) -> None:
    project = read(
        tmp_path,
        '[train.classifier]\nfamily = "random-forest"\noptions = {n_trees = 3, '
        'max_depth = 4, min_samples_leaf = 1, max_features = "log2", max_samples = 0.5,'
        'class_weight = "balanced", criterion = "entropy"}',
        '[train.distance]\nfamily = "k-means"\noptions = {n_starts = 2}',
        '[train.reconstruction]\nfamily = "autoencoder"\n'
        "options = {hidden = [4], epochs = 3, learning_rate = 1, clip = 5.0}",
    )
    check_settings(project, "pump.toml", load_plan("bearing"))


class TestPlan:
    def test_the_changes_of_the_project(self, tmp_path: Path) -> None:
        table = '[plan]\nchannel = "FE"\nrange = 8.0\nspeed_hz = [20.0, 30.0]'
        plan = plan_of(read(tmp_path, table), tmp_path / "pump.toml")
        assert (plan.channel, plan.range) == ("FE", 8.0)
        assert plan.speed_hz == (20.0, 30.0)
        assert plan.features == load_plan("bearing").features

    def test_a_plan_beside_the_project_file(self, tmp_path: Path) -> None:
        (tmp_path / "own.toml").write_text(
            'channel = "a"\nunit = "g"\nfs_hz = 100.0\nrange = 1.0\nwindow_len = 64\n'
            'hop_len = 64\nfeatures = [{ name = "rms" }]\n'
        )
        project = read(tmp_path, '[plan]\nuse = "own.toml"')
        assert plan_of(project, tmp_path / "pump.toml").window_len == 64

    def test_a_plan_that_reads_a_tachometer_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "own.toml").write_text(
            'channel = "a"\nunit = "g"\nfs_hz = 100.0\nrange = 1.0\nwindow_len = 64\n'
            'hop_len = 64\nfeatures = ["rms"]\nspeed_hz = [1.0, 2.0]\n'
            '[tacho]\nchannel = "t"\nlevel = 0.5\n'
        )
        project = read(tmp_path, '[plan]\nuse = "own.toml"')
        with pytest.raises(FormatError, match=r"`plan.use`.*tacho: found channel 't'"):
            plan_of(project, tmp_path / "pump.toml")

    @pytest.mark.parametrize(
        ("table", "words"),
        [
            ('use = "baering"', ["`plan.use`", "baering", "did you mean 'bearing'"]),
            ('use = "own.toml"', ["`plan.use`", "own.toml", "no such file"]),
            ("hop_len = 5000", ["`plan`", "hop_len", "5000", "4096"]),
            ("envelope_hz = [100.0, 9000.0]", ["`plan.envelope_hz`", "9000", "5997"]),
            ('channel = ""', ["`plan`", "channel"]),
        ],
    )
    def test_a_mistake_is_named(
        self, tmp_path: Path, table: str, words: list[str]
    ) -> None:
        project = read(tmp_path, f"[plan]\n{table}")
        with pytest.raises(FormatError) as caught:
            plan_of(project, tmp_path / "pump.toml")
        for word in ["pump.toml", *words]:
            assert word in str(caught.value)


def test_a_stretch_is_refused_in_python_too() -> None:
    with pytest.raises(ValueError, match=r"part: found \[0.6, 0.2\]"):
        Stretch(part=(0.6, 0.2))
