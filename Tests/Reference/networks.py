"""The small networks of the fixtures, their data, and the runs from which a tolerance is derived."""

import math

import numpy
import torch

from models import CLASSES, build, initialise
from training import Mode, perturbed

STEPS, BATCH, SIDE, SEED = 20, 8, 14, 3

_COMMON = {"input_shape": [1, SIDE, SIDE], "classes": CLASSES, "dropout": 0.0}
MODELS = {
    "mlp": {"kind": "mlp", "hidden": 32, "layers": 2, **_COMMON},
    "gelu-mlp": {"kind": "gelu-mlp", "hidden": 32, "layers": 2, **_COMMON},
    "cnn": {"kind": "cnn", "channels": [4, 8, 16], **_COMMON},
}

#: One-ulp perturbations of the initial weights, each run with oneDNN and without.
PERTURBATIONS = 8
#: Runs of an exact AMP mode with noise before every rounding.
NOISE_SEEDS = 32
#: A tolerance is this many times the worst distance that PyTorch's own arithmetic shows.
TOLERANCE_FACTOR = 5

BATCHES_FILE = "batches.safetensors"


def init_file(model_name):
    """Name of the file with a model's initial state_dict."""
    return f"{model_name}.init.safetensors"


def initial_state(model_name):
    """The initial state_dict of a model; equal on every call."""
    network = build(MODELS[model_name])
    initialise(network, SEED)
    return network.state_dict()


def synthetic_batches():
    """Noisy gratings, a class for each of ten pairs of orientation and frequency: learnable by an MLP and by a CNN.

    x: (STEPS, BATCH, 1, SIDE, SIDE) fp32, y: (STEPS, BATCH) int64.
    """
    generator = numpy.random.default_rng(1)
    row, column = numpy.mgrid[0:SIDE, 0:SIDE]
    labels = numpy.arange(CLASSES)
    angle = (math.pi * (labels % 5) / 5)[:, None, None]
    frequency = numpy.where(labels < 5, 0.12, 0.3)[:, None, None]
    gratings = numpy.cos(2 * math.pi * frequency * (column * numpy.cos(angle) + row * numpy.sin(angle)))
    y = generator.integers(0, CLASSES, (STEPS, BATCH))
    x = gratings[y] + generator.normal(size=(STEPS, BATCH, SIDE, SIDE))
    return {"x": torch.from_numpy(x[:, :, None]).float(), "y": torch.from_numpy(y)}


def torch_runs(model, state, dtype, run):
    """run(start, mode) with PyTorch's own kernels: from `state`, then from its perturbations; all with oneDNN, then all
    without.
    """
    starts = [state] + [perturbed(model, state, seed) for seed in range(PERTURBATIONS)]
    results = []
    try:
        for onednn in (True, False):
            torch.backends.mkldnn.enabled = onednn
            results += [run(start, Mode(dtype)) for start in starts]
    finally:
        torch.backends.mkldnn.enabled = True
    return results


def noisy_runs(state, dtype, run):
    """run(state, mode) in an exact AMP mode with noise; none for fp32. Casting the weights hides nearly every one-ulp
    move of theirs, so for AMP the sums are perturbed as well.
    """
    if dtype is None:
        return []
    return [run(state, Mode(dtype, exact=True, noise_seed=seed)) for seed in range(NOISE_SEEDS)]
