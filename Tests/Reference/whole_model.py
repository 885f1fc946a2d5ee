"""Models that are 16 bits as a whole: Apex's O2 with fp32 masters, and `model.half()` or `model.bfloat16()` without.

Norms compute in fp32 and store in 16 bits. With masters their parameters stay in fp32, layer norms as well as batch
norms (Apex's keep_batchnorm_fp32 names the latter only); without, every parameter, gradient and optimizer state is
stored in 16 bits, and an update loads, computes in fp32 and rounds once, as torch's fused optimizers do.
"""

import torch
from torch import nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from autocast_lists import DEFINED_ROUNDINGS, map_tensors
from rounded_operations import Storage

#: Modules that keep fp32 parameters beside masters.
NORM_MODULES = (nn.BatchNorm2d, nn.LayerNorm)

#: Functions that run in fp32 on the 16-bit tensors and round their results, forward and backward. CUDA's kernels and
#: ampscope's do; those of a CPU add up in 16 bits in the backward passes of embedding and interpolate, and in fp16 that
#: of a convolution's weight; a layer norm whose parameters are 16 bits keeps mean, reciprocal deviation and sums of
#: gradients in 16 bits there.
COMPUTED_IN_FLOAT32 = {"embedding", "interpolate", "layer_norm", "conv2d", "conv_transpose2d"}


def _floats(value):
    return map_tensors(torch.Tensor.float, value)


def _batch_norm(x, running_mean, running_var, *rest, **options):
    """torch.nn.functional.batch_norm of a 16-bit x by the kernel for fp32 parameters and statistics, which are widened
    and, if they are stored in 16 bits, rounded once. On a CPU the kernel for 16-bit ones keeps the statistics of the
    batch in 16 bits; CUDA's has them in fp32.
    """
    statistics = running_mean.float(), running_var.float()
    y = functional.batch_norm(x, *statistics, *_floats(rest), **_floats(options))
    if running_mean.dtype != torch.float32:
        running_mean.copy_(statistics[0])
        running_var.copy_(statistics[1])
    return y


class WholeModelFunctions(TorchFunctionMode):
    """Inside it a 16-bit model computes on a CPU what ampscope defines: PyTorch's kernels but for what is above."""

    def __init__(self, dtype):
        super().__init__()
        self.dtype = dtype

    def __torch_function__(self, function, _, args=(), kwargs=None):
        kwargs = kwargs or {}
        name = function.__name__
        if name in DEFINED_ROUNDINGS:
            return DEFINED_ROUNDINGS[name](Storage(self.dtype), *args, **kwargs)
        if name in COMPUTED_IN_FLOAT32:
            return function(*_floats(args), **_floats(kwargs)).to(self.dtype)
        if name == "batch_norm":
            return _batch_norm(*args, **kwargs)
        return function(*args, **kwargs)


def norm_parameters(model):
    """The names of the parameters of a model's norms."""
    return {
        f"{name}.{key}"
        for name, module in model.named_modules()
        if isinstance(module, NORM_MODULES)
        for key, _ in module.named_parameters(recurse=False)
    }


class Weights:
    """The weights of a run: what its optimizer steps on (`parameters`), and how the model gets it.

    `mode` is a Mode of training.py; `rounding` is that of an exact mode.
    """

    def __init__(self, model, mode, rounding=None):
        self.model, self.rounding, self.whole = model, rounding, mode.whole_model
        self.norms = norm_parameters(model)
        self.has_copies = self.whole is not None and mode.has_masters and not mode.exact
        self.is_rounded = self.whole is not None and not mode.has_masters and mode.exact
        self.parameters = list(model.parameters())
        if self.has_copies:
            self.parameters = [nn.Parameter(parameter.detach().clone()) for parameter in self.parameters]
            for module in model.modules():
                if not isinstance(module, NORM_MODULES):
                    for parameter in module.parameters(recurse=False):
                        parameter.data = parameter.data.to(self.whole)
        elif self.is_rounded:
            for parameter in self.parameters:
                parameter.data = rounding.cast(parameter.data)
        elif self.whole is not None and not mode.exact:
            model.to(self.whole)

    def _round(self, tensors):
        for tensor in tensors:
            tensor.data = self.rounding.write(tensor.data)

    @torch.no_grad()
    def take_gradients(self):
        """After a backward pass: gradients as they are stored, and those of the copies for the masters."""
        if self.rounding is not None and self.whole is not None:
            for name, parameter in self.model.named_parameters():
                if name not in self.norms:
                    # A sum of stored gradients, of both ends of tied weights for one: exact in fp32.
                    parameter.grad = self.rounding.cast(parameter.grad)
                elif self.is_rounded:
                    parameter.grad = self.rounding.write(parameter.grad)
        if self.has_copies:
            for master, parameter in zip(self.parameters, self.model.parameters(), strict=True):
                master.grad = parameter.grad.float()

    @torch.no_grad()
    def store(self, optimizer):
        """After an optimizer's step: rounds what is stored in 16 bits, and writes the copies of masters."""
        if self.is_rounded:
            self._round(self.parameters)
            for state in optimizer.state.values():
                self._round(value for key, value in state.items() if key != "step" and value is not None)
        if self.has_copies:
            for master, parameter in zip(self.parameters, self.model.parameters(), strict=True):
                parameter.copy_(master)
