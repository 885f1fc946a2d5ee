"""Short training runs at a given precision, and how far apart two of them are."""

import copy
import dataclasses

import numpy
import torch

from autocast_lists import CUDALists
from exact_autocast import ExactAutocast, Rounding
from models import build, loss_of

#: The largest finite fp16 value plus half its ulp: from here on a number rounds to infinity.
FP16_OVERFLOW = 65520.0


@dataclasses.dataclass(frozen=True)
class Mode:
    """A precision mode. `autocast` is the low-precision type or None; `exact` computes in fp64 (see exact_autocast.py),
    with fp32-sized noise before every rounding if there is a `noise_seed`.
    """

    autocast: torch.dtype | None = None
    exact: bool = False
    noise_seed: int | None = None

    @property
    def dtype(self):
        """The type of parameters and optimizer state."""
        return torch.float64 if self.exact else torch.float32


@dataclasses.dataclass
class Run:
    """What one run recorded, a value per step. `scales` are the scales that the steps used, before `update`.
    `overflow_margin`, of an exact mode, is how near the largest number that a step rounded came to fp16's overflow from
    either side, as a ratio >= 1: a step with a much larger one overflows in any arithmetic.
    """

    losses: list = dataclasses.field(default_factory=list)
    scales: list = dataclasses.field(default_factory=list)
    found_inf: list = dataclasses.field(default_factory=list)
    overflow_margin: float = float("inf")

    def record_margin(self, rounding):
        """Takes a step's largest number from its rounding."""
        if rounding.largest > 0:
            margin = max(rounding.largest / FP16_OVERFLOW, FP16_OVERFLOW / rounding.largest)
            self.overflow_margin = min(self.overflow_margin, margin)
        rounding.largest = 0.0


def rounding_of(mode):
    """The rounding of an exact AMP mode, None for the others."""
    if mode.autocast is None or not mode.exact:
        return None
    noise = None if mode.noise_seed is None else torch.Generator().manual_seed(mode.noise_seed)
    return Rounding(mode.autocast, noise)


def make_optimizer(description, parameters):
    """torch.optim's SGD, Adam or AdamW of a description as the fixtures store it."""
    arguments = {key: value for key, value in description.items() if key != "kind"}
    kinds = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam, "adamw": torch.optim.AdamW}
    return kinds[description["kind"]](parameters, foreach=False, **arguments)


def load(description, state, dtype):
    """A model in training mode with the given state_dict, its floating-point tensors in dtype."""
    model = build(description)
    model.load_state_dict(state)
    return model.to(dtype).train()


def forward_loss(description, model, mode, x, y, rounding=None):
    """The loss of a batch in a mode; `rounding` is what rounding_of gave for it."""
    if x.is_floating_point():
        x = x.to(mode.dtype)
    if mode.autocast is None:
        outputs = model(x)
    elif mode.exact:
        with ExactAutocast(rounding):
            outputs = model(x)
    else:
        with torch.autocast("cpu", dtype=mode.autocast), CUDALists(mode.autocast):
            outputs = model(x)
    return loss_of(description, outputs, y)


def train(description, state, batches, optimizer_description, mode, scaler_description=None, accumulation=1):
    """Trains over all batches from `state`. A step accumulates the gradients of `accumulation` batches, each with its
    share of the mean; losses are a value a batch, everything else is a value a step.
    """
    model = load(description, state, mode.dtype)
    optimizer = make_optimizer(optimizer_description, model.parameters())
    scaler = torch.amp.GradScaler("cpu", enabled=scaler_description is not None, **(scaler_description or {}))
    rounding = rounding_of(mode)
    run = Run()
    for index, (x, y) in enumerate(zip(batches["x"], batches["y"], strict=True)):
        if index % accumulation == 0:
            optimizer.zero_grad()
        loss = forward_loss(description, model, mode, x, y, rounding)
        scaler.scale(loss / accumulation).backward()
        run.losses.append(loss.item())
        if (index + 1) % accumulation != 0:
            continue
        if scaler_description is not None:
            if rounding is not None:
                run.record_margin(rounding)
            run.scales.append(scaler.get_scale())
            run.found_inf.append(not all(bool(parameter.grad.isfinite().all()) for parameter in model.parameters()))
        scaler.step(optimizer)
        scaler.update()
    return run


def first_gradients(description, state, batches, mode, scale=1.0, rounding=None):
    """Gradients of the first step by parameter name, in fp64. The backward pass starts from `scale`, a power of two,
    which is divided out again. An exact AMP mode uses `rounding` if it is given.
    """
    rounding = rounding or rounding_of(mode)
    model = load(description, state, mode.dtype)
    loss = forward_loss(description, model, mode, batches["x"][0], batches["y"][0], rounding)
    (loss * scale).backward()
    return {name: parameter.grad.double() / scale for name, parameter in model.named_parameters()}


def perturbed(description, state, seed):
    """`state` with every parameter moved by one ulp, up or down at random. BatchNorm's statistics stay."""
    generator = numpy.random.default_rng(seed)
    names = {name for name, _ in build(description).named_parameters()}
    moved = copy.deepcopy(state)
    for name in sorted(names):
        directions = torch.from_numpy(generator.integers(0, 2, tuple(state[name].shape)) * 2 - 1).float()
        moved[name] = torch.nextafter(state[name], directions * torch.inf)
    return moved


def distances(losses, reference):
    """Relative distance of two trajectories, a value per step."""
    return [abs(loss - other) / abs(other) for loss, other in zip(losses, reference, strict=True)]


def worst_by_step(runs, reference):
    """The largest distance of any of the runs from a reference trajectory, a value per step."""
    return [max(step) for step in zip(*(distances(run.losses, reference) for run in runs), strict=True)]


def layer_dtypes(description, state, batches, mode):
    """What each layer puts out and receives back in one step: name, kind, output and gradient type."""
    model = load(description, state, mode.dtype)
    layers = []

    def record(name):
        def hook(module, _, output):
            output = output[0] if isinstance(output, tuple) else output
            layer = {"name": name, "kind": type(module).__name__, "output": str(output.dtype).removeprefix("torch.")}
            layers.append(layer)

            def receive(gradient):
                layer["output_gradient"] = str(gradient.dtype).removeprefix("torch.")

            output.register_hook(receive)

        return hook

    for name, module in model.named_modules():
        if name and not list(module.children()) and type(module).__name__ not in ("Dropout", "Flatten"):
            module.register_forward_hook(record(name))
    forward_loss(description, model, mode, batches["x"][0], batches["y"][0]).backward()
    return layers
