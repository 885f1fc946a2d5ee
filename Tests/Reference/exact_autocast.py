"""Autocast with exact arithmetic: fp64 computation, rounded to the low-precision type exactly where autocast rounds.

To an AMP run this is what the fp64 trajectory is to an fp32 run: the result of the number format alone, without any
library's order of summation. Weights stay fp64, so optimizer arithmetic is exact too.
"""

import torch
from torch.overrides import TorchFunctionMode

from autocast_lists import (
    DEFINED_ROUNDINGS,
    FIRST_OPERAND,
    FLOAT32,
    LOWER_PRECISION,
    NORMS,
    PASSIVE,
    WIDEST,
    map_tensors,
)

FP32_EPSILON = torch.finfo(torch.float32).eps

#: Error of an fp32 sum of a few hundred products, in ulps: about the square root of the number of terms, halved.
SUM_ERROR = 8


class Rounding:
    """Rounds fp64 values to a low-precision type, and is the storage of rounded_operations.py.

    With a generator `noise`, every element of a result first moves by up to SUM_ERROR fp32 ulps: what a sum accumulated
    in fp32, in whatever order, may be off by when it is rounded. Zeros and numbers that the type can represent stay as
    they are. `largest` is the largest finite magnitude so far of a result before its rounding.
    """

    def __init__(self, dtype, noise=None):
        self.dtype = dtype
        self.noise = noise
        self.largest = 0.0

    def cast(self, value):
        """An existing value in the low-precision type: a cast has no error but its own."""
        return value.to(self.dtype).to(value.dtype)

    def write(self, value):
        """A result of arithmetic in the low-precision type."""
        if self.noise is not None:
            relative = 2 * torch.rand(value.shape, generator=self.noise, dtype=value.dtype) - 1
            value = value * (1 + SUM_ERROR * FP32_EPSILON * relative)
        else:
            self.largest = max(self.largest, value.detach().nan_to_num(0, 0, 0).abs().max().item())
        return self.cast(value)

    def read(self, value):
        """A stored value: here everything is fp64."""
        return value

    rounded = write


class _Operand(torch.autograd.Function):
    """What an operation in the low-precision type makes of an operand: a cast if it is fp32, and the gradient that the
    operation stores.
    """

    @staticmethod
    def forward(context, value, rounding):
        context.rounding = rounding
        return value.view_as(value) if _is_low(value) else rounding.cast(value)

    @staticmethod
    def backward(context, gradient):
        return context.rounding.write(gradient), None


class _Result(torch.autograd.Function):
    """A stored result, and the stored sum of the gradients that its users send back: at most two, so that adding them
    brings no error but that of the cast.
    """

    @staticmethod
    def forward(context, value, rounding):
        context.rounding = rounding
        return rounding.write(value)

    @staticmethod
    def backward(context, gradient):
        return context.rounding.cast(gradient), None


def _is_low(tensor):
    """Whether autocast would hold the tensor in the low-precision type. Parameters and inputs are fp32."""
    return getattr(tensor, "is_low_precision", False)


def _marked(tensor, is_low):
    tensor.is_low_precision = is_low
    return tensor


class ExactAutocast(TorchFunctionMode):
    """Inside it an fp64 model computes as autocast with CUDA's op lists would, but for sums without error.

    Every fp64 tensor carries a mark that says whether autocast would store it in the low-precision type. A function
    that stands on none of the lists of autocast_lists.py is an error, not a guess.
    """

    def __init__(self, rounding):
        super().__init__()
        self.rounding = rounding

    def __torch_function__(self, function, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        name = function.__name__
        low = []
        map_tensors(lambda operand: low.append(_is_low(operand)), (args, kwargs))
        if not low:
            return function(*args, **kwargs)
        rule = self._rule(name, low)
        if rule is not None:
            return self._run(function, args, kwargs, *rule)

        def passed_on(result):
            if name not in PASSIVE:
                raise NotImplementedError(f"autocast_lists.py does not say in which type {name} runs: add it to a list")
            return _marked(result, all(low))

        return map_tensors(passed_on, function(*args, **kwargs))

    def _rule(self, name, low):
        """Whether the operands of a function are lowered and its result is stored in 16 bits, given which operands are;
        None for one on no list.
        """
        if name in LOWER_PRECISION:
            return True, True
        if name in FLOAT32:
            return False, False
        if name in FIRST_OPERAND:
            return False, low[0]
        if name in WIDEST:
            return False, all(low)
        return None

    def _run(self, function, args, kwargs, lowered, result_is_low):
        """Calls function with its operands cast, and rounds what it returns."""

        def operand(value):
            return _Operand.apply(value, self.rounding) if lowered or _is_low(value) else value

        def result(value):
            return _marked(_Result.apply(value, self.rounding) if result_is_low else value, result_is_low)

        args, kwargs = map_tensors(operand, args), map_tensors(operand, kwargs)
        if function.__name__ in DEFINED_ROUNDINGS:
            results = DEFINED_ROUNDINGS[function.__name__](self.rounding, *args, **kwargs)
        else:
            results = function(*args, **kwargs)
        return map_tensors(result, results)


class ExactWholeModel(ExactAutocast):
    """Inside it an fp64 model computes as one that is 16 bits as a whole: every result is stored, and norms read their
    parameters as they are. Parameters that are stored in 16 bits have such values already.
    """

    def _rule(self, name, low):
        if name in NORMS:
            return False, True
        return (True, True) if super()._rule(name, low) is not None else None
