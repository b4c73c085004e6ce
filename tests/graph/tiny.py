"""The four networks of MLPerf Tiny, in PyTorch, with statistics of random inputs."""

import io
import itertools
import warnings
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn


class Block(nn.Sequential):
    """Convolution, normalisation, rectifier; pads as TensorFlow's SAME puts them."""

    def __init__(self, inputs, outputs, kernel, stride=1, groups=1, pads=None):
        taps = (kernel, kernel) if isinstance(kernel, int) else kernel
        layers = []
        if pads is not None:
            layers.append(nn.ZeroPad2d(pads))
        layers += [
            nn.Conv2d(
                inputs, outputs, taps, stride, groups=groups, bias=False,
                padding=0 if pads is not None else (taps[0] // 2, taps[1] // 2),
            ),
            nn.BatchNorm2d(outputs, momentum=None),
            nn.ReLU(),
        ]  # fmt: skip
        super().__init__(*layers)


def separable(inputs, outputs, stride=1, pads=None):
    return nn.Sequential(
        Block(inputs, inputs, 3, stride, groups=inputs, pads=pads),
        Block(inputs, outputs, 1),
    )


class Classifier(nn.Module):
    """Logits, and their softmax."""

    def __init__(self, body, features, classes):
        super().__init__()
        self.body, self.head = body, nn.Linear(features, classes)

    def forward(self, x):
        logits = self.head(torch.flatten(self.body(x), 1))
        return logits, torch.softmax(logits, 1)


def autoencoder():
    sizes = [640, 128, 128, 128, 128, 8, 128, 128, 128, 128]
    layers = []
    for inputs, outputs in itertools.pairwise(sizes):
        layers += [
            nn.Linear(inputs, outputs),
            nn.BatchNorm1d(outputs, momentum=None),
            nn.ReLU(),
        ]
    return nn.Sequential(*layers, nn.Linear(128, 640))


def keywords():
    """DS-CNN on 49 windows of 10 cepstra."""
    body = nn.Sequential(
        Block(1, 64, (10, 4), 2, pads=(1, 1, 4, 5)),
        *(separable(64, 64) for _ in range(4)),
        nn.AvgPool2d((25, 5)),
    )
    return Classifier(body, 64, 12)


def wake_words():
    """MobileNetV1 of a quarter of the width on 96 x 96 pixels."""
    layers = [Block(3, 8, 3, 2, pads=(0, 1, 0, 1))]
    inputs = 8
    widths = [16, 32, 32, 64, 64, *[128] * 6, 256, 256]
    strides = [1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1]
    for outputs, stride in zip(widths, strides, strict=True):
        pads = (0, 1, 0, 1) if stride == 2 else None
        layers.append(separable(inputs, outputs, stride, pads))
        inputs = outputs
    return Classifier(nn.Sequential(*layers, nn.AvgPool2d(3)), 256, 2)


class Residual(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.first = Block(inputs, outputs, 3, stride)
        self.second = nn.Sequential(*list(Block(outputs, outputs, 3))[:-1])
        self.short = nn.Identity() if inputs == outputs else (
            nn.Conv2d(inputs, outputs, 1, stride)
        )  # fmt: skip

    def forward(self, x):
        return torch.relu(self.second(self.first(x)) + self.short(x))


def images():
    """ResNet-8 on 32 x 32 pixels."""
    body = nn.Sequential(
        Block(3, 16, 3),
        Residual(16, 16, 1),
        Residual(16, 32, 2),
        Residual(32, 64, 2),
        nn.AvgPool2d(8),
    )
    return Classifier(body, 64, 10)


@dataclass(frozen=True)
class Net:
    make: object
    shape: tuple
    classes: int = 0


NETS = {
    "autoencoder": Net(autoencoder, (640,)),
    "keywords": Net(keywords, (1, 49, 10), 12),
    "wake_words": Net(wake_words, (3, 96, 96), 2),
    "images": Net(images, (3, 32, 32), 10),
}


def labelled(name, n, seed):
    """Noisy copies of patterns, one a class, and their labels."""
    net = NETS[name]
    patterns = np.random.default_rng(11).standard_normal((net.classes, *net.shape))
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, net.classes, n)
    x = 0.7 * (rng.standard_normal((n, *net.shape)) + patterns[labels])
    return x.astype(np.float32), labels


def trained(name, model, steps):
    """Teach a classifier to tell noisy copies of patterns apart."""
    optimizer = torch.optim.Adam(model.parameters(), 3e-3)
    seeds = itertools.count()

    def batch():
        return map(torch.from_numpy, labelled(name, 16, next(seeds)))

    for _ in range(steps):
        x, labels = batch()
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x)[0], labels).backward()
        optimizer.step()
    for layer in model.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.reset_running_stats()
    with torch.no_grad():
        for _ in range(4):
            model(next(iter(batch())))


def onnx_of(name, steps=0):
    """Serialise a network whose normalisations know what its inputs do."""
    net = NETS[name]
    torch.manual_seed(3)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        model = net.make().train()
        if steps:
            trained(name, model, steps)
        with torch.no_grad():
            for _ in range(0 if steps else 2):
                model(torch.randn(16, *net.shape))
        file = io.BytesIO()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.onnx.export(
                model.eval(), (torch.zeros(1, *net.shape),), file, dynamo=False
            )
    finally:
        torch.set_num_threads(threads)
    return file.getvalue()


def samples(name, n, seed=1):
    rng = np.random.default_rng(seed)
    shape = (1, *NETS[name].shape)
    return [[rng.standard_normal(shape).astype(np.float32)] for _ in range(n)]
