"""A PyTorch twin with its batches and its optimizer, trained as fast as PyTorch can, for `speed_twin.py`."""

import math
import time

import torch
from safetensors.torch import load_file
from torch.profiler import ProfilerActivity, profile

from models import build, loss_of
from training import make_optimizer, perturbed

#: Networks that PyTorch runs faster with channels last.
_CONVOLUTIONAL = ("cnn", "resnet", "unet")

_AUTOCAST = {"fp32": None, "amp-bf16": torch.bfloat16, "amp-fp16": torch.float16}


def configure(threads):
    """Settings of the process."""
    torch.set_num_threads(threads)
    # As ampscope's teams do; threads inherit it from the one that starts them.
    torch.set_flush_denormal(True)
    return {"torch": torch.__version__, "threads": torch.get_num_threads()}


class TimedTwin:
    """A network in training, a batch after the other.

    `model` is a description as models.build takes it, `mode` one of fp32, amp-bf16 and amp-fp16, `compiled` whether
    torch.compile makes the forward and backward pass. `weights` and `batches` are safetensors files: the initial
    state_dict, and `x` (count, batch, ...) with `y`, which are trained on in turn. `optimizer` is a description as
    training.make_optimizer takes it, `scaler` holds GradScaler's arguments or None. Losses of the first `steps` steps are
    kept. With a `seed` every weight starts one ulp away, up or down at random.
    """

    def __init__(self, model, mode, compiled, weights, batches, optimizer, scaler, steps, seed=None):
        self.description = (model, mode, False, weights, batches, optimizer, scaler, steps)
        layout = torch.channels_last if model["kind"] in _CONVOLUTIONAL else torch.contiguous_format
        self.model = build(model)
        state = load_file(weights)
        self._load(weights, state if seed is None else perturbed(model, state, seed))
        self.model.to(memory_format=layout).train()
        tensors = load_file(batches)
        inputs = [x.contiguous(memory_format=layout) if x.dim() == 4 else x.clone() for x in tensors["x"]]
        self.batches = list(zip(inputs, [y.clone() for y in tensors["y"]], strict=True))
        self.optimizer = make_optimizer(optimizer, self.model.parameters(), fused=True)
        self.scaler = None if scaler is None else torch.amp.GradScaler("cpu", **scaler)
        self.loss = _loss_function(self.model, model, _AUTOCAST[mode], compiled)
        self.checked_steps = steps
        self.attempt = 0

    def _load(self, weights, state):
        missing, unexpected = self.model.load_state_dict(state, strict=False)
        absent = [name for name in missing if not name.endswith("num_batches_tracked")]
        if absent or unexpected:
            raise ValueError(f"{weights}: the twin's parameters are other ones: {absent} missing, {unexpected} unknown")

    def step(self):
        x, y = self.batches[self.attempt % len(self.batches)]
        self.attempt += 1
        self.optimizer.zero_grad(set_to_none=True)
        loss = self.loss(x, y)
        if self.scaler is None:
            loss.backward()
            self.optimizer.step()
        else:
            self.scaler.scale(loss).backward()
            self.scaler.step(self.optimizer)
            self.scaler.update()
        return loss

    def first_losses(self):
        """Numbers, and words for those that JSON has none for."""
        losses = [self.step().item() for _ in range(self.checked_steps)]
        return [loss if math.isfinite(loss) else str(loss) for loss in losses]

    def perturbed_losses(self, runs):
        """The first losses of `runs` uncompiled runs from weights one ulp away: how far rounding alone takes them."""
        return [TimedTwin(*self.description, seed=seed).first_losses() for seed in range(runs)]

    def timed_steps(self, settling, steps):
        """Milliseconds of each of `steps` steps, after `settling` steps that are not timed."""
        for _ in range(settling):
            self.step()
        times = []
        for _ in range(steps):
            start = time.perf_counter_ns()
            self.step()
            times.append((time.perf_counter_ns() - start) * 1e-6)
        return times

    def memory(self):
        """Bytes of what stays between two steps, without gradients and batches, and the peak within a step above it.

        The peak is what PyTorch's allocator had given out at most. What oneDNN allocates for itself is not in it.
        """
        states = [value for state in self.optimizer.state.values() for value in state.values()]
        kept = [*self.model.parameters(), *self.model.buffers(), *filter(torch.is_tensor, states)]
        state = sum(tensor.nbytes for tensor in kept)
        self.optimizer.zero_grad(set_to_none=True)
        with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
            self.step()
        changes = [event for event in profiler.profiler.kineto_results.events() if event.name() == "[memory]"]
        given, peak = 0, 0
        for change in sorted(changes, key=lambda event: event.start_ns()):
            given += change.nbytes()
            peak = max(peak, given)
        return state, state + peak


def _loss_function(model, description, autocast, compiled):
    """(x, y) -> the mean loss; the loss is compiled with the network, where PyTorch can fuse it."""

    def loss(x, y):
        with torch.autocast("cpu", dtype=autocast, enabled=autocast is not None):
            outputs = model(x)
        return loss_of(description, outputs, y)

    return torch.compile(loss, dynamic=False) if compiled else loss
