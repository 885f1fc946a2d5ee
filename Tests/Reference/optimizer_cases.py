"""torch.optim.SGD and AdamW on given gradients: optimizer_sequences.json and .safetensors."""

import numpy
import torch

from fixture_files import write_json, write_tensors
from training import make_optimizer

STEPS = 10
SHAPES = {"matrix": [5, 7], "vector": [9]}

_ADAMW = {"kind": "adamw", "betas": [0.9, 0.999], "eps": 1e-8}
CASES = {
    "sgd": {"kind": "sgd", "lr": 0.1, "momentum": 0.0, "weight_decay": 0.0},
    "sgd-momentum": {"kind": "sgd", "lr": 0.05, "momentum": 0.9, "weight_decay": 0.0},
    "sgd-momentum-decay": {"kind": "sgd", "lr": 0.05, "momentum": 0.9, "weight_decay": 0.01},
    "adamw": {**_ADAMW, "lr": 1e-3, "weight_decay": 0.01},
    "adamw-fast": {**_ADAMW, "lr": 0.1, "betas": [0.8, 0.95], "weight_decay": 0.0},
}

#: Names of the optimizer's state in the fixture by its name in torch.
STATES = {"momentum_buffer": "momentum_buffer", "exp_avg": "first_moment", "exp_avg_sq": "second_moment"}


def _inputs():
    """Initial weights, and gradients of every step that span fourteen decades and hold zeros."""
    generator = numpy.random.default_rng(5)
    tensors = {}
    for name, shape in SHAPES.items():
        tensors[f"{name}.initial"] = torch.from_numpy(generator.normal(size=shape)).float()
        gradients = generator.normal(size=[STEPS, *shape]) * 10.0 ** generator.uniform(-12, 2, size=[STEPS, *shape])
        gradients[generator.random(gradients.shape) < 0.1] = 0
        tensors[f"{name}.gradients"] = torch.from_numpy(gradients).float()
    return tensors


def _run(description, inputs, dtype):
    """Weights after every step, and the final state, by fixture name."""
    parameters = {name: torch.nn.Parameter(inputs[f"{name}.initial"].to(dtype, copy=True)) for name in SHAPES}
    optimizer = make_optimizer(description, parameters.values())
    weights = {name: [] for name in SHAPES}
    for step in range(STEPS):
        for name, parameter in parameters.items():
            parameter.grad = inputs[f"{name}.gradients"][step].to(dtype, copy=True)
        optimizer.step()
        for name, parameter in parameters.items():
            weights[name].append(parameter.detach().clone())
    results = {f"{name}.weights": torch.stack(steps) for name, steps in weights.items()}
    for name, parameter in parameters.items():
        for key, value in optimizer.state[parameter].items():
            if key in STATES and value is not None:
                results[f"{name}.{STATES[key]}"] = value
    return results


def write(folder):
    """Writes the optimizer fixtures into a folder."""
    tensors = _inputs()
    inputs = dict(tensors)
    cases = []
    for name, description in CASES.items():
        single = _run(description, inputs, torch.float32)
        exact = _run(description, inputs, torch.float64)
        distances = {
            key: ((value - exact[key]).abs().max() / exact[key].abs().max()).item() for key, value in single.items()
        }
        tensors.update({f"{name}.{key}": value for key, value in single.items()})
        cases.append({"name": name, "optimizer": description, "distance_from_fp64": distances})
    write_tensors(folder / "optimizer_sequences.safetensors", tensors)
    write_json(
        folder / "optimizer_sequences.json",
        {"steps": STEPS, "tensors": SHAPES, "file": "optimizer_sequences.safetensors", "cases": cases},
    )
