"""First-step gradients of every network: MODEL.gradients.json, MODEL.gradients-whole-model.json for models that are 16
bits as a whole, and a safetensors file a mode.

Losses average the roundings of a whole batch away; gradients show, tensor by tensor, whether a network rounds where
autocast rounds.
"""

import math
import statistics
from dataclasses import replace

import torch

from exact_autocast import Rounding
from fixture_files import write_json, write_tensors
from networks import NETWORKS, TOLERANCE_FACTOR, init_file, initial_state, noisy_runs, torch_runs
from training import FP16_OVERFLOW, Mode, first_gradients

#: Mode and loss scale by name; the largest scale, in fp16 it is halved until nothing is near overflow.
MODES = {"fp32": (Mode(), 1.0), "amp-bf16": (Mode(torch.bfloat16), 1.0), "amp-fp16": (Mode(torch.float16), 65536.0)}
#: Those of models that are 16 bits as a whole. Without masters, scales are 1.
WHOLE_MODEL_MODES = {
    "o2": (Mode(whole_model=torch.float16), 65536.0),
    "fp16": (Mode(whole_model=torch.float16, has_masters=False), 1.0),
    "bf16": (Mode(whole_model=torch.bfloat16, has_masters=False), 1.0),
}
#: No number of a step may be larger than this fraction of fp16's overflow.
LARGEST_SHARE_OF_OVERFLOW = 0.75

#: Demanded of fp32, as a fraction of the tensor's largest gradient.
FP32_TOLERANCE = 1e-5
#: An AMP tolerance allows at least that many elements of a tensor to be rounded to the neighbouring number.
NEIGHBOURS = 4
#: In the median tensor PyTorch's autocast must lie nearer to the reference than this share of the distance at which a
#: run without rounding lies. A reference that rounded elsewhere than autocast does would not pass.
LARGEST_MEDIAN_SHARE = 0.5


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


def _scale(network, state, batches, mode, scale):
    """The loss scale of a mode: the given one, or the next lower power of two that does not overflow."""
    rounding = Rounding(mode.low)
    while mode.low == torch.float16:
        rounding.largest = 0.0
        first_gradients(network.description, state, batches, replace(mode, exact=True), scale, rounding)
        if rounding.largest <= LARGEST_SHARE_OF_OVERFLOW * FP16_OVERFLOW:
            break
        scale /= 2
    return scale


def _require_agreement(network_name, tensors, gradients, reference):
    """That PyTorch's autocast is what the reference describes."""
    shares = [
        _euclidean(gradients[name] - reference[name]) / (report["norm"] * report["distance_of_fp64"])
        for name, report in tensors.items()
        if report["distance_of_fp64"] > 0
    ]
    if not statistics.median(shares) < LARGEST_MEDIAN_SHARE:
        raise RuntimeError(f"{network_name}: PyTorch's gradients lie at {shares} of the distance without rounding")


def _mode_report(folder, network_name, mode_name, mode, scale, state, batches):
    """Writes the gradients of one mode; their entry in the description."""
    network = NETWORKS[network_name]
    scale = _scale(network, state, batches, mode, scale)
    dtype = mode.low

    def run(start, mode):
        return first_gradients(network.description, start, batches, mode, scale)

    exact = run(state, Mode(exact=True))
    reference = run(state, replace(mode, exact=True))
    runs = torch_runs(network, state, mode, run)
    measured = runs + noisy_runs(network, state, mode, run)
    tensors = {name: _tensor_report(name, dtype, exact, reference, measured) for name in reference}
    if dtype is not None:
        _require_agreement(network_name, tensors, runs[0], reference)
    file = f"{network_name}.gradients.{mode_name}.safetensors"
    stored = {} if mode.has_masters else {"dtype": mode.whole_model}
    write_tensors(folder / file, {name: gradient.to(**stored) for name, gradient in reference.items()})
    return {"file": file, "scale": scale, "norm": "maximum" if dtype is None else "euclidean", "tensors": tensors}


def write(folder):
    """Writes the first-step gradients into a folder."""
    for network_name, network in NETWORKS.items():
        state, batches = initial_state(network), network.batches()
        for modes, suffix in ((MODES, ""), (WHOLE_MODEL_MODES, "-whole-model")):
            description = {
                "name": f"{network_name}{suffix}",
                "model": network.description,
                "init_file": init_file(network_name),
                "batches_file": network.batches_file,
                "modes": {
                    name: _mode_report(folder, network_name, name, *mode, state, batches)
                    for name, mode in modes.items()
                    if name not in network.left_out
                },
            }
            write_json(folder / f"{network_name}.gradients{suffix}.json", description)
