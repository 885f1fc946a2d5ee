"""torch.optim.lr_scheduler over fifty steps: schedule_sequences.json.

A sequence holds the learning rate that every step uses, the first step's included; the scheduler moves on once a step.
"""

import torch
from torch.optim import lr_scheduler

from fixture_files import write_json

STEPS = 50
BASE_RATE = 0.1

_WARMUP = {"kind": "linear", "start_factor": 0.1, "end_factor": 1.0, "total_iters": 10}
_STEP = {"kind": "step", "step_size": 15, "gamma": 0.5}
_CONSTANT = {"kind": "constant", "factor": 1.0, "total_iters": 0}

#: One scheduler or, with a warm-up in front, two in sequence; the second then starts at the first milestone.
CASES = {
    "step": [_STEP],
    "step-of-one": [{"kind": "step", "step_size": 1, "gamma": 0.9}],
    "cosine": [{"kind": "cosine", "T_max": 50, "eta_min": 0.0}],
    "cosine-with-floor": [{"kind": "cosine", "T_max": 49, "eta_min": 0.001}],
    "cosine-past-its-end": [{"kind": "cosine", "T_max": 20, "eta_min": 0.01}],
    "linear-warmup": [_WARMUP],
    "linear-decay": [{"kind": "linear", "start_factor": 1.0, "end_factor": 0.0, "total_iters": 50}],
    "warmup-constant": [_WARMUP, _CONSTANT],
    "warmup-step": [_WARMUP, _STEP],
    "warmup-cosine": [_WARMUP, {"kind": "cosine", "T_max": 40, "eta_min": 0.001}],
    "warmup-linear-decay": [_WARMUP, {"kind": "linear", "start_factor": 1.0, "end_factor": 0.0, "total_iters": 40}],
    "one-cycle": [{"kind": "one_cycle", "max_lr": 0.1, "total_steps": 50}],
    "one-cycle-linear": [
        {"kind": "one_cycle", "max_lr": 0.2, "total_steps": 50, "pct_start": 0.4, "anneal_strategy": "linear"}
    ],
    "one-cycle-factors": [
        {"kind": "one_cycle", "max_lr": 0.1, "total_steps": 50, "div_factor": 10.0, "final_div_factor": 100.0}
    ],
    "one-cycle-three-phases": [{"kind": "one_cycle", "max_lr": 0.1, "total_steps": 50, "three_phase": True}],
}

_KINDS = {
    "step": lr_scheduler.StepLR,
    "cosine": lr_scheduler.CosineAnnealingLR,
    "linear": lr_scheduler.LinearLR,
    "constant": lr_scheduler.ConstantLR,
}


def _scheduler(optimizer, description):
    arguments = {key: value for key, value in description.items() if key != "kind"}
    if description["kind"] == "one_cycle":
        # Momentum stays as it is: ampscope schedules learning rates.
        return lr_scheduler.OneCycleLR(optimizer, cycle_momentum=False, **arguments)
    return _KINDS[description["kind"]](optimizer, **arguments)


def _rates(descriptions):
    """The learning rate of every step."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=BASE_RATE)
    schedulers = [_scheduler(optimizer, description) for description in descriptions]
    scheduler = schedulers[0]
    if len(schedulers) > 1:
        scheduler = lr_scheduler.SequentialLR(optimizer, schedulers, milestones=[_WARMUP["total_iters"]])
    rates = []
    for _ in range(STEPS):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if len(rates) < STEPS:
            scheduler.step()
    return rates


def write(folder):
    """Writes the schedule fixture into a folder."""
    sequences = []
    for name, descriptions in CASES.items():
        sequence = {"name": name, "base_lr": BASE_RATE, "schedulers": descriptions}
        if len(descriptions) > 1:
            sequence["milestones"] = [_WARMUP["total_iters"]]
        sequences.append({**sequence, "lr": _rates(descriptions)})
    write_json(folder / "schedule_sequences.json", {"steps": STEPS, "sequences": sequences})
