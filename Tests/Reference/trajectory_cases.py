"""Training steps of every network, optimizer and mode: twenty in MODEL-OPTIMIZER.json, and twelve of models that are 16
bits as a whole in MODEL-OPTIMIZER-whole-model.json.
"""

import itertools
from dataclasses import replace

import torch

from fixture_files import write_json, write_tensors
from networks import NETWORKS, TOLERANCE_FACTOR, init_file, initial_state, noisy_runs, torch_runs
from training import Mode, distances, layer_dtypes, train, worst_by_step


def optimizers(network, eps=1e-8):
    """The optimizers of a network's trajectories by name."""
    sgd_rate, adamw_rate = network.learning_rates
    sgd = {"kind": "sgd", "lr": sgd_rate, "momentum": 0.9, "weight_decay": 0.0}
    adamw = {"kind": "adamw", "lr": adamw_rate, "betas": [0.9, 0.999], "eps": eps, "weight_decay": 0.01}
    return {"sgd": sgd, "adamw": adamw}


SCALER = {"init_scale": 65536.0, "growth_factor": 2.0, "backoff_factor": 0.5, "growth_interval": 5}

#: Mode and loss scaler by name. The last one starts so high that it must skip.
MODES = {
    "fp32": (Mode(), None),
    "amp-bf16": (Mode(torch.bfloat16), None),
    "amp-fp16": (Mode(torch.float16), SCALER),
    "amp-fp16-overflow": (Mode(torch.float16), {**SCALER, "init_scale": 2.0**24}),
}

#: The same of models that are 16 bits as a whole. fp16 without masters has Apex's scale of 1.
WHOLE_MODEL_MODES = {
    "o2": (Mode(whole_model=torch.float16), SCALER),
    "fp16": (Mode(whole_model=torch.float16, has_masters=False), None),
    "bf16": (Mode(whole_model=torch.bfloat16, has_masters=False), None),
}
#: Steps of these modes: a weight that is rounded to the other side moves all that follow, and more so with every step.
WHOLE_MODEL_STEPS = 12
#: Of AdamW in these modes: a number of every format. 1e-8 would be 0 in fp16, and 0 / 0 a weight.
WHOLE_MODEL_EPS = 2.0**-10

#: No tolerance is below this: a few roundings of an fp32 loss.
TOLERANCE_FLOOR = 1e-6
#: Nor is that of a step of a whole model below this share of the format's epsilon: a single logit of a batch of eight
#: that is rounded to the other side moves the mean loss by half an epsilon times half a probability, an eighth of it.
FLIPPED_LOGIT = 1 / 32
#: A scaled gradient closer to fp16's overflow than this would make skipping a matter of luck.
LEAST_OVERFLOW_MARGIN = 1.05


def _tolerances(by_step, dtype):
    """A tolerance a step: five times the worst distance that any run showed up to it."""
    floor = FLIPPED_LOGIT * torch.finfo(dtype).eps
    return [max(TOLERANCE_FACTOR * worst, floor) for worst in itertools.accumulate(by_step, max)]


def _whole_model_report(reference, measured, dtype):
    """What is recorded of whole models only: a tolerance a step, and norms of gradients, null where not finite."""
    norms = worst_by_step((run.gradient_norms for run in measured), reference.gradient_norms)
    return {
        "tolerances": _tolerances(worst_by_step((run.losses for run in measured), reference.losses), dtype),
        "gradient_norms": reference.gradient_norms,
        "gradient_norm_tolerances": _tolerances(norms, dtype),
    }


def mode_report(network_name, name, mode, state, batches, optimizer, fp32_losses, accumulation=1):
    """The entry of a mode with its scaler; see README.md for its keys."""
    network = NETWORKS[network_name]
    mode, scaler = mode

    def run(start, mode):
        return train(network.description, start, batches, optimizer, mode, scaler, accumulation)

    reference = run(state, replace(mode, exact=True))
    runs = torch_runs(network, state, mode, run)
    measured = runs + noisy_runs(network, state, mode, run)
    by_step = worst_by_step((run.losses for run in measured), reference.losses)
    losses = runs[0].losses
    report = {
        "torch_losses": losses,
        "reference_losses": reference.losses,
        "worst_distance": max(by_step),
        "tolerance": max(TOLERANCE_FACTOR * max(by_step), TOLERANCE_FLOOR),
        "worst_distance_by_step": by_step,
        "worst_distance_from_unperturbed": max(worst_by_step((run.losses for run in runs), losses)),
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
    if mode.whole_model is not None:
        report.update(_whole_model_report(reference, measured, mode.whole_model))
    report["activation_dtypes"] = layer_dtypes(network.description, state, batches, mode)
    return report


def _case(name, network_name, modes, optimizer, state, batches):
    """The content of one file."""
    network = NETWORKS[network_name]
    reports = {}
    for mode_name, mode in modes.items():
        fp32_losses = reports["fp32"]["torch_losses"] if "fp32" in reports else None
        reports[mode_name] = mode_report(network_name, mode_name, mode, state, batches, optimizer, fp32_losses)
    return {
        "name": name,
        "model": network.description,
        "optimizer": optimizer,
        "steps": len(batches["x"]),
        "batch": batches["x"].shape[1],
        "init_file": init_file(network_name),
        "batches_file": network.batches_file,
        "modes": reports,
    }


def write(folder):
    """Writes the batches, the initial weights and the trajectories into a folder."""
    for network_name, network in NETWORKS.items():
        state, batches = initial_state(network), network.batches()
        write_tensors(folder / init_file(network_name), state)
        write_tensors(folder / network.batches_file, batches)
        first = {key: value[:WHOLE_MODEL_STEPS] for key, value in batches.items()}
        for optimizer_name, optimizer in optimizers(network).items():
            case = _case(f"{network_name}-{optimizer_name}", network_name, MODES, optimizer, state, batches)
            write_json(folder / f"{case['name']}.json", case)
        for optimizer_name, optimizer in optimizers(network, WHOLE_MODEL_EPS).items():
            name = f"{network_name}-{optimizer_name}-whole-model"
            case = _case(name, network_name, WHOLE_MODEL_MODES, optimizer, state, first)
            write_json(folder / f"{name}.json", case)
