"""Twenty training steps of every network, optimizer and mode: MODEL-OPTIMIZER.json."""

import torch

from fixture_files import write_json, write_tensors
from networks import NETWORKS, TOLERANCE_FACTOR, init_file, initial_state, noisy_runs, torch_runs
from synthetic_data import STEPS
from training import Mode, distances, layer_dtypes, train, worst_by_step


def optimizers(network):
    """The optimizers of a network's trajectories by name."""
    sgd_rate, adamw_rate = network.learning_rates
    sgd = {"kind": "sgd", "lr": sgd_rate, "momentum": 0.9, "weight_decay": 0.0}
    adamw = {"kind": "adamw", "lr": adamw_rate, "betas": [0.9, 0.999], "eps": 1e-8, "weight_decay": 0.01}
    return {"sgd": sgd, "adamw": adamw}


SCALER = {"init_scale": 65536.0, "growth_factor": 2.0, "backoff_factor": 0.5, "growth_interval": 5}

#: Autocast type and loss scaler of every recorded mode. The last one starts so high that it must skip.
MODES = {
    "fp32": (None, None),
    "amp-bf16": (torch.bfloat16, None),
    "amp-fp16": (torch.float16, SCALER),
    "amp-fp16-overflow": (torch.float16, {**SCALER, "init_scale": 2.0**24}),
}

#: No tolerance is below this: a few roundings of an fp32 loss.
TOLERANCE_FLOOR = 1e-6
#: A scaled gradient closer to fp16's overflow than this would make skipping a matter of luck.
LEAST_OVERFLOW_MARGIN = 1.05


def mode_report(network_name, name, mode, state, batches, optimizer, fp32_losses, accumulation=1):
    """The entry of a mode, autocast type and scaler; see README.md for its keys."""
    network = NETWORKS[network_name]
    dtype, scaler = mode

    def run(start, mode):
        return train(network.description, start, batches, optimizer, mode, scaler, accumulation)

    reference = run(state, Mode(dtype, exact=True))
    runs = torch_runs(network, state, dtype, run)
    measured = runs + noisy_runs(network, state, dtype, run)
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
            raise RuntimeError(
                f"{network_name}, {name}: runs disagree on which steps overflow: change its seed in networks.py"
            )
        margin = reference.overflow_margin
        if margin < LEAST_OVERFLOW_MARGIN:
            raise RuntimeError(
                f"{network_name}, {name}: a number is within {margin} of overflow: change its seed in networks.py"
            )
        report["scaler"] = scaler
        report["scales"] = reference.scales
        report["found_inf"] = reference.found_inf
        report["overflow_margin"] = margin
    report["activation_dtypes"] = layer_dtypes(network.description, state, batches, Mode(dtype))
    return report


def write(folder):
    """Writes the batches, the initial weights and the trajectories into a folder."""
    for network_name, network in NETWORKS.items():
        state, batches = initial_state(network), network.batches()
        write_tensors(folder / init_file(network_name), state)
        write_tensors(folder / network.batches_file, batches)
        for optimizer_name, optimizer in optimizers(network).items():
            modes = {}
            for name, mode in MODES.items():
                fp32_losses = modes["fp32"]["torch_losses"] if modes else None
                modes[name] = mode_report(network_name, name, mode, state, batches, optimizer, fp32_losses)
            case = {
                "name": f"{network_name}-{optimizer_name}",
                "model": network.description,
                "optimizer": optimizer,
                "steps": STEPS,
                "batch": batches["x"].shape[1],
                "init_file": init_file(network_name),
                "batches_file": network.batches_file,
                "modes": modes,
            }
            write_json(folder / f"{case['name']}.json", case)
