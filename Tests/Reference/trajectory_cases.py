"""Twenty training steps of every network, optimizer and mode: MODEL-OPTIMIZER.json."""

import torch

from fixture_files import write_json, write_tensors
from networks import (
    BATCH,
    BATCHES_FILE,
    MODELS,
    STEPS,
    TOLERANCE_FACTOR,
    init_file,
    initial_state,
    noisy_runs,
    synthetic_batches,
    torch_runs,
)
from training import Mode, distances, layer_dtypes, train, worst_by_step

OPTIMIZERS = {
    "sgd": {"kind": "sgd", "lr": 0.05, "momentum": 0.9, "weight_decay": 0.0},
    "adamw": {"kind": "adamw", "lr": 1e-3, "betas": [0.9, 0.999], "eps": 1e-8, "weight_decay": 0.01},
}

_SCALER = {"init_scale": 65536.0, "growth_factor": 2.0, "backoff_factor": 0.5, "growth_interval": 5}

#: Autocast type and loss scaler of every recorded mode. The last one starts so high that it must skip.
MODES = {
    "fp32": (None, None),
    "amp-bf16": (torch.bfloat16, None),
    "amp-fp16": (torch.float16, _SCALER),
    "amp-fp16-overflow": (torch.float16, {**_SCALER, "init_scale": 2.0**24}),
}

#: No tolerance is below this: a few roundings of an fp32 loss.
TOLERANCE_FLOOR = 1e-6
#: A scaled gradient closer to fp16's overflow than this would make skipping a matter of luck.
LEAST_OVERFLOW_MARGIN = 1.05


def _mode_report(name, model, state, batches, optimizer, fp32_losses):
    """The entry of one mode; see README.md for its keys."""
    dtype, scaler = MODES[name]

    def run(start, mode):
        return train(model, start, batches, optimizer, mode, scaler)

    reference = run(state, Mode(dtype, exact=True))
    runs = torch_runs(model, state, dtype, run)
    measured = runs + noisy_runs(state, dtype, run)
    by_step = worst_by_step(measured, reference.losses)
    losses = runs[0].losses
    report = {
        "torch_losses": losses,
        "reference_losses": reference.losses,
        "worst_distance": max(by_step),
        "tolerance": max(TOLERANCE_FACTOR * max(by_step), TOLERANCE_FLOOR),
        "worst_distance_by_step": by_step,
        "worst_distance_from_unperturbed": max(worst_by_step(runs, losses)),
        "distance_from_fp32": max(distances(losses, fp32_losses or losses)),
    }
    if scaler is not None:
        if any(run.scales != reference.scales for run in measured):
            raise RuntimeError(f"{name}: runs disagree on which steps overflow: change SEED in networks.py")
        margin = min(run.overflow_margin for run in measured)
        if margin < LEAST_OVERFLOW_MARGIN:
            raise RuntimeError(f"{name}: a gradient is within {margin} of overflow: change SEED in networks.py")
        report["scaler"] = scaler
        report["scales"] = reference.scales
        report["found_inf"] = reference.found_inf
        report["overflow_margin"] = margin
    report["activation_dtypes"] = layer_dtypes(model, state, batches, Mode(dtype))
    return report


def write(folder):
    """Writes the batches, the initial weights and the trajectories into a folder."""
    batches = synthetic_batches()
    write_tensors(folder / BATCHES_FILE, batches)
    for model_name, model in MODELS.items():
        state = initial_state(model_name)
        write_tensors(folder / init_file(model_name), state)
        for optimizer_name, optimizer in OPTIMIZERS.items():
            modes = {}
            for mode in MODES:
                fp32_losses = modes["fp32"]["torch_losses"] if modes else None
                modes[mode] = _mode_report(mode, model, state, batches, optimizer, fp32_losses)
            case = {
                "name": f"{model_name}-{optimizer_name}",
                "model": model,
                "optimizer": optimizer,
                "steps": STEPS,
                "batch": BATCH,
                "init_file": init_file(model_name),
                "batches_file": BATCHES_FILE,
                "modes": modes,
            }
            write_json(folder / f"{case['name']}.json", case)
