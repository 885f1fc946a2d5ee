"""Short training runs at a given precision, and how far apart two of them are."""

import copy
import dataclasses
import math

import numpy
import torch

from autocast_lists import CUDALists
from exact_autocast import ExactAutocast, ExactWholeModel, Rounding
from models import build, loss_of
from whole_model import Weights, WholeModelFunctions

#: The largest finite fp16 value plus half its ulp: from here on a number rounds to infinity.
FP16_OVERFLOW = 65520.0


@dataclasses.dataclass(frozen=True)
class Mode:
    """A precision mode. `autocast` is the low-precision type or None, and so is `whole_model`, that of a model which
    is 16 bits as a whole, with fp32 masters or without (see whole_model.py); `exact` computes in fp64 (see
    exact_autocast.py), with fp32-sized noise before every rounding if there is a `noise_seed`.
    """

    autocast: torch.dtype | None = None
    whole_model: torch.dtype | None = None
    has_masters: bool = True
    exact: bool = False
    noise_seed: int | None = None

    @property
    def dtype(self):
        """The type that a model is loaded in."""
        return torch.float64 if self.exact else torch.float32

    @property
    def low(self):
        """The 16-bit type, None in fp32."""
        return self.autocast or self.whole_model


@dataclasses.dataclass
class Run:
    """What one run recorded, a value per step. `scales` are the scales that the steps used, before `update`;
    `gradient_norms` are those of unscaled gradients, None where one is not finite.
    `overflow_margin`, of an exact mode, is how near the largest number that a step rounded came to fp16's overflow from
    either side, as a ratio >= 1: a step with a much larger one overflows in any arithmetic.
    """

    losses: list = dataclasses.field(default_factory=list)
    scales: list = dataclasses.field(default_factory=list)
    found_inf: list = dataclasses.field(default_factory=list)
    gradient_norms: list = dataclasses.field(default_factory=list)
    overflow_margin: float = float("inf")

    def record_margin(self, rounding):
        """Takes a step's largest number from its rounding."""
        if rounding.largest > 0:
            margin = max(rounding.largest / FP16_OVERFLOW, FP16_OVERFLOW / rounding.largest)
            self.overflow_margin = min(self.overflow_margin, margin)
        rounding.largest = 0.0


def rounding_of(mode):
    """The rounding of an exact 16-bit mode, None for the others."""
    if mode.low is None or not mode.exact:
        return None
    noise = None if mode.noise_seed is None else torch.Generator().manual_seed(mode.noise_seed)
    return Rounding(mode.low, noise)


def make_optimizer(description, parameters, fused=False):
    """torch.optim's SGD, Adam or AdamW of a description as the fixtures store it. A fused one computes in fp32 whatever
    the parameters are stored in.
    """
    arguments = {key: value for key, value in description.items() if key != "kind"}
    kinds = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam, "adamw": torch.optim.AdamW}
    return kinds[description["kind"]](parameters, foreach=False, fused=fused, **arguments)


def load(description, state, dtype):
    """A model in training mode with the given state_dict, its floating-point tensors in dtype."""
    model = build(description)
    model.load_state_dict(state)
    return model.to(dtype).train()


def forward_loss(description, model, mode, x, y, rounding=None):
    """The loss of a batch in a mode; `rounding` is what rounding_of gave for it."""
    if x.is_floating_point():
        x = x.to(mode.dtype)
    if mode.low is None:
        outputs = model(x)
    elif mode.exact:
        with (ExactAutocast if mode.whole_model is None else ExactWholeModel)(rounding):
            outputs = model(x)
    elif mode.whole_model is not None:
        with WholeModelFunctions(mode.whole_model):
            outputs = model(x.to(mode.whole_model) if x.is_floating_point() else x)
    else:
        with torch.autocast("cpu", dtype=mode.autocast), CUDALists(mode.autocast):
            outputs = model(x)
    return loss_of(description, outputs, y)


def train(description, state, batches, optimizer_description, mode, scaler_description=None, accumulation=1):
    """Trains over all batches from `state`. A step accumulates the gradients of `accumulation` batches, each with its
    share of the mean; losses are a value a batch, everything else is a value a step.
    """
    rounding = rounding_of(mode)
    model = load(description, state, mode.dtype)
    weights = Weights(model, mode, rounding)
    # Not beside masters: a fused optimizer unscales itself, and SGD's momentum is garbage after a skipped first step.
    is_fused = mode.whole_model is not None and not mode.has_masters and not mode.exact
    optimizer = make_optimizer(optimizer_description, weights.parameters, is_fused)
    scaler = torch.amp.GradScaler("cpu", enabled=scaler_description is not None, **(scaler_description or {}))
    run = Run()
    for index, (x, y) in enumerate(zip(batches["x"], batches["y"], strict=True)):
        if index % accumulation == 0:
            model.zero_grad()
        loss = forward_loss(description, model, mode, x, y, rounding)
        scaler.scale(loss / accumulation).backward()
        run.losses.append(loss.item())
        if (index + 1) % accumulation != 0:
            continue
        weights.take_gradients()
        run.gradient_norms.append(gradient_norm(model, scaler.get_scale()))
        if scaler_description is not None:
            if rounding is not None:
                run.record_margin(rounding)
            run.scales.append(scaler.get_scale())
            run.found_inf.append(not all(bool(parameter.grad.isfinite().all()) for parameter in model.parameters()))
        scaler.step(optimizer)
        scaler.update()
        weights.store(optimizer)
    return run


def gradient_norm(model, scale):
    """The Euclidean norm of all unscaled gradients; None where one is not finite."""
    norm = torch.stack([parameter.grad.double().norm() for parameter in model.parameters()]).norm().item() / scale
    return norm if math.isfinite(norm) else None


def first_gradients(description, state, batches, mode, scale=1.0, rounding=None):
    """Gradients of the first step by parameter name, in fp64. The backward pass starts from `scale`, a power of two,
    which is divided out again. An exact 16-bit mode uses `rounding` if it is given.
    """
    rounding = rounding or rounding_of(mode)
    model = load(description, state, mode.dtype)
    weights = Weights(model, mode, rounding)
    loss = forward_loss(description, model, mode, batches["x"][0], batches["y"][0], rounding)
    (loss * scale).backward()
    weights.take_gradients()
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


def distances(values, reference):
    """Relative distance of two trajectories, a value per step; 0 where both have none."""
    pairs = zip(values, reference, strict=True)
    return [0.0 if value is other is None else abs(value - other) / abs(other) for value, other in pairs]


def worst_by_step(trajectories, reference):
    """The largest distance of any of the trajectories from a reference, a value per step."""
    return [max(step) for step in zip(*(distances(values, reference) for values in trajectories), strict=True)]


def layer_dtypes(description, state, batches, mode):
    """What each layer puts out and receives back in one step: name, kind, output and gradient type."""
    model = load(description, state, mode.dtype)
    Weights(model, mode)
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
