"""First-step gradients of every network: MODEL.gradients.json and a safetensors file a mode.

Losses average the roundings of a whole batch away; gradients show, tensor by tensor, whether a network rounds where
autocast rounds.
"""

import math

import torch

from fixture_files import write_json, write_tensors
from networks import (
    BATCHES_FILE,
    MODELS,
    TOLERANCE_FACTOR,
    init_file,
    initial_state,
    noisy_runs,
    synthetic_batches,
    torch_runs,
)
from training import Mode, first_gradients

#: Autocast type and loss scale of every mode.
MODES = {"fp32": (None, 1.0), "amp-bf16": (torch.bfloat16, 1.0), "amp-fp16": (torch.float16, 65536.0)}

#: Demanded of fp32, as a fraction of the tensor's largest gradient.
FP32_TOLERANCE = 1e-5
#: An AMP tolerance allows at least that many elements of a tensor to be rounded to the neighbouring number.
NEIGHBOURS = 4


def _maximum(tensor):
    return tensor.abs().max().item()


def _euclidean(tensor):
    return tensor.norm().item()


def _tensor_report(name, dtype, exact, reference, measured):
    """Size, distances and tolerance of one gradient, in the maximum norm for fp32 and the Euclidean norm for AMP."""
    norm = _maximum if dtype is None else _euclidean
    size = norm(reference[name])

    def distance(gradients):
        return norm(gradients[name] - reference[name]) / size

    worst = max(map(distance, measured))
    if dtype is None:
        tolerance = FP32_TOLERANCE
    else:
        floor = torch.finfo(dtype).eps * math.sqrt(NEIGHBOURS / reference[name].numel())
        tolerance = max(TOLERANCE_FACTOR * worst, floor)
    return {
        "norm": size,
        "worst_distance": worst,
        "tolerance": tolerance,
        "distance_of_fp64": distance(exact),
    }


def _mode_report(folder, model_name, mode_name, state, batches):
    """Writes the gradients of one mode; their entry in the description."""
    dtype, scale = MODES[mode_name]

    def run(start, mode):
        return first_gradients(MODELS[model_name], start, batches, mode, scale)

    exact = run(state, Mode(exact=True))
    reference = run(state, Mode(dtype, exact=True))
    measured = torch_runs(MODELS[model_name], state, dtype, run) + noisy_runs(state, dtype, run)
    file = f"{model_name}.gradients.{mode_name}.safetensors"
    write_tensors(folder / file, reference)
    return {
        "file": file,
        "scale": scale,
        "norm": "maximum" if dtype is None else "euclidean",
        "tensors": {name: _tensor_report(name, dtype, exact, reference, measured) for name in reference},
    }


def write(folder):
    """Writes the first-step gradients into a folder."""
    batches = synthetic_batches()
    for model_name, model in MODELS.items():
        state = initial_state(model_name)
        description = {
            "name": model_name,
            "model": model,
            "init_file": init_file(model_name),
            "batches_file": BATCHES_FILE,
            "modes": {mode: _mode_report(folder, model_name, mode, state, batches) for mode in MODES},
        }
        write_json(folder / f"{model_name}.gradients.json", description)
