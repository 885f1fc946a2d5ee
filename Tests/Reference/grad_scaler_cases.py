"""torch.amp.GradScaler driven through scripted overflows: grad_scaler_sequences.json."""

import numpy
import torch

from fixture_files import write_json


def _scripts():
    """Name, settings and the found_inf of every step."""
    random = numpy.random.default_rng(3)
    default = {"init_scale": 65536.0, "growth_factor": 2.0, "backoff_factor": 0.5}
    yield "grows_at_the_interval", {**default, "growth_interval": 3}, [False] * 10
    yield (
        "overflow_restarts_the_interval",
        {**default, "growth_interval": 4},
        [False, False, False, True, False, False, False, False, True, True, False, False, False, False, False],
    )
    yield "repeated_backoff_then_growth", {**default, "growth_interval": 2}, [True] * 20 + [False] * 6
    yield "interval_of_one", {**default, "growth_interval": 1}, [False, True, False, False, True, True, False, False]
    yield "growth_stops_below_infinity", {**default, "init_scale": 2.0**120, "growth_interval": 1}, [False] * 12
    yield (
        "backoff_from_the_largest_scale",
        {**default, "init_scale": 2.0**126, "growth_interval": 2},
        [False] * 7 + [True, False, False, False, False],
    )
    yield (
        "growth_by_other_factor_stops_below_infinity",
        {"init_scale": 1e38, "growth_factor": 1.5, "backoff_factor": 0.75, "growth_interval": 2},
        [False] * 10 + [True] + [False] * 4,
    )
    yield "backoff_to_zero_stays_zero", {**default, "growth_interval": 2}, [True] * 170 + [False] * 5
    yield (
        "factors_without_exact_products",
        {"init_scale": 1000.0, "growth_factor": 1.7, "backoff_factor": 0.3, "growth_interval": 2},
        [bool(value) for value in random.random(40) < 0.25],
    )
    yield "random_overflows", {**default, "growth_interval": 4}, [bool(value) for value in random.random(100) < 0.1]


def _replay(settings, found_inf):
    """Scale and growth tracker after every update, and whether the step ran the optimizer."""
    scaler = torch.amp.GradScaler("cpu", **settings)
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([parameter], lr=1.0)
    scales, trackers = [], []
    for overflow in found_inf:
        scaler.scale(torch.zeros(()))
        parameter.grad = torch.tensor([float("inf") if overflow else 1.0])
        scaler.step(optimizer)
        scaler.update()
        state = scaler.state_dict()
        scales.append(state["scale"])
        trackers.append(state["_growth_tracker"])
    return scales, trackers


def write(folder):
    """Writes the loss-scaler fixture into a folder."""
    sequences = []
    for name, settings, found_inf in _scripts():
        scales, trackers = _replay(settings, found_inf)
        sequences.append(
            {"name": name, **settings, "found_inf": found_inf, "scales": scales, "growth_trackers": trackers}
        )
    write_json(folder / "grad_scaler_sequences.json", {"sequences": sequences})
