"""The small networks of the fixtures, their data, and the runs from which a tolerance is derived."""

import dataclasses
import functools
from collections.abc import Callable
from dataclasses import replace

import torch

from image_networks import CLASSES
from models import build, initialise
from synthetic_data import gratings, ratings, shapes, token_sequences
from training import perturbed

BATCH, SIDE = 8, 14

#: A tolerance is this many times the worst distance that PyTorch's own arithmetic shows.
TOLERANCE_FACTOR = 5


@dataclasses.dataclass(frozen=True)
class Network:
    """A network of the fixtures: its description, its batches with the file that holds them, the seed of its initial
    weights, and the learning rates of SGD and AdamW.

    `left_out` names modes without first-step gradients: one of their roundings, early in the network, is so near a tie
    that fp32 sums decide it otherwise than exact ones, and all gradients hang on it.

    `perturbations` is the number of one-ulp perturbations of the initial weights, each run with oneDNN and without;
    `noise_seeds` that of the runs of an exact AMP mode with noise before every rounding.
    """

    description: dict
    batches: Callable
    batches_file: str
    seed: int
    learning_rates: tuple[float, float] = (0.01, 1e-3)
    left_out: tuple[str, ...] = ()
    perturbations: int = 4
    noise_seeds: int = 8


#: Of networks that are quick.
_MANY_RUNS = {"perturbations": 8, "noise_seeds": 32}

_CLASSIFICATION = {"classes": CLASSES, "task": "classification", "loss": "cross_entropy"}
_SEGMENTATION = {"input_shape": [1, 16, 16], "classes": 3, "task": "segmentation", "loss": "cross_entropy"}
_LANGUAGE = {"vocabulary": 17, "task": "language-modelling", "loss": "cross_entropy"}
_VIT = {"kind": "vit", "patch": 4, "channels": 16, "heads": 2, "layers": 2, "hidden": 64, "input_shape": [1, 12, 12]}
_NCF = {"kind": "ncf", "users": 20, "items": 30, "gmf": 8, "mlp": [16, 8, 8], "task": "recommendation"}


def _small(description):
    """A network on the shared batches of grey images."""
    description = {**description, "input_shape": [1, SIDE, SIDE], **_CLASSIFICATION, "dropout": 0.0}
    batches = functools.partial(gratings, CLASSES, SIDE, BATCH)
    return Network(description, batches, "batches.safetensors", 3, (0.05, 1e-3), **_MANY_RUNS)


def _unet(upsampling, seed, rates, left_out=()):
    description = {"kind": "unet", "levels": 2, "channels": 4, "upsampling": upsampling, **_SEGMENTATION}
    batches = functools.partial(shapes, 16, 4, seed=6)
    return Network(description, batches, "unet.batches.safetensors", seed, rates, left_out)


NETWORKS = {
    "mlp": _small({"kind": "mlp", "hidden": 32, "layers": 2}),
    "gelu-mlp": _small({"kind": "gelu-mlp", "hidden": 32, "layers": 2}),
    "cnn": _small({"kind": "cnn", "channels": [4, 8, 16]}),
    "resnet": Network(
        {"kind": "resnet", "depth": 8, "width": 4, "input_shape": [3, 12, 12], **_CLASSIFICATION},
        functools.partial(gratings, CLASSES, 12, 4, channels=3, seed=2),
        "resnet.batches.safetensors",
        seed=141,
        learning_rates=(0.008, 5e-4),
    ),
    "gpt": Network(
        {"kind": "gpt", "context": 10, "channels": 16, "heads": 2, "layers": 2, **_LANGUAGE},
        functools.partial(token_sequences, 17, 10, BATCH, seed=4),
        "gpt.batches.safetensors",
        seed=10,
    ),
    "lstm": Network(
        {"kind": "lstm", "embedding": 8, "hidden": 12, "layers": 2, **_LANGUAGE},
        functools.partial(token_sequences, 17, 10, BATCH, seed=5),
        "lstm.batches.safetensors",
        seed=1,
        learning_rates=(0.5, 0.01),
    ),
    "vit": Network(
        {**_VIT, **_CLASSIFICATION},
        functools.partial(gratings, CLASSES, 12, BATCH, seed=7),
        "vit.batches.safetensors",
        seed=40,
    ),
    "unet-transposed": _unet("transposed", 198, (0.01, 1e-3)),
    "unet-bilinear": _unet("bilinear", 155, (0.015, 1e-3), left_out=("fp16",)),
    "ncf-bce": Network(
        {**_NCF, "loss": "bce_with_logits"},
        functools.partial(ratings, 20, 30, 32, True, seed=8),
        "ncf-bce.batches.safetensors",
        seed=4,
        learning_rates=(0.2, 0.01),
        **_MANY_RUNS,
    ),
    "ncf-mse": Network(
        {**_NCF, "loss": "mse"},
        functools.partial(ratings, 20, 30, 32, False, seed=8),
        "ncf-mse.batches.safetensors",
        seed=6,
        learning_rates=(0.01, 0.01),
        **_MANY_RUNS,
    ),
}


def init_file(name):
    """Name of the file with a network's initial state_dict."""
    return f"{name}.init.safetensors"


def initial_state(network):
    """The initial state_dict of a network; equal on every call."""
    model = build(network.description)
    initialise(model, network.seed)
    return model.state_dict()


def torch_runs(network, state, mode, run):
    """run(start, mode) with PyTorch's own kernels: from `state`, then from its perturbations; all with oneDNN, then all
    without.
    """
    starts = [state] + [perturbed(network.description, state, seed) for seed in range(network.perturbations)]
    results = []
    try:
        for onednn in (True, False):
            torch.backends.mkldnn.enabled = onednn
            results += [run(start, mode) for start in starts]
    finally:
        torch.backends.mkldnn.enabled = True
    return results


def noisy_runs(network, state, mode, run):
    """run(state, mode) in an exact 16-bit mode with noise; none in fp32. Casting the weights hides nearly any one-ulp
    move of theirs, so in 16 bits the sums are perturbed as well.
    """
    if mode.low is None:
        return []
    return [run(state, replace(mode, exact=True, noise_seed=seed)) for seed in range(network.noise_seeds)]
