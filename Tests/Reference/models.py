"""PyTorch twins of the networks in ModelZoo.

The module layout is chosen so that state_dict names are the ones that `ampscope inspect` lists and `--init` reads:
"1.weight", "4.weight", ... for an MLP, "features.0.weight", ..., "classifier.2.bias" for a CNN.
"""

import math

import torch
from torch import nn

CLASSES = 10


def mlp(hidden, layers, inputs, classes=CLASSES, dropout=0.0, activation=nn.ReLU):
    """Flatten, then `layers` times Linear, activation, Dropout, then Linear. (N, ...) -> (N, classes)."""
    modules = [nn.Flatten()]
    width = inputs
    for _ in range(layers):
        modules += [nn.Linear(width, hidden), activation(), nn.Dropout(dropout)]
        width = hidden
    return nn.Sequential(*modules, nn.Linear(width, classes))


class CNN(nn.Module):
    """Three times 3x3 convolution, BatchNorm, ReLU and max pooling, then a linear head.

    (N, in_channels, H, W) -> (N, classes); H and W, the `size`, at least 8.
    """

    def __init__(self, channels=(32, 64, 128), in_channels=1, size=(28, 28), classes=CLASSES, dropout=0.0):
        super().__init__()
        first, second, third = channels
        features = third * (size[0] // 8) * (size[1] // 8)
        self.features = nn.Sequential(
            nn.Conv2d(in_channels, first, 3, padding=1, bias=False),
            nn.BatchNorm2d(first),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(first, second, 3, padding=1, bias=False),
            nn.BatchNorm2d(second),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(second, third, 3, padding=1, bias=False),
            nn.BatchNorm2d(third),
            nn.ReLU(),
            nn.MaxPool2d(2),
        )
        self.classifier = nn.Sequential(nn.Flatten(), nn.Dropout(dropout), nn.Linear(features, classes))

    def forward(self, x):
        return self.classifier(self.features(x))


def cnn(channels=(32, 64, 128), in_channels=1, size=(28, 28), classes=CLASSES, dropout=0.0):
    """The CNN above, as a function like `mlp`."""
    return CNN(channels, in_channels, size, classes, dropout)


def build(description):
    """The model of a description: a dict with `kind` and the arguments of `mlp` or `cnn`, as the fixtures store it."""
    kind = description["kind"]
    dropout = description["dropout"]
    shape = description["input_shape"]
    if kind in ("mlp", "gelu-mlp"):
        activation = nn.GELU if kind == "gelu-mlp" else nn.ReLU
        return mlp(
            description["hidden"], description["layers"], math.prod(shape), description["classes"], dropout, activation
        )
    if kind == "cnn":
        return cnn(tuple(description["channels"]), shape[0], tuple(shape[1:]), description["classes"], dropout)
    raise ValueError(f"model kind {kind!r} is unknown: use mlp, gelu-mlp or cnn")


def initialise(model, seed):
    """Draws initial weights: PyTorch's defaults, but BatchNorm's affine parameters away from 1 and 0, so that a reader
    that ignores them is caught.
    """
    generator = torch.Generator().manual_seed(seed)
    for module in model.modules():
        if isinstance(module, (nn.Linear, nn.Conv2d)):
            bound = 1 / math.sqrt(module.weight[0].numel())
            for parameter in module.parameters(recurse=False):
                nn.init.uniform_(parameter, -bound, bound, generator=generator)
        elif isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5, generator=generator)
            nn.init.uniform_(module.bias, -0.2, 0.2, generator=generator)


def loss_of(logits, labels):
    """Mean cross-entropy. Low-precision logits are cast to fp32 first, as every mode of ampscope does."""
    if logits.dtype in (torch.float16, torch.bfloat16):
        logits = logits.float()
    return nn.functional.cross_entropy(logits, labels)
