"""Autocast with exact arithmetic: fp64 computation, rounded to the low-precision type exactly where autocast rounds.

To an AMP run this is what the fp64 trajectory is to an fp32 run: the result of the number format alone, without any
library's order of summation. Weights stay fp64, so optimizer arithmetic is exact too.
"""

import torch
from torch import nn

#: Layers that only pass values on; their outputs need no rounding.
PASSIVE = (nn.Dropout, nn.Flatten)

#: Layers whose parameters autocast casts. BatchNorm's stay fp32.
CAST_PARAMETERS = (nn.Linear, nn.Conv2d)

FP32_EPSILON = torch.finfo(torch.float32).eps

#: Error of an fp32 sum of a few hundred products, in ulps: about the square root of the number of terms, halved.
SUM_ERROR = 8


class _Round(torch.autograd.Function):
    """Rounds a value on the way forward and its gradient on the way back."""

    @staticmethod
    def forward(context, value, dtype, noise):
        context.dtype = dtype
        context.noise = noise
        return _rounded(value, dtype, noise)

    @staticmethod
    def backward(context, gradient):
        return _rounded(gradient, context.dtype, context.noise), None, None


def _rounded(value, dtype, noise):
    """The value in steps of dtype. With a generator `noise`, every element first moves by up to SUM_ERROR fp32 ulps:
    what a sum accumulated in fp32, in whatever order, may be off by when it is rounded. Zeros and numbers that dtype
    can represent stay as they are.
    """
    if noise is not None:
        relative = 2 * torch.rand(value.shape, generator=noise, dtype=value.dtype) - 1
        value = value * (1 + SUM_ERROR * FP32_EPSILON * relative)
    return value.to(dtype).to(value.dtype)


def rounded_logits(model, dtype, x, noise=None):
    """model(x) for an fp64 model whose layers have one consumer each, as low-precision autocast would round it.

    Cast parameters and the input are rounded without noise: a cast has no error but its own.
    """
    parameters = {}
    hooks = []
    for name, module in model.named_modules():
        if list(module.children()) or isinstance(module, PASSIVE):
            continue
        hooks.append(module.register_forward_hook(lambda _, __, output: _Round.apply(output, dtype, noise)))
        if isinstance(module, CAST_PARAMETERS):
            for parameter_name, parameter in module.named_parameters(recurse=False):
                parameters[f"{name}.{parameter_name}"] = _CastParameter.apply(parameter, dtype, noise)
    try:
        return torch.func.functional_call(model, parameters, (_rounded(x, dtype, None),))
    finally:
        for hook in hooks:
            hook.remove()


class _CastParameter(_Round):
    """Rounds a parameter as it is, and its gradient as the result of a sum."""

    @staticmethod
    def forward(context, value, dtype, noise):
        context.dtype = dtype
        context.noise = noise
        return _rounded(value, dtype, None)
