"""torch.optim's SGD, Adam and AdamW on given gradients, clipped or not: optimizer_sequences.json and .safetensors.

Gradients are first clipped to a norm over all tensors, then to a value, as far as a case asks for it. On weights,
gradients and states stored in 16 bits, the fused optimizers: stored_optimizer_sequences.json and .safetensors.
"""

import numpy
import torch

from fixture_files import write_json, write_tensors
from training import make_optimizer

STEPS = 10
SHAPES = {"matrix": [5, 7], "vector": [9]}

_MOMENTS = {"betas": [0.9, 0.999], "eps": 1e-8}
_ADAMW = {"kind": "adamw", **_MOMENTS}
_CLIPPED_SGD = {"kind": "sgd", "lr": 0.05, "momentum": 0.9, "weight_decay": 0.01}
_CLIPPED_ADAMW = {**_ADAMW, "lr": 0.01, "weight_decay": 0.01}
CASES = {
    "sgd": {"kind": "sgd", "lr": 0.1, "momentum": 0.0, "weight_decay": 0.0},
    "sgd-momentum": {"kind": "sgd", "lr": 0.05, "momentum": 0.9, "weight_decay": 0.0},
    "sgd-momentum-decay": {"kind": "sgd", "lr": 0.05, "momentum": 0.9, "weight_decay": 0.01},
    "adamw": {**_ADAMW, "lr": 1e-3, "weight_decay": 0.01},
    "adamw-fast": {**_ADAMW, "lr": 0.1, "betas": [0.8, 0.95], "weight_decay": 0.0},
    "sgd-nesterov": {"kind": "sgd", "lr": 0.05, "momentum": 0.9, "weight_decay": 0.0, "nesterov": True},
    "sgd-nesterov-decay": {"kind": "sgd", "lr": 0.05, "momentum": 0.8, "weight_decay": 0.01, "nesterov": True},
    "adam": {"kind": "adam", **_MOMENTS, "lr": 1e-3, "weight_decay": 0.0},
    "adam-decay": {"kind": "adam", **_MOMENTS, "lr": 0.01, "weight_decay": 0.1},
    "sgd-clip-norm": _CLIPPED_SGD,
    "sgd-clip-value": _CLIPPED_SGD,
    "adamw-clip-norm": _CLIPPED_ADAMW,
    "adamw-clip-norm-and-value": _CLIPPED_ADAMW,
}

#: Limits of the cases that clip. The norm exceeds this one in some of the steps.
CLIPPING = {
    "sgd-clip-norm": {"clip_norm": 60.0},
    "sgd-clip-value": {"clip_value": 0.5},
    "adamw-clip-norm": {"clip_norm": 60.0},
    "adamw-clip-norm-and-value": {"clip_norm": 60.0, "clip_value": 0.5},
}

#: The cases on 16-bit tensors. eps is a number of both formats.
_STORED_MOMENTS = {**_MOMENTS, "eps": 2.0**-10}
STORED_CASES = {
    **{name: CASES[name] for name in ("sgd-momentum-decay", "sgd-nesterov-decay")},
    "adam-decay": {**CASES["adam-decay"], **_STORED_MOMENTS},
    "adamw": {**CASES["adamw"], **_STORED_MOMENTS, "lr": 0.01},
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


def _clip(parameters, limits):
    """Clips the gradients; their norm before that."""
    norm = torch.nn.utils.clip_grad_norm_(parameters, limits.get("clip_norm", float("inf")), foreach=False)
    if "clip_value" in limits:
        torch.nn.utils.clip_grad_value_(parameters, limits["clip_value"], foreach=False)
    return norm.item()


def _run(description, limits, inputs, dtype, fused=False):
    """Weights after every step and the final state by fixture name, and the norm of every step's gradients."""
    parameters = {name: torch.nn.Parameter(inputs[f"{name}.initial"].to(dtype, copy=True)) for name in SHAPES}
    optimizer = make_optimizer(description, parameters.values(), fused)
    weights = {name: [] for name in SHAPES}
    norms = []
    for step in range(STEPS):
        for name, parameter in parameters.items():
            parameter.grad = inputs[f"{name}.gradients"][step].to(dtype, copy=True)
        if limits:
            norms.append(_clip(list(parameters.values()), limits))
        optimizer.step()
        for name, parameter in parameters.items():
            weights[name].append(parameter.detach().clone())
    results = {f"{name}.weights": torch.stack(steps) for name, steps in weights.items()}
    for name, parameter in parameters.items():
        for key, value in optimizer.state[parameter].items():
            if key in STATES and value is not None:
                results[f"{name}.{STATES[key]}"] = value
    return results, norms


def _write_stored(folder, inputs):
    """Writes the sequences on 16-bit tensors; fused optimizers compute in fp32 and round what they store once."""
    cases, tensors = [], {}
    for format_name, dtype in (("bf16", torch.bfloat16), ("fp16", torch.float16)):
        for case_name, description in STORED_CASES.items():
            name = f"{case_name}-{format_name}"
            results, _ = _run(description, {}, inputs, dtype, fused=True)
            tensors.update({f"{name}.{key}": value for key, value in results.items()})
            cases.append({"name": name, "optimizer": description, "format": format_name, "results": list(results)})
    write_tensors(folder / "stored_optimizer_sequences.safetensors", tensors)
    write_json(
        folder / "stored_optimizer_sequences.json",
        {"steps": STEPS, "tensors": SHAPES, "file": "stored_optimizer_sequences.safetensors", "cases": cases},
    )


def write(folder):
    """Writes the optimizer fixtures into a folder."""
    tensors = _inputs()
    inputs = dict(tensors)
    cases = []
    for name, description in CASES.items():
        limits = CLIPPING.get(name, {})
        single, _ = _run(description, limits, inputs, torch.float32)
        exact, norms = _run(description, limits, inputs, torch.float64)
        distances = {
            key: ((value - exact[key]).abs().max() / exact[key].abs().max()).item() for key, value in single.items()
        }
        tensors.update({f"{name}.{key}": value for key, value in single.items()})
        case = {"name": name, "optimizer": description, "distance_from_fp64": distances}
        cases.append({**case, **limits, "gradient_norms": norms} if limits else case)
    write_tensors(folder / "optimizer_sequences.safetensors", tensors)
    write_json(
        folder / "optimizer_sequences.json",
        {"steps": STEPS, "tensors": SHAPES, "file": "optimizer_sequences.safetensors", "cases": cases},
    )
    _write_stored(folder, inputs)
