"""Gathers single operations, computed forward and backward in fp64."""

import numpy
import torch


class CaseCollector:
    """Gathers cases. Inputs are drawn in fp32, so that fp64 starts from exactly what a reader loads."""

    def __init__(self):
        self.random = numpy.random.default_rng(11)
        self.tensors = {}
        self.cases = []

    def normal(self, *shape, scale=1.0, offset=0.0):
        """Normally distributed fp32 values."""
        return torch.from_numpy(self.random.normal(offset, scale, shape)).float()

    def integers(self, bound, *shape):
        """Evenly distributed int64 values from 0 to below bound."""
        return torch.from_numpy(self.random.integers(0, bound, shape))

    def add(self, name, operation, attributes, inputs, function, differentiable=("x", "weight", "bias")):
        """Runs function on the inputs in their order -> y, or (y, further outputs by name), and its backward pass for a
        drawn dy (1 for a scalar y).
        """
        exact = {key: value.double() if value.is_floating_point() else value for key, value in inputs.items()}
        leaves = {key: value.requires_grad_() for key, value in exact.items() if key in differentiable}
        result = function(*exact.values())
        y, further = result if isinstance(result, tuple) else (result, {})
        roles = {**inputs, "y": y, **further}
        if leaves:
            roles["dy"] = self.normal(*y.shape) if y.dim() else torch.ones(())
            gradients = torch.autograd.grad(y, list(leaves.values()), roles["dy"].double())
            roles.update({f"d{key}": gradient for key, gradient in zip(leaves, gradients, strict=True)})
        self.tensors.update({f"{name}.{role}": tensor for role, tensor in roles.items()})
        shapes = {role: list(tensor.shape) for role, tensor in roles.items()}
        self.cases.append({"name": name, "operation": operation, "attributes": attributes, "tensors": shapes})
