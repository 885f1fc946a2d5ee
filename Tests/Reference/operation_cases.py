"""Single operations, forward and backward, computed in fp64: op_cases.json and .safetensors."""

import functools

import torch
from torch.nn import functional

import loss_operation_cases
import sequence_operation_cases
import tensor_operation_cases
from case_collector import CaseCollector
from fixture_files import write_json, write_tensors


def _elementwise(cases):
    x = torch.cat([torch.linspace(-12, 12, 97), torch.tensor([0.0, -0.0, 1e-8, -1e-8, 1e-30, 40.0, -40.0])])
    cases.add("gelu", "gelu", {}, {"x": x}, functional.gelu)
    cases.add("relu", "relu", {}, {"x": torch.cat([x, cases.normal(24)])}, functional.relu)


def _linear(cases):
    inputs = {"x": cases.normal(7, 33), "weight": cases.normal(11, 33, scale=0.2), "bias": cases.normal(11)}
    cases.add("linear", "linear", {}, inputs, functional.linear)


def _convolutions(cases):
    settings = {
        "conv2d_3x3_padding_1": ((2, 3, 7, 7), (5, 3, 3, 3), False, 1, 1),
        "conv2d_3x3_stride_2_padding_1": ((3, 4, 9, 8), (6, 4, 3, 3), True, 2, 1),
        "conv2d_1x1": ((2, 6, 5, 5), (4, 6, 1, 1), True, 1, 0),
        "conv2d_5x5_padding_2_one_channel": ((2, 1, 10, 10), (3, 1, 5, 5), True, 1, 2),
    }
    for name, (x_shape, weight_shape, biased, stride, padding) in settings.items():
        inputs = {"x": cases.normal(*x_shape), "weight": cases.normal(*weight_shape, scale=0.3)}
        if biased:
            inputs["bias"] = cases.normal(weight_shape[0])
        attributes = {"kernel": list(weight_shape[2:]), "stride": stride, "padding": padding}

        def convolve(*values, stride=stride, padding=padding):
            return functional.conv2d(*values, stride=stride, padding=padding)

        cases.add(name, "conv2d", attributes, inputs, convolve)


def _pooling(cases):
    for name, operation, shape, kernel, stride, padding in (
        ("max_pool_2", "max_pool2d", (2, 3, 6, 8), 2, 2, 0),
        ("max_pool_2_odd", "max_pool2d", (2, 2, 7, 7), 2, 2, 0),
        ("max_pool_3_stride_2_padding_1", "max_pool2d", (2, 2, 7, 8), 3, 2, 1),
        ("avg_pool_2", "avg_pool2d", (2, 3, 6, 8), 2, 2, 0),
        ("avg_pool_3_stride_2_padding_1", "avg_pool2d", (2, 2, 7, 8), 3, 2, 1),
    ):
        pool = functools.partial(getattr(functional, operation), kernel_size=kernel, stride=stride, padding=padding)
        attributes = {"kernel": [kernel, kernel], "stride": stride, "padding": padding}
        if operation == "avg_pool2d":
            attributes["count_include_pad"] = True
        cases.add(name, operation, attributes, {"x": cases.normal(*shape)}, pool)
    ties = torch.from_numpy(cases.random.integers(0, 2, (2, 2, 6, 6))).float()
    attributes = {"kernel": [2, 2], "stride": 2, "padding": 0}
    # The first of equal elements in row order receives the gradient.
    cases.add("max_pool_2_ties", "max_pool2d", attributes, {"x": ties}, lambda x: functional.max_pool2d(x, 2))
    global_pool = functools.partial(functional.adaptive_avg_pool2d, output_size=1)
    cases.add("global_avg_pool", "global_avg_pool", {}, {"x": cases.normal(3, 5, 4, 3)}, global_pool)


def _batch_norm(cases):
    momentum, eps = 0.1, 1e-5
    for name, shape, offset in (
        ("batch_norm_train", (4, 3, 5, 5), 0.0),
        ("batch_norm_train_large_mean", (4, 3, 5, 5), 100.0),
    ):
        inputs = {
            "x": cases.normal(*shape, offset=offset),
            "weight": cases.normal(shape[1], scale=0.3, offset=1),
            "bias": cases.normal(shape[1]),
            "running_mean": cases.normal(shape[1]),
            "running_variance": cases.normal(shape[1]).abs() + 0.5,
        }

        def train(x, weight, bias, running_mean, running_variance):
            mean, variance = running_mean.clone(), running_variance.clone()
            y = functional.batch_norm(x, mean, variance, weight, bias, True, momentum, eps)
            return y, {"new_running_mean": mean, "new_running_variance": variance}

        cases.add(name, "batch_norm_train", {"momentum": momentum, "eps": eps}, inputs, train)

    def infer(x, weight, bias, running_mean, running_variance):
        return functional.batch_norm(x, running_mean, running_variance, weight, bias, False, momentum, eps)

    cases.add("batch_norm_infer", "batch_norm_infer", {"eps": eps}, inputs, infer, differentiable=())


def _cross_entropy(cases):
    for name, scale in (("cross_entropy", 1.0), ("cross_entropy_large_logits", 60.0)):
        labels = torch.from_numpy(cases.random.integers(0, 10, 9))
        inputs = {"logits": cases.normal(9, 10, scale=scale), "labels": labels}
        cases.add(name, "cross_entropy", {}, inputs, functional.cross_entropy, differentiable=("logits",))


#: Inputs are drawn one after the other: a new group goes to the end.
_GROUPS = (
    _elementwise,
    _linear,
    _convolutions,
    _pooling,
    _batch_norm,
    _cross_entropy,
    *tensor_operation_cases.GROUPS,
    *sequence_operation_cases.GROUPS,
    *loss_operation_cases.GROUPS,
)


def write(folder):
    """Writes the operation fixtures into a folder."""
    cases = CaseCollector()
    for group in _GROUPS:
        group(cases)
    write_tensors(folder / "op_cases.safetensors", cases.tensors)
    write_json(folder / "op_cases.json", {"file": "op_cases.safetensors", "cases": cases.cases})
