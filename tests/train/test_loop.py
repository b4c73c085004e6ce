"""The training loop: what it keeps, when it stops, and that a kill costs nothing."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from ecmkit.errors import DataError, FormatError
from ecmkit.train import Network, Stopped, train_network
from tests.train.waves import waves

DATA = waves(n=90)
HELD = np.arange(90) % 3 == 0


def network(**options):
    options = {"widths": (6,), "dropout": 0.2} | options
    made = Network.new("mlp", DATA.shape, 3, "classification", 1, **options)
    return made.scaled(DATA.rows(~HELD))


def trained(start=None, **options):
    options = {"held": HELD, "seed": 7, "epochs": 6} | options
    return train_network(start or network(), DATA, **options)


def test_the_best_epoch_is_kept_and_training_stops_early():
    seen = []
    made = trained(epochs=60, patience=4, callback=lambda e, m: seen.append((e, m)))
    losses = [m["held_loss"] for _, m in seen]
    assert [e for e, _ in seen] == list(range(1, len(seen) + 1))
    assert len(seen) == min(60, int(np.argmin(losses)) + 1 + 4)
    with torch.no_grad():
        x = torch.from_numpy(DATA.x[HELD]).reshape(-1, *DATA.shape)
        logits = made.module()(x)
    y = torch.from_numpy(np.unique(DATA.label[HELD], return_inverse=True)[1])
    counts = torch.bincount(
        torch.from_numpy(np.unique(DATA.label[~HELD], return_inverse=True)[1])
    )
    weight = len(DATA.x[~HELD]) / (3 * counts.float())
    loss = torch.nn.functional.cross_entropy(logits, y, weight=weight)
    assert float(loss) == pytest.approx(min(losses), rel=1e-5)


def test_seeds_decide_everything():
    first = trained()
    assert trained().hash == first.hash
    assert trained(seed=8).hash != first.hash
    before, state = torch.get_num_threads(), torch.get_rng_state()
    trained(epochs=1)
    assert torch.get_num_threads() == before
    assert torch.equal(torch.get_rng_state(), state)


def test_without_held_out_rows_the_last_epoch_is_kept():
    seen = []
    nobody = np.zeros(90, bool)
    made = trained(held=nobody, callback=lambda e, m: seen.append(m))
    assert len(seen) == 6
    assert all("held_loss" not in m for m in seen)
    assert made.hash != trained(held=nobody, epochs=5, schedule="constant").hash


def test_callbacks_end_a_training():
    def stop(epoch, metrics):
        if epoch == 2:
            raise Stopped("enough")

    with pytest.raises(Stopped, match="enough"):
        trained(callback=stop)


def test_hooks_see_the_module():
    """What masks and fake quantisation need: weights of 0 stay 0."""
    masks, steps = {}, []

    def prepare(module):
        for name, weights in module.named_parameters():
            if weights.dim() == 2:
                masks[name] = (weights.abs() > weights.abs().median()).float()

    def after_step(module):
        steps.append(all(p.grad is not None for p in module.parameters()))
        with torch.no_grad():
            for name, weights in module.named_parameters():
                if name in masks:
                    weights.mul_(masks[name])

    made = trained(prepare=prepare, after_step=after_step)
    assert all(steps)
    weights = made.weights["body.1.0.weight"]
    assert 0.4 < (weights == 0).mean() < 0.6


def test_losses_may_be_others():
    """What distillation needs: the outputs of a teacher for the rows of the table."""
    goal = torch.from_numpy(np.random.default_rng(0).normal(size=(90, 3))).float()
    seen = []
    trained(
        loss=lambda out, y, rows: ((out - goal[rows]) ** 2).mean(),
        callback=lambda e, m: seen.append(m["loss"]),
    )
    assert seen[-1] < seen[0]


def test_rare_classes_count_as_much():
    """Nine windows of ten are normal, and hard to tell apart from the others."""
    data = waves(n=400, seed=4)
    x = data.x + 40 * np.random.default_rng(0).normal(size=data.x.shape)
    rare = np.arange(400) % 9 == 0
    keep = (data.label == "normal") | rare
    data = replace(data, x=x.astype(np.float32)).rows(keep)
    held = np.arange(len(data.x)) % 2 == 0
    start = Network.new("mlp", data.shape, 3, "classification", 1, widths=(4,))
    start = start.scaled(data)
    recalls = {}
    for weight in ("balanced", None):
        made = train_network(
            start, data, seed=0, held=held, epochs=8, class_weight=weight
        )
        with torch.no_grad():
            x = torch.from_numpy(data.x[held]).reshape(-1, *data.shape)
            found = made.module()(x).argmax(1).numpy()
        y = np.unique(data.label[held], return_inverse=True)[1]
        recalls[weight] = np.mean([(found[y == k] == k).mean() for k in (0, 2)])
    assert recalls["balanced"] > recalls[None]


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_narrow_products_train_too(precision):
    seen = []
    trained(precision=precision, epochs=8, callback=lambda e, m: seen.append(m["loss"]))
    assert seen[-1] < seen[0]


def test_several_cards_share_a_batch(monkeypatch):
    """Where there are none the wrapper hands batches through: same weights, names."""
    single = trained(epochs=2)
    monkeypatch.setattr("ecmkit.train.loop._cards", lambda torch: 2)
    assert trained(epochs=2).hash == single.hash


def test_a_bar_is_shown_on_stderr(capsys):
    trained(epochs=2, progress=True)
    out, _ = capsys.readouterr()
    assert out == ""


def test_diverging_training_is_an_error():
    with pytest.raises(ValueError, match="diverged"):
        trained(learning_rate=1e35, schedule="constant")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"epochs": 0}, "epochs 0"),
        ({"batch": 0}, "batch 0"),
        ({"learning_rate": float("nan")}, "learning_rate nan"),
        ({"schedule": "step"}, "schedule 'step'"),
        ({"precision": "int8"}, "precision 'int8'"),
        ({"held": np.ones(90, bool)}, "0 windows to learn from"),
        ({"held": np.ones(9, bool)}, r"expected \(90,\)"),
        ({"classes": ("inner", "normal", "ball")}, "out of"),
    ],
)
def test_settings_out_of_range_are_refused(options, says):
    with pytest.raises(ValueError, match=says):
        trained(**options)


# ---- checkpoints ----


def test_resumed_is_uninterrupted_at_every_epoch(tmp_path):
    whole = trained()
    for last in range(1, 6):
        path, seen = tmp_path / f"{last}.ckpt", []

        def stop(epoch, metrics, last=last):
            if epoch == last:
                raise Stopped("for now")

        with pytest.raises(Stopped):
            trained(checkpoint=path, callback=stop)
        made = trained(checkpoint=path, callback=lambda e, m, seen=seen: seen.append(e))
        assert seen == list(range(last + 1, 7))
        assert made.hash == whole.hash
    assert trained(checkpoint=path, callback=stop).hash == whole.hash


# Whoever kills it may be slow: it does not come to the end before.
CHILD = """
import sys, time
from pathlib import Path
from tests.train.test_loop import trained

def told(epoch, metrics):
    print(epoch, metrics["held_loss"], flush=True)
    while epoch == 20 and sys.argv[2:] == ["waits"]:
        time.sleep(60)

made = trained(epochs=40, patience=40, checkpoint=Path(sys.argv[1]), callback=told)
print("hash", made.hash, flush=True)
"""


def test_a_killed_process_loses_nothing_that_it_reported(tmp_path):
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", CHILD, str(tmp_path / "c.ckpt")]
    reported = {}
    child = subprocess.Popen(
        [*command, "waits"], stdout=subprocess.PIPE, text=True, cwd=root
    )
    for line in child.stdout:  # what is printed before the kill arrives counts too
        epoch, loss = line.split()
        reported[int(epoch)] = float(loss)
        if len(reported) == 5:
            os.kill(child.pid, signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL
    assert list(reported) == list(range(1, len(reported) + 1))
    rest = subprocess.run(
        command, capture_output=True, text=True, cwd=root, check=True
    ).stdout.split("\n")
    assert int(rest[0].split()[0]) in (len(reported) + 1, len(reported) + 2)
    losses = {}
    whole = trained(
        epochs=40, patience=40,
        callback=lambda e, m: losses.update({e: m["held_loss"]}),
    )  # fmt: skip
    assert rest[-2] == f"hash {whole.hash}"
    assert reported == {e: losses[e] for e in reported}


def test_checkpoints_of_another_training_are_refused(tmp_path):
    path = tmp_path / "c.ckpt"
    trained(checkpoint=path, epochs=2)
    with pytest.raises(DataError, match="another training"):
        trained(checkpoint=path, epochs=2, batch=16)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(FormatError, match=r"c\.ckpt: not a checkpoint"):
        trained(checkpoint=path, epochs=2)
