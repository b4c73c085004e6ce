"""What goes into a package: plan, models, limits and reference of one application."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import msgspec

from ecmkit.drift import Calibration, tables_of
from ecmkit.drift.records import Reference, ScoreWatch
from ecmkit.drift.reference import BINS
from ecmkit.drift.sensor_checks import SensorChecks
from ecmkit.drift.tables import Tables
from ecmkit.formats import FeatureContract, content_hash, nearest
from ecmkit.graph import CompiledModel

__all__ = [
    "CHANNELS_MAX",
    "CLASSES_MAX",
    "DIFFERENCES_MAX",
    "OTHERS",
    "SCORES_MAX",
    "VALUES_MAX",
    "Application",
    "Queue",
]

CHANNELS_MAX = 16
"""``ECM_APP_CHANNELS_MAX``."""
SCORES_MAX = 4
"""``ECM_APP_SCORES_MAX``."""
VALUES_MAX = 4
"""``ECM_APP_VALUES_MAX``."""
DIFFERENCES_MAX = 8
"""``ECM_APP_DIFFERENCES_MAX``."""
CLASSES_MAX = 23
"""``ECM_APP_NO_CLASS``."""
_QUEUE_MAX = 2**24
_ID_BYTES = 16  # ECM_WEIGHTS_ID_BYTES, and where the contract's stands
OTHERS = ("confidence", "latency_ms", "dropped", "speed_hz", "stack_bytes")
"""Values that monitors read beside features and outputs: ``ECM_APP_CONFIDENCE``, ..."""
_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


class Queue(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the samples of a channel wait for the task."""

    samples: Literal["float", "int16"] = "float"
    """What is pushed to a plan of floats: floats in the unit of the plan, or the
    integers of the sensor, 2^15 for its range, which take half the memory. A plan of
    the profile q15 takes integers either way."""
    len: int | None = None
    """Samples beyond a window, at least 1: what may come before the window gives its
    hop back, and the largest chunk that is pushed. Without, a hop or half a window,
    whichever is more; where it is less than a hop, the gate judges by the cycles of the
    core whether it is enough."""
    channels: Literal["together", "in-turn"] = "together"
    """Whether all channels are sampled at the same time, each with a queue of its own,
    or one after another by one converter, with one queue for all: see
    ``ecm_app_turns.h``."""

    @property
    def in_turn(self) -> bool:
        """Whether channels are sampled one after another."""
        return self.channels == "in-turn"

    def ring_len(self, contract: FeatureContract) -> int:
        """Return how many samples a channel queues in all.

        Raises
        ------
        ValueError
            If they are too few for windows of the contract.
        """
        window_len, hop_len = contract.window_len, contract.hop_len
        if self.len is None:
            return window_len + max(hop_len, window_len // 2)
        if not 1 <= self.len <= _QUEUE_MAX:
            raise ValueError(
                f"queue.len: found {self.len}, expected 1 up to {_QUEUE_MAX} samples "
                "beyond a window"
            )
        return window_len + self.len

    def check(self, contract: FeatureContract) -> None:
        """Compare with a contract.

        Raises
        ------
        ValueError
            If windows of it cannot be queued so.
        """
        self.ring_len(contract)
        if not self.in_turn:
            return
        used = {row[0] for row in contract.features}
        for i, name in enumerate(contract.channels):
            if i not in used:
                raise ValueError(
                    f"queue.channels: found 'in-turn' with channel {name!r}, which has "
                    "no features, expected 'together', or features of each channel"
                )

    def sample_bytes(self, contract: FeatureContract) -> int:
        """Return the bytes of a sample that waits."""
        return 4 if contract.profile == "f32" and self.samples == "float" else 2


@dataclass(frozen=True, kw_only=True)
class Application:
    """One application of the device library, complete.

    Raises
    ------
    ValueError
        If parts contradict each other; the message names field, found and expected.
    """

    name: str
    """A C identifier, such as ``pump``."""
    contract: FeatureContract
    models: tuple[CompiledModel, ...]
    """At most one classifier, four scores and four outputs of regressions (kind
    ``values``); outputs leave in this order."""
    watches: tuple[ScoreWatch, ...]
    """One for each score, by its name."""
    reference: Reference
    drift: Calibration | None = None
    """Monitors of a drift plan, beside the watches."""
    sensors: Mapping[str, SensorChecks] = field(default_factory=dict)
    """Checks of channels by name; the others have the default."""
    shadow: tuple[CompiledModel, ...] = ()
    """Challengers: each runs beside the model of its kind, of a score or values the one
    with the same outputs, and is compared with it; it decides nothing. In C each has
    the name ``shadow_<name>``."""
    queue: Queue = field(default_factory=Queue)
    device_id: int = 0
    """Number of the device in telemetry, below 2^32; a product replaces it."""

    def __post_init__(self) -> None:
        """Compare the parts with each other."""
        if not _IDENTIFIER.fullmatch(self.name):
            raise ValueError(f"name is {self.name!r}, expected a C identifier")
        if len(self.contract.channels) > CHANNELS_MAX:
            raise ValueError(
                f"contract.channels: found {len(self.contract.channels)}, expected at "
                f"most {CHANNELS_MAX}"
            )
        self._check_models()
        self._check_shadow()
        self._check_reference()
        self._check_drift()
        if not 0 <= self.device_id < 2**32:
            raise ValueError(f"device_id is {self.device_id}, expected below 2^32")
        self.queue.check(self.contract)
        self._check_sensors()

    def _check_sensors(self) -> None:
        channels = self.contract.channels
        for name, checks in self.sensors.items():
            if name not in channels:
                raise ValueError(
                    f"sensors: found {name!r}, expected one of "
                    f"{', '.join(channels)}{nearest(name, channels)}"
                )
            if self.contract.profile != "f32" and checks.judges_blocks:
                raise ValueError(
                    f"sensors.{name}: found `low`, `spike` or `block_len`, expected "
                    "none of them in the profile q15: integers are judged by "
                    "`stuck_len`, `clip_count` and time stamps"
                )

    def checks_of(self, channel: str) -> SensorChecks:
        """Return the checks of a channel's sensor."""
        return self.sensors.get(channel, SensorChecks())

    def _check_models(self) -> None:
        names = [model.name for model in self.models]
        if len(set(names)) != len(names):
            raise ValueError(f"models have the same name: {', '.join(names)}")
        for model in (*self.models, *self.shadow):
            _check_ports(model)
            self._check_model(model)
        classifiers = [model for model in self.models if model.kind == "class"]
        if len(classifiers) > 1 or len(self.scores) > SCORES_MAX:
            raise ValueError(
                f"found {len(classifiers)} classifiers and {len(self.scores)} scores, "
                f"expected at most 1 and {SCORES_MAX}"
            )
        for model in (*self.models, *self.shadow):
            width = sum(port.tensor.size for port in model.results)
            if len(model.outputs) != width:
                raise ValueError(
                    f"model {model.name} has {width} outputs, expected as many names; "
                    f"found {', '.join(model.outputs)}"
                )
        if len(self.values) > VALUES_MAX:
            raise ValueError(
                f"{len(self.values)} outputs of kind 'values', expected at most "
                f"{VALUES_MAX}"
            )
        if self.classes and len(self.classes) > CLASSES_MAX:
            raise ValueError(
                f"{len(self.classes)} classes, expected at most {CLASSES_MAX}"
            )
        watched = sorted(watch.score for watch in self.watches)
        expected = sorted(model.outputs[0] for model in self.scores)
        if len(set(expected)) != len(expected):
            raise ValueError(f"scores have the same name: {', '.join(expected)}")
        if watched != expected:
            raise ValueError(
                f"watches are for {', '.join(watched) or 'no score'}, expected one for "
                f"each of {', '.join(expected) or 'no score'}"
            )

    def _check_model(self, model: CompiledModel) -> None:
        n_features = len(self.contract.features)
        if model.n_features != n_features:
            raise ValueError(
                f"model {model.name} takes {model.n_features} features, the "
                f"contract has {n_features}"
            )
        own = bytes.fromhex(self.contract.id)[:_ID_BYTES]
        if model.weights and model.weights[_ID_BYTES : 2 * _ID_BYTES] != own:
            raise ValueError(
                f"model {model.name}: its weights are of another contract, "
                f"expected {self.contract.id}"
            )
        if model.align > 4:
            raise ValueError(
                f"model {model.name} computes with elements of {model.align} "
                "bytes, expected at most 4"
            )

    def _check_shadow(self) -> None:
        names = [model.name for model in self.all_models]
        if len(set(names)) != len(names):
            raise ValueError(f"shadow: models have the same name: {', '.join(names)}")
        champions = [self.champion_of(model) for model in self.shadow]
        for model in champions:
            if champions.count(model) > 1:
                raise ValueError(
                    f"shadow: found {champions.count(model)} challengers of model "
                    f"{model.name}, expected at most 1"
                )
        compared = [m for m in self.shadow if m.kind != "class"]
        differences = sum(len(model.outputs) for model in compared)
        if differences > DIFFERENCES_MAX:
            raise ValueError(
                f"shadow: {differences} scores and values, expected at most "
                f"{DIFFERENCES_MAX}"
            )
        for model in self.shadow:
            if model.kind == "class" and len(model.outputs) > CLASSES_MAX:
                raise ValueError(
                    f"shadow: {len(model.outputs)} classes, expected at most "
                    f"{CLASSES_MAX}"
                )

    def champion_of(self, model: CompiledModel) -> CompiledModel:
        """Return the model beside which a challenger runs.

        Raises
        ------
        ValueError
            If there is none.
        """
        for own in self.models:
            if own.kind != model.kind:
                continue
            if own.kind == "class" or own.outputs == model.outputs:
                return own
        known = [f"{m.kind} {', '.join(m.outputs)}" for m in self.models]
        raise ValueError(
            f"shadow: model {model.name} is {model.kind} {', '.join(model.outputs)}, "
            f"expected to find a champion of it; the models are "
            f"{'; '.join(known) or 'none'}"
        )

    @property
    def challengers(self) -> tuple[CompiledModel, ...]:
        """The models of `shadow` under the names that they have in C."""
        return tuple(_renamed(model) for model in self.shadow)

    @property
    def all_models(self) -> tuple[CompiledModel, ...]:
        """Models and challengers, in the order in which a window is given to them."""
        return (*self.models, *self.challengers)

    @property
    def differences(self) -> tuple[str, ...]:
        """Scores and values that are compared with challengers, in order."""
        own = (model.outputs for model in self.shadow if model.kind != "class")
        return tuple(name for outputs in own for name in outputs)

    def _check_reference(self) -> None:
        if self.reference.names != self.contract.names:
            raise ValueError(
                f"the reference has features {', '.join(self.reference.names)}; the "
                f"contract has {', '.join(self.contract.names)}"
            )
        if self.reference.bins not in BINS:
            raise ValueError(
                f"reference.bins: found {self.reference.bins}, expected 8, 16, 32 or 64"
            )

    def _check_drift(self) -> None:
        if self.drift is None:
            return
        if self.drift.classes and not self.classes:
            raise ValueError(
                "drift.classes: found a mix of classes, expected none without a "
                "classifier"
            )
        found = max((len(mix.counts.counts) for mix in self.drift.classes), default=0)
        if found > len(self.classes):
            raise ValueError(
                f"drift.classes: found {found} classes in the reference, expected at "
                f"most the classifier's {len(self.classes)}"
            )
        learnt = [score.feature for score in self.drift.scores if score.baseline]
        other = [name for name in learnt if name not in self.contract.names]
        if other:
            raise ValueError(
                f"drift.baseline: found `{other[0]}`, expected features, as a device "
                "learns no baseline of what a model finds; name them in "
                "`baseline.features` of the drift plan"
            )
        _ = self.monitors  # refuses values that there are not

    @property
    def inputs(self) -> tuple[str, ...]:
        """Values that monitors may read, in the order of the device."""
        return (*self.contract.names, *self.outputs, *OTHERS)

    @property
    def monitors(self) -> Tables:
        """Tables of the watches and of the drift plan's monitors."""
        return tables_of(self.drift, watches=self._ordered, inputs=self.inputs)

    @property
    def _ordered(self) -> tuple[ScoreWatch, ...]:
        by_name = {watch.score: watch for watch in self.watches}
        return tuple(by_name[model.outputs[0]] for model in self.scores)

    @property
    def scores(self) -> tuple[CompiledModel, ...]:
        """Models of kind score, in order: score i of events and frames."""
        return tuple(model for model in self.models if model.kind == "score")

    @property
    def values(self) -> tuple[str, ...]:
        """Names of what regressions estimate: value i of events and frames."""
        own = (model.outputs for model in self.models if model.kind == "values")
        return tuple(name for outputs in own for name in outputs)

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, in order; empty without a classifier."""
        for model in self.models:
            if model.kind == "class":
                return model.outputs
        return ()

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of all outputs, in the order in which they leave the models."""
        return tuple(name for model in self.models for name in model.outputs)

    @property
    def model_id(self) -> str:
        """SHA-256 over models, limits and reference: what telemetry says is running."""
        return content_hash(
            tuple(model.hash for model in self.models),
            self.watches,
            self.reference.hash,
            *([] if self.drift is None else [self.drift.hash]),
            *([dict(sorted(self.sensors.items()))] if self.sensors else []),
            *([("shadow", *(m.hash for m in self.shadow))] if self.shadow else []),
        )


def _renamed(model: CompiledModel) -> CompiledModel:
    """Give a challenger a name that no model has."""
    name = f"shadow_{model.name.removeprefix('shadow_')}"
    symbol = f"ecm_model_{name}"
    source = re.sub(rf"\b{model.symbol}\b", symbol, model.source)
    return replace(model, name=name, symbol=symbol, source=source)


def _check_ports(model: CompiledModel) -> None:
    """Refuse what `ecm_app` cannot call: it hands over features and takes outputs."""
    if model.state_bytes:
        raise ValueError(
            f"model {model.name} keeps {model.state_bytes} bytes from run to run, "
            "expected none in a package"
        )
    kinds = [port.tensor.dtype for port in (*model.inputs, *model.results)]
    if kinds != ["f32", "f32"] or len(model.inputs) != 1:
        found = ", ".join(f"{port.name} {port.tensor}" for port in model.inputs)
        raise ValueError(
            f"model {model.name} takes {found}, expected the features in float32 alone "
            "and one float32 result"
        )
