"""Small networks in PyTorch, built from plain options; all compile to C."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from torch import nn

from ecmkit.formats import nearest

__all__ = ["ARCHITECTURES", "Architecture", "Exported", "Net", "resolved"]

Options = dict[str, Any]
Shape = tuple[int, ...]

COMMON: Options = {"clip": None, "normalise": "training"}
"""Options of every architecture: limit of standardised inputs in standard deviations
(None: 6 for features, 12 for samples; 0: no limit), and what inputs are standardised
by, the ``training`` data or each ``window`` itself."""
_VARIANCE_FLOOR = 1e-8


class Net(nn.Module):
    """Raw rows in; scaler, limit, body and the unit of the target.

    Logits of classes, values in the unit of the target, or an anomaly score of shape
    (n, 1).
    """

    def __init__(
        self,
        shape: Shape,
        n_outputs: int,
        options: Options,
        *,
        architecture: str,
        regression: bool,
    ) -> None:
        super().__init__()
        self.regression = regression
        self.anomaly = ARCHITECTURES[architecture].anomaly
        self.clip, self.window = options["clip"], options["normalise"] == "window"
        rows = (shape[0], *(1 for _ in shape[1:]))
        self.register_buffer("mean", torch.zeros(rows), persistent=False)
        self.register_buffer("inv_sd", torch.ones(rows), persistent=False)
        self.register_buffer("target_mean", torch.zeros(1), persistent=False)
        self.register_buffer("target_sd", torch.ones(1), persistent=False)
        self.body = ARCHITECTURES[architecture].build(shape, n_outputs, options)

    def forward(self, x: Any) -> Any:
        """Compute logits, values or scores of rows of shape (n, *shape)."""
        if self.window:
            centred = x - x.mean(-1, keepdim=True)
            power = (centred * centred).mean(-1, keepdim=True)
            z = centred / torch.sqrt(power + _VARIANCE_FLOOR)
        else:
            z = (x - self.mean) * self.inv_sd
        limited = torch.clamp(z, -self.clip, self.clip) if self.clip else z
        if self.anomaly:
            # Far out a score goes on growing; training does not go after outliers.
            return self.body(limited, limited if self.training else z)
        y = self.body(limited)
        return y * self.target_sd + self.target_mean if self.regression else y


class Exported(nn.Module):
    """Rows as tables have them in, probabilities out."""

    def __init__(self, net: Any, shape: Shape, task: str) -> None:
        super().__init__()
        self.net, self.shape, self.task = net, shape, task

    def forward(self, features: Any) -> Any:
        """Compute probabilities, values or scores of rows (n, n_features)."""
        y = self.net(features.reshape(-1, *self.shape))
        return torch.softmax(y, 1) if self.task == "classification" else y


@dataclass(frozen=True)
class Architecture:
    """How a network of the zoo is built."""

    build: Callable[[Shape, int, Options], Any]
    defaults: Callable[[Shape], Options]
    anomaly: bool = False


def resolved(
    architecture: str, shape: Shape, options: Mapping[str, Any]
) -> dict[str, Any]:
    """Options of an architecture, those left out filled in for this shape.

    Raises
    ------
    ValueError
        If there is no such architecture, the shape is none of (n_features,) and
        (n_channels, n_samples), or an option is out of range.
    TypeError
        If there is no such option.
    """
    if architecture not in ARCHITECTURES:
        hint = nearest(architecture, ARCHITECTURES)
        raise ValueError(
            f"architecture: found {architecture!r}, expected one of "
            f"{', '.join(ARCHITECTURES)}{hint}"
        )
    if len(shape) not in (1, 2) or min(shape) < 1:
        raise ValueError(
            f"{architecture}: shape {shape}, expected (n_features,) or "
            "(n_channels, n_samples)"
        )
    made = COMMON | ARCHITECTURES[architecture].defaults(shape)
    for key in options:
        if key not in made:
            hint = nearest(key, made)
            raise TypeError(
                f"{architecture}: found option {key!r}, expected one of "
                f"{', '.join(made)}{hint}"
            )
    made |= {key: _plain(value) for key, value in options.items()}
    if made["clip"] is None:
        made["clip"] = 6.0 if len(shape) == 1 else 12.0
    if "inner" in made and not made["inner"]:
        made["inner"] = made["widths"][architecture == "resnet" :]
    _check(architecture, shape, made)
    return made


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, list | tuple) else value


def _check(architecture: str, shape: Shape, options: Options) -> None:
    for key, value in options.items():
        if key == "clip":
            good = math.isfinite(value) and value >= 0
        elif key == "normalise":
            good = value == "training" or (value == "window" and len(shape) == 2)
        elif key in ("beta", "dropout"):
            good = value >= 0 and (key == "beta" or value < 1)
        else:
            every = value if isinstance(value, tuple) else (value,)
            good = all(isinstance(v, int) and v >= 1 for v in every)
            good = good and (bool(every) or key == "stem")
        if not good:
            raise ValueError(f"{architecture}: {key} {value!r} does not fit {shape}")
    inner = options.get("inner")
    expected = len(options.get("widths", ())) - (architecture == "resnet")
    if inner is not None and len(inner) != expected:
        raise ValueError(
            f"{architecture}: inner {inner} beside widths {options['widths']}, "
            "expected one width a block"
        )


# ---- parts ----


class Convolution(nn.Sequential):
    """Convolution, batch normalisation and, unless told otherwise, a rectifier."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int,
        *,
        stride: int = 1,
        dilation: int = 1,
        groups: int = 1,
        causal: bool = False,
        rectified: bool = True,
    ) -> None:
        span = dilation * (kernel - 1)
        pads = (span, 0) if causal else (span // 2, span - span // 2)
        layers: list[Any] = [nn.ConstantPad1d(pads, 0.0)] if span else []
        layers += [
            nn.Conv1d(
                inputs, outputs, kernel, stride,
                dilation=dilation, groups=groups, bias=False,
            ),
            nn.BatchNorm1d(outputs),
        ]  # fmt: skip
        super().__init__(*layers, *([nn.ReLU()] if rectified else []))


class Residual(nn.Module):
    """Two convolutions beside a way around them."""

    def __init__(
        self, inputs: int, inner: int, outputs: int, kernel: int, **how: Any
    ) -> None:
        super().__init__()
        stride = how.pop("stride", 1)
        self.first = Convolution(inputs, inner, kernel, stride=stride, **how)
        self.second = Convolution(inner, outputs, kernel, rectified=False, **how)
        same = inputs == outputs and stride == 1
        self.short = nn.Identity() if same else (
            Convolution(inputs, outputs, 1, stride=stride, rectified=False)
        )  # fmt: skip

    def forward(self, x: Any) -> Any:
        """Add both ways."""
        return torch.relu(self.second(self.first(x)) + self.short(x))


class Windowed(nn.Module):
    """Layers over time, the mean of time, and a dense layer."""

    def __init__(self, layers: list[Any], width: int, n_outputs: int, dropout: float):
        super().__init__()
        self.layers = nn.Sequential(*layers)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(width, n_outputs)

    def forward(self, z: Any) -> Any:
        """Compute outputs from rows of shape (n, n_channels, n_samples)."""
        return self.head(self.dropout(self.layers(_over_time(z)).mean(2)))


def _over_time(z: Any) -> Any:
    """Rows of features are one channel."""
    return z.unsqueeze(1) if z.dim() == 2 else z


def _channels(shape: Shape) -> int:
    return shape[0] if len(shape) == 2 else 1


def _dense(sizes: list[int], *, rectified: bool = False, dropout: float = 0.0) -> Any:
    layers: list[Any] = []
    for inputs, outputs in pairwise(sizes):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
        layers += [nn.Dropout(dropout)] if dropout else []
    if layers and not rectified:
        layers = layers[: -2 if dropout else -1]
    return nn.Sequential(*layers)


def _stride(shape: Shape) -> int:
    """Of the first layer: windows of more samples are thinned out."""
    return 1 if shape[-1] <= 64 else 2 if shape[-1] <= 256 else 4


# ---- architectures ----


def _mlp(shape: Shape, n_outputs: int, options: Options) -> Any:
    sizes = [math.prod(shape), *options["widths"], n_outputs]
    return nn.Sequential(nn.Flatten(), _dense(sizes, dropout=options["dropout"]))


class Autoencoder(nn.Module):
    """Mean squared error of what a narrow network gives back."""

    def __init__(self, shape: Shape, n_outputs: int, options: Options) -> None:
        super().__init__()
        n = math.prod(shape)
        self.layers = _dense([n, *options["widths"], n])

    def forward(self, z: Any, wanted: Any) -> Any:
        """Compute the score of `wanted` from `z`, shape (n, 1)."""
        error = self.layers(z.flatten(1)) - wanted.flatten(1)
        return (error * error).mean(1, keepdim=True)


class VariationalAutoencoder(nn.Module):
    """Mean squared error plus the divergence of the code from a normal distribution.

    D. P. Kingma and M. Welling, arXiv 1312.6114 (2013).
    """

    def __init__(self, shape: Shape, n_outputs: int, options: Options) -> None:
        super().__init__()
        n, latent = math.prod(shape), options["latent"]
        widths, back = options["widths"], options["decoder"]
        self.encoder = _dense([n, *widths], rectified=True)
        self.mean = nn.Linear(widths[-1], latent)
        self.log_variance = nn.Linear(widths[-1], latent)
        self.decoder = _dense([latent, *back, n])
        self.weight = options["beta"] / n

    def forward(self, z: Any, wanted: Any) -> Any:
        """Compute the score of `wanted` from `z`, shape (n, 1)."""
        hidden = self.encoder(z.flatten(1))
        mean = self.mean(hidden)
        log_variance = torch.clamp(self.log_variance(hidden), -8.0, 8.0)
        variance = torch.exp(log_variance)
        code = mean
        if self.training:
            code = mean + torch.sqrt(variance) * torch.randn_like(mean)
        error = self.decoder(code) - wanted.flatten(1)
        divergence = mean * mean + variance - log_variance - 1.0
        squares = (error * error).mean(1, keepdim=True)
        return squares + self.weight * divergence.sum(1, keepdim=True)


def _ds_cnn(shape: Shape, n_outputs: int, options: Options) -> Any:
    first, *widths = options["widths"]
    layers = [
        Convolution(
            _channels(shape), first, options["first_kernel"], stride=options["stride"]
        )
    ]
    inputs, kernel = first, options["kernel"]
    for at, outputs in enumerate(widths):
        stride = options["thin"] if at else 1
        layers += [
            Convolution(inputs, inputs, kernel, stride=stride, groups=inputs),
            Convolution(inputs, outputs, 1),
        ]
        inputs = outputs
    return Windowed(layers, inputs, n_outputs, options["dropout"])


def _tcn(shape: Shape, n_outputs: int, options: Options) -> Any:
    kernel, layers = options["kernel"], list[Any]()
    inputs = _channels(shape)
    if options["stride"] > 1:
        first = options["widths"][0]
        layers = [
            Convolution(inputs, first, kernel, stride=options["stride"], causal=True)
        ]
        inputs = first
    pairs = zip(options["inner"], options["widths"], strict=True)
    for at, (inner, outputs) in enumerate(pairs):
        layers.append(
            Residual(inputs, inner, outputs, kernel, dilation=2**at, causal=True)
        )
        inputs = outputs
    return Windowed(layers, inputs, n_outputs, options["dropout"])


def _resnet(shape: Shape, n_outputs: int, options: Options) -> Any:
    first, *widths = options["widths"]
    layers: list[Any] = [
        Convolution(
            _channels(shape), first, options["first_kernel"], stride=options["stride"]
        )
    ]
    inputs = first
    pairs = zip(options["inner"], widths, strict=True)
    for at, (inner, outputs) in enumerate(pairs):
        stride = options["thin"] if at else 1
        layers.append(
            Residual(inputs, inner, outputs, options["kernel"], stride=stride)
        )
        inputs = outputs
    return Windowed(layers, inputs, n_outputs, options["dropout"])


class Recurrent(nn.Module):
    """Strided convolutions, gated recurrent units, and a dense layer on the last state.

    K. Cho et al., arXiv 1406.1078 (2014).
    """

    def __init__(self, shape: Shape, n_outputs: int, options: Options) -> None:
        super().__init__()
        layers, inputs = [], _channels(shape)
        for outputs in options["stem"]:
            layers.append(
                Convolution(
                    inputs, outputs, options["kernel"],
                    stride=options["stride"], causal=True,
                )
            )  # fmt: skip
            inputs = outputs
        self.stem = nn.Sequential(*layers)
        sizes = [inputs, *options["widths"]]
        self.cells = nn.ModuleList(
            nn.GRU(a, b, batch_first=True) for a, b in pairwise(sizes)
        )
        self.dropout = nn.Dropout(options["dropout"])
        self.head = nn.Linear(sizes[-1], n_outputs)

    def forward(self, z: Any) -> Any:
        """Compute outputs from rows of shape (n, n_channels, n_samples)."""
        steps = self.stem(_over_time(z)).transpose(1, 2)
        for cell in self.cells:
            steps, _ = cell(steps)
        return self.head(self.dropout(steps[:, -1]))


def _fixed(**defaults: Any) -> Callable[[Shape], Options]:
    return lambda shape: dict(defaults)


def _convolutional(**defaults: Any) -> Callable[[Shape], Options]:
    return lambda shape: {"stride": _stride(shape), **defaults}


def _gru_defaults(shape: Shape) -> Options:
    long = shape[-1] > 64
    stem = () if not long else (16,) if shape[-1] <= 256 else (8, 16)
    return {"widths": (24,), "stem": stem, "stride": 4, "kernel": 8, "dropout": 0.0}


ARCHITECTURES = {
    "mlp": Architecture(_mlp, _fixed(widths=(32, 16), dropout=0.0)),
    "autoencoder": Architecture(Autoencoder, _fixed(widths=(16, 8, 16)), anomaly=True),
    "vae": Architecture(
        VariationalAutoencoder,
        _fixed(widths=(16,), latent=4, decoder=(16,), beta=1.0),
        anomaly=True,
    ),
    "ds-cnn": Architecture(
        _ds_cnn,
        _convolutional(
            widths=(16, 24, 32, 32), first_kernel=15, kernel=9, thin=2, dropout=0.0
        ),
    ),
    "tcn": Architecture(
        _tcn, _convolutional(widths=(16, 16, 24, 24), inner=(), kernel=3, dropout=0.0)
    ),
    "gru": Architecture(Recurrent, _gru_defaults),
    "resnet": Architecture(
        _resnet,
        _convolutional(
            widths=(8, 16, 24, 32), inner=(), first_kernel=15, kernel=5, thin=2,
            dropout=0.0,
        ),
    ),
}  # fmt: skip
"""By name. ``widths`` has the width of every layer (of ``tcn`` and ``resnet``: that
leaves a block, and ``inner`` the one between its two convolutions), so that a network
from which channels were removed is again of the zoo."""
