"""Loss scalers of five systems through scripted overflows: scaler_presets.json.

torch's is the real one. The others are transcribed here from the sources that their classes name, each with its
original's own variables, order of tests and arithmetic (Python's floats or fp32), so that a mistake in the engine's one
state machine is not repeated here.
"""

import numpy
import torch

from fixture_files import write_json

#: The scales that are normal fp32 numbers and have normal reciprocals: the engine's guards hold the scale within them.
SMALLEST_SCALE, LARGEST_SCALE = 2.0**-126, 2.0**126


class Torch:
    """torch.amp.GradScaler itself."""

    def __init__(self, initial_scale=2.0**16, growth_interval=2000):
        self._scaler = torch.amp.GradScaler("cpu", init_scale=initial_scale, growth_interval=growth_interval)
        self._parameter = torch.nn.Parameter(torch.zeros(1))
        self._optimizer = torch.optim.SGD([self._parameter], lr=1.0)

    def update(self, overflow):
        self._scaler.scale(torch.zeros(()))
        self._parameter.grad = torch.tensor([float("inf") if overflow else 1.0])
        self._scaler.step(self._optimizer)
        self._scaler.update()

    def state(self):
        state = self._scaler.state_dict()
        return state["scale"], state["_growth_tracker"], 1


class Apex:
    """NVIDIA/apex, apex/amp/scaler.py, LossScaler.update_scale, as it was before apex.amp was removed (2025-05)."""

    def __init__(self, initial_scale=2.0**16, growth_interval=2000, minimum_scale=None, maximum_scale=2.0**24):
        self._loss_scale = min(maximum_scale, initial_scale)
        self._scale_seq_len = growth_interval
        self._min, self._max = minimum_scale, maximum_scale
        self._unskipped = 0

    def update(self, overflow):
        if overflow:
            halved = self._loss_scale / 2
            self._loss_scale = halved if not self._min else max(self._min, halved)
            self._unskipped = 0
        else:
            self._unskipped += 1
        if self._unskipped == self._scale_seq_len:
            self._loss_scale = min(self._max, 2 * self._loss_scale)
            self._unskipped = 0

    def state(self):
        return self._loss_scale, self._unskipped, 1


class DeepSpeed:
    """deepspeedai/DeepSpeed, deepspeed/runtime/fp16/loss_scaler.py, DynamicLossScaler.update_scale.

    The defaults are those of deepspeed/runtime/precision_config.py, DeepSpeedFP16Config.
    """

    MESSAGE = "Current loss scale already at minimum - cannot decrease scale anymore. Exiting run."

    def __init__(
        self, initial_scale=2.0**16, growth_interval=1000, minimum_scale=1.0, hysteresis=2, refills_at_once=False
    ):
        self._scale, self._window, self._min = initial_scale, growth_interval, minimum_scale
        self._shift = self._hysteresis = hysteresis
        self._consecutive = refills_at_once
        self._iteration, self._last_overflow = 0, -1

    def update(self, overflow):
        if overflow:
            if self._shift == 1 or self._hysteresis == 1:
                if self._scale == self._min:
                    raise RuntimeError(self.MESSAGE)
                self._scale = max(self._scale / 2, self._min)
            else:
                self._hysteresis -= 1
            self._last_overflow = self._iteration
        else:
            if self._consecutive:
                self._hysteresis = self._shift
            stable = self._iteration - self._last_overflow - 1
            if stable > 0 and stable % self._window == 0:
                if not self._consecutive:
                    self._hysteresis = self._shift
                self._scale *= 2
        self._iteration += 1

    def state(self):
        # The original keeps no counter. This one starts at -1 and lets the scale grow when it reaches the window.
        clean = self._iteration - self._last_overflow - 1
        return self._scale, (clean - 1) % self._window if clean > 0 else -1, self._hysteresis


class Megatron:
    """NVIDIA/Megatron-LM, megatron/core/optimizer/grad_scaler.py, DynamicGradScaler.update.

    The defaults are those of megatron/training/arguments.py and megatron/core/optimizer/__init__.py.
    """

    def __init__(self, initial_scale=2.0**32, growth_interval=1000, minimum_scale=1.0, hysteresis=2):
        self._scale, self._min = numpy.float32(initial_scale), numpy.float32(minimum_scale)
        self._interval, self._hysteresis = growth_interval, hysteresis
        self._growth_tracker, self._hysteresis_tracker = 0, hysteresis

    def update(self, overflow):
        if overflow:
            self._growth_tracker = 0
            self._hysteresis_tracker -= 1
            if self._hysteresis_tracker <= 0:
                self._scale = max(self._scale * numpy.float32(0.5), self._min)
            return
        self._growth_tracker += 1
        if self._growth_tracker == self._interval:
            self._growth_tracker = 0
            self._hysteresis_tracker = self._hysteresis
            with numpy.errstate(over="ignore"):
                self._scale = self._scale * numpy.float32(2)

    def state(self):
        # Below 1 the original's counter means what 1 means: the next overflow backs off.
        return float(self._scale), self._growth_tracker, max(self._hysteresis_tracker, 1)


class Keras:
    """keras-team/keras 3, keras/src/optimizers/loss_scale_optimizer.py, LossScaleOptimizer._common_apply."""

    def __init__(self, initial_scale=2.0**15, growth_interval=2000):
        self._dynamic_scale = numpy.float32(initial_scale)
        self._growth_steps = growth_interval
        self._step_counter = 0

    def update(self, overflow):
        if overflow:
            self._step_counter = 0
            self._dynamic_scale = self._dynamic_scale / numpy.float32(2)
        elif self._step_counter == self._growth_steps - 1:
            self._step_counter = 0
            with numpy.errstate(over="ignore"):
                self._dynamic_scale = self._dynamic_scale * numpy.float32(2)
        else:
            self._step_counter += 1

    def state(self):
        return float(self._dynamic_scale), self._step_counter, 1


_SCALERS = {"torch": Torch, "apex": Apex, "deepspeed": DeepSpeed, "megatron": Megatron, "keras": Keras}


def _random_script(seed, end, runs):
    """Runs of clean and of overflowing steps in turn; a clean step is the last of its run with probability `end`."""
    random = numpy.random.default_rng(seed)
    script = []
    for _ in range(runs):
        script += [[False, int(random.geometric(end))], [True, int(random.geometric(0.6))]]
    return script


def _scripts(preset):
    """Name, changed settings, and runs of steps that all overflow or all do not: [overflow, steps]."""
    window = 1000 if preset in ("deepspeed", "megatron") else 2000
    yield "grows_by_default", {}, [[False, 3 * window + 3]]
    yield "overflow_near_the_interval", {}, [[False, window - 1], [True, 1], [False, window], [True, 2], [False, 3]]
    yield "refills_on_growth", {}, [[True, 1], [False, 5], [True, 1], [False, window + 1], [True, 1], [True, 1]]
    yield "falls_without_end", {}, [[True, 400], [False, 3]]
    yield "grows_without_end", {"growth_interval": 1}, [[False, 200], [True, 2], [False, 9]]
    for seed, interval in enumerate([1, 2, 3, 7, 20]):
        yield f"random_interval_{interval}", {"growth_interval": interval}, _random_script(seed, 0.2, 60)
    yield "random_from_a_low_scale", {"initial_scale": 8.0, "growth_interval": 5}, _random_script(11, 0.3, 80)
    if preset == "apex":
        limits = {"initial_scale": 64.0, "growth_interval": 3, "minimum_scale": 16.0, "maximum_scale": 256.0}
        yield "random_within_limits", limits, _random_script(12, 0.2, 60)
    if preset == "deepspeed":
        for hysteresis in (1, 2, 4):
            for at_once in (False, True):
                settings = {"hysteresis": hysteresis, "refills_at_once": at_once, "growth_interval": 4}
                name = f"random_hysteresis_{hysteresis}" + ("_refilled_at_once" if at_once else "")
                yield name, settings, _random_script(20 + hysteresis, 0.2, 60)
        yield "raises_at_a_floor_of_its_own", {"minimum_scale": 4096.0}, [[True, 9]]
    if preset == "megatron":
        for hysteresis in (1, 4):
            settings = {"hysteresis": hysteresis, "minimum_scale": 2.0**20, "growth_interval": 4}
            yield f"random_hysteresis_{hysteresis}", settings, _random_script(30 + hysteresis, 0.2, 60)


def _beyond_guard(scale):
    """Which guard of the engine would not let a scale become this; None where it may."""
    if scale > LARGEST_SCALE:
        return "largest scale"
    return "smallest scale" if scale < SMALLEST_SCALE else None


def _replay(preset, settings, script):
    """Every change of the scale and the trackers after every run; ends where the original raises or passes a guard."""
    scaler = _SCALERS[preset](**settings)
    initial = scaler.state()[0]
    step, scale = 0, initial
    changes, trackers, end = [], [], {"raises": None, "guard": None}
    for overflow, count in script:
        for _ in range(count):
            try:
                scaler.update(overflow)
            except RuntimeError as error:
                end["raises"] = {"step": step, "message": str(error)}
                break
            new = scaler.state()[0]
            if reason := _beyond_guard(new):
                end["guard"] = {"step": step, "reason": reason}
                break
            if new != scale:
                changes.append((step, new))
            step, scale = step + 1, new
        if any(end.values()):
            break
        trackers.append(scaler.state()[1:])
    return {
        "initial_scale": initial,
        "overflows": [overflow for overflow, _ in script],
        "steps": [count for _, count in script],
        "change_steps": [step for step, _ in changes],
        "change_scales": [scale for _, scale in changes],
        "growth_trackers": [growth for growth, _ in trackers],
        "hysteresis_trackers": [hysteresis for _, hysteresis in trackers],
        **end,
    }


def _several_optimizers():
    """Three optimizers, each with gradients of its own, on one torch.amp.GradScaler."""
    random = numpy.random.default_rng(40)
    found_inf = random.random((40, 3)) < 0.12
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0, growth_interval=3)
    parameters = [torch.nn.Parameter(torch.zeros(1)) for _ in range(3)]
    optimizers = [torch.optim.SGD([parameter], lr=1.0) for parameter in parameters]
    scales = []
    for overflows in found_inf:
        scaler.scale(torch.zeros(()))
        for parameter, optimizer, overflow in zip(parameters, optimizers, overflows, strict=True):
            parameter.grad = torch.tensor([float("inf") if overflow else 1.0])
            scaler.step(optimizer)
        scaler.update()
        scales.append(scaler.get_scale())
    return {
        "initial_scale": 1024.0,
        "growth_interval": 3,
        "found_inf": [[bool(overflow) for overflow in overflows] for overflows in found_inf],
        "scales": scales,
    }


def write(folder):
    """Writes the presets' fixture into a folder."""
    sequences = []
    for preset in _SCALERS:
        for name, settings, script in _scripts(preset):
            sequences.append(
                {"preset": preset, "name": name, "settings": settings, **_replay(preset, settings, script)}
            )
    write_json(
        folder / "scaler_presets.json", {"sequences": sequences, "several_optimizers": _several_optimizers()}
    )
