"""What the references rest on: where ampscope's own attention and LSTM round nothing, they are PyTorch's.

And where they round, PyTorch's own low-precision attention is as near to them as its own, different roundings allow.
"""

import torch
from torch import nn
from torch.nn import functional

from rounded_operations import Storage, lstm, scaled_dot_product_attention

#: Sums of some ten fp64 products of numbers about 1.
EXACT = 1e-12


class _Unrounded(Storage):
    """fp64 tensors that stay as they are."""

    def __init__(self):
        super().__init__(torch.float64)

    def read(self, value):
        return value


def _results(function, *operands):
    """function(*operands) and its gradients for a fixed gradient of the result."""
    leaves = [operand.detach().clone().requires_grad_() for operand in operands]
    result = function(*leaves)
    gradient = torch.linspace(-1, 1, result.numel(), dtype=torch.float64).view_as(result).to(result.dtype)
    return [result, *torch.autograd.grad(result, leaves, gradient)]


def _require_near(what, ours, theirs, tolerance):
    for index, (our, their) in enumerate(zip(ours, theirs, strict=True)):
        distance = ((our.double() - their.double()).norm() / their.double().norm()).item()
        if not distance <= tolerance:
            raise RuntimeError(f"{what}: result {index} lies {distance} from PyTorch's, allowed is {tolerance}")


def _check_attention(generator):
    operands = [torch.randn(2, 3, 7, 4, dtype=torch.float64, generator=generator) for _ in range(3)]
    for is_causal in (False, True):

        def theirs(q, k, v, is_causal=is_causal):
            return functional.scaled_dot_product_attention(q, k, v, is_causal=is_causal)

        def ours(q, k, v, storage, is_causal=is_causal):
            return scaled_dot_product_attention(storage, q, k, v, is_causal)

        unrounded = _results(lambda *values: ours(*values, _Unrounded()), *operands)
        _require_near("attention", unrounded, _results(theirs, *operands), EXACT)
        for dtype in (torch.bfloat16, torch.float16):
            lowered = [operand.to(dtype) for operand in operands]
            rounded = _results(lambda *values, dtype=dtype: ours(*values, Storage(dtype)), *lowered)
            # Each side rounds P, dS and its results once: in the mean less than an ulp of difference.
            _require_near(f"attention in {dtype}", rounded, _results(theirs, *lowered), torch.finfo(dtype).eps)


def _check_lstm(generator):
    layers = nn.LSTM(3, 5, 2, batch_first=True).double()
    weights = [torch.randn(p.shape, dtype=torch.float64, generator=generator) / 2 for p in layers.parameters()]
    x = torch.randn(4, 6, 3, dtype=torch.float64, generator=generator)
    names = [name for name, _ in layers.named_parameters()]

    def theirs(x, *weights):
        return torch.func.functional_call(layers, dict(zip(names, weights, strict=True)), (x,))[0]

    def ours(x, *weights):
        return lstm(_Unrounded(), x, None, list(weights), True, 2, 0.0, True, False, True)[0]

    _require_near("lstm", _results(ours, x, *weights), _results(theirs, x, *weights), EXACT)


def check():
    """Raises a RuntimeError unless the definitions are what they claim to be."""
    generator = torch.Generator().manual_seed(9)
    _check_attention(generator)
    _check_lstm(generator)
