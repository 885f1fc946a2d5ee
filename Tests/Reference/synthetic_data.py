"""Small learnable data sets for the fixtures: the batches of every step, equal on every call.

x is (STEPS, batch, ...) fp32 or int64, y (STEPS, batch, ...) int64 for classes and fp32 for numbers.
"""

import math

import numpy
import torch

STEPS = 20


def gratings(classes, side, batch, channels=1, seed=1):
    """Noisy gratings, a class for each pair of orientation and frequency: learnable by an MLP and by a CNN.

    x: (STEPS, batch, channels, side, side) fp32, y: (STEPS, batch) int64. Every channel has noise of its own.
    """
    generator = numpy.random.default_rng(seed)
    row, column = numpy.mgrid[0:side, 0:side]
    labels = numpy.arange(classes)
    angle = (math.pi * (labels % 5) / 5)[:, None, None]
    frequency = numpy.where(labels < 5, 0.12, 0.3)[:, None, None]
    patterns = numpy.cos(2 * math.pi * frequency * (column * numpy.cos(angle) + row * numpy.sin(angle)))
    y = generator.integers(0, classes, (STEPS, batch))
    x = patterns[y][:, :, None] + generator.normal(size=(STEPS, batch, channels, side, side))
    return {"x": torch.from_numpy(x).float(), "y": torch.from_numpy(y)}


def token_sequences(vocabulary, length, batch, seed):
    """Sequences in which a token's successor is, in nine of ten cases, that of a fixed permutation.

    x: (STEPS, batch, length) int64, y: the same one token later.
    """
    generator = numpy.random.default_rng(seed)
    successor = generator.permutation(vocabulary)
    tokens = generator.integers(0, vocabulary, (STEPS, batch, length + 1))
    follows = generator.random(tokens.shape) < 0.9
    for position in range(1, length + 1):
        following = successor[tokens[..., position - 1]]
        tokens[..., position] = numpy.where(follows[..., position], following, tokens[..., position])
    return {"x": torch.from_numpy(tokens[..., :-1]), "y": torch.from_numpy(tokens[..., 1:])}


def shapes(side, batch, seed):
    """Noisy images of a bright disc and a dark square on grey; classes 0 background, 1 disc, 2 square.

    x: (STEPS, batch, 1, side, side) fp32, y: (STEPS, batch, side, side) int64.
    """
    generator = numpy.random.default_rng(seed)
    row, column = numpy.mgrid[0:side, 0:side]
    centre = generator.uniform(0.2 * side, 0.8 * side, (2, 2, STEPS, batch, 1, 1))
    size = generator.uniform(0.15 * side, 0.3 * side, (2, STEPS, batch, 1, 1))
    distance = numpy.abs(row - centre[:, 0]), numpy.abs(column - centre[:, 1])
    is_disc = numpy.hypot(distance[0][0], distance[1][0]) < size[0]
    is_square = numpy.maximum(distance[0][1], distance[1][1]) < size[1]
    y = numpy.where(is_disc, 1, numpy.where(is_square, 2, 0))
    x = numpy.array([0.0, 1.5, -1.5])[y] + generator.normal(scale=0.5, size=y.shape)
    return {"x": torch.from_numpy(x[:, :, None]).float(), "y": torch.from_numpy(y)}


def ratings(users, items, batch, is_binary, seed):
    """Ratings of a hidden factorisation of rank three, from 1 to 5, or whether they lie above the middle.

    x: (STEPS, batch, 2) int64, y: (STEPS, batch, 1) fp32.
    """
    generator = numpy.random.default_rng(seed)
    taste, kind = generator.normal(size=(users, 3)), generator.normal(size=(items, 3))
    x = generator.integers(0, [users, items], (STEPS, batch, 2))
    affinity = (taste[x[..., 0]] * kind[x[..., 1]]).sum(-1, keepdims=True)
    y = affinity > 0 if is_binary else numpy.clip(numpy.round(3 + affinity), 1, 5)
    return {"x": torch.from_numpy(x), "y": torch.from_numpy(y).float()}
