"""torch.autocast's CUDA op lists on a CPU, for the functions that our networks call.

CPU autocast raises other operations to fp32 than CUDA's does: it leaves layer norm and upsampling in the low-precision
type. ampscope follows the CUDA lists on every device, so `CUDALists` gives a CPU run the same types.
Source: aten/src/ATen/autocast_mode.h.
"""

import torch
from torch.overrides import TorchFunctionMode

from rounded_operations import Storage, lstm, scaled_dot_product_attention

#: Operands are cast to the low-precision type.
LOWER_PRECISION = {"linear", "conv2d", "conv_transpose2d", "scaled_dot_product_attention", "lstm"}
#: Operands are cast to fp32.
FLOAT32 = {"layer_norm", "interpolate"}
#: Unlisted operations: they run in the widest type of their operands, as type promotion would have it.
WIDEST = {"add", "mul", "cat", "relu", "gelu", "max_pool2d", "adaptive_avg_pool2d", "embedding"}
#: Unlisted operations that run in the type of their first operand and keep parameters in fp32.
FIRST_OPERAND = {"batch_norm"}
#: Norms, which compute in fp32 in every mode.
NORMS = {"batch_norm", "layer_norm"}
#: Functions that only pass values on.
PASSIVE = {"flatten", "unflatten", "reshape", "view", "transpose", "permute", "split", "expand", "__getitem__"}
#: The twins never drop anything, so this only passes values on as well.
PASSIVE |= {"dropout"}

#: Operations of which ampscope defines what is rounded inside; see rounded_operations.py.
DEFINED_ROUNDINGS = {"scaled_dot_product_attention": scaled_dot_product_attention, "lstm": lstm}


def map_tensors(function, value):
    """value with function applied to every floating-point tensor in it, also in lists, tuples and dicts."""
    if isinstance(value, torch.Tensor):
        return function(value) if value.is_floating_point() else value
    if isinstance(value, (list, tuple)):
        return type(value)(map_tensors(function, item) for item in value)
    if isinstance(value, dict):
        return {key: map_tensors(function, item) for key, item in value.items()}
    return value


class CUDALists(TorchFunctionMode):
    """Inside torch.autocast("cpu", dtype): the functions whose CPU lists differ run as CUDA's lists say."""

    def __init__(self, dtype):
        super().__init__()
        self.dtype = dtype

    def __torch_function__(self, function, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        name = function.__name__
        if name in FLOAT32:
            with torch.autocast("cpu", enabled=False):
                return function(*map_tensors(torch.Tensor.float, args), **map_tensors(torch.Tensor.float, kwargs))
        if name in DEFINED_ROUNDINGS:
            lowered = map_tensors(lambda operand: operand.to(self.dtype), args)
            with torch.autocast("cpu", enabled=False):
                return DEFINED_ROUNDINGS[name](Storage(self.dtype), *lowered, **kwargs)
        return function(*args, **kwargs)
