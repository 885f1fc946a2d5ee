"""Cases of elementwise, indexing, normalising and resampling operations for operation_cases.py."""

import functools

import torch
from torch.nn import functional


def _elementwise(cases):
    x = torch.cat(
        [torch.linspace(-12, 12, 97), torch.tensor([0.0, -0.0, 1e-8, -1e-8, 1e-30, 40.0, -40.0, 95.0, -95.0])]
    )
    for operation, function in (("sigmoid", torch.sigmoid), ("tanh", torch.tanh), ("silu", functional.silu)):
        cases.add(operation, operation, {}, {"x": x}, function)
    inputs = {"x": cases.normal(4, 9), "other": cases.normal(4, 9)}
    cases.add("multiply", "multiply", {}, inputs, torch.mul, ("x", "other"))
    # The second operand repeats over the leading extents of the first.
    for name, x_shape, other_shape in (
        ("add", (4, 9), (4, 9)),
        ("add_broadcast_row", (4, 9), (9,)),
        ("add_broadcast_matrix", (3, 5, 6), (5, 6)),
        ("add_broadcast_row_over_rank_3", (3, 5, 6), (6,)),
    ):
        inputs = {"x": cases.normal(*x_shape), "other": cases.normal(*other_shape)}
        cases.add(name, "add", {}, inputs, torch.add, ("x", "other"))


def _linear_of_rank_3(cases):
    inputs = {"x": cases.normal(3, 5, 17), "weight": cases.normal(11, 17, scale=0.2), "bias": cases.normal(11)}
    cases.add("linear_rank_3", "linear", {}, inputs, functional.linear)


def _layer_norm(cases):
    for name, shape, eps, offset in (
        ("layer_norm", (6, 33), 1e-5, 0.0),
        ("layer_norm_rank_3", (2, 5, 16), 1e-6, 0.0),
        ("layer_norm_large_mean", (6, 32), 1e-5, 100.0),
    ):
        inputs = {
            "x": cases.normal(*shape, offset=offset),
            "weight": cases.normal(shape[-1], scale=0.3, offset=1),
            "bias": cases.normal(shape[-1]),
        }

        def normalise(x, weight, bias, eps=eps):
            rows = x.detach().flatten(0, -2)
            statistics = {"mean": rows.mean(1), "rstd": (rows.var(1, correction=0) + eps).rsqrt()}
            return functional.layer_norm(x, weight.shape, weight, bias, eps), statistics

        cases.add(name, "layer_norm", {"eps": eps}, inputs, normalise)


def _indexing(cases):
    # Some rows several times, others never.
    inputs = {"indices": cases.integers(9, 4, 6), "table": cases.normal(13, 7)}
    cases.add("embedding", "embedding", {}, inputs, functional.embedding, ("table",))

    def gather(x, indices):
        return x.gather(1, indices[..., None].expand(-1, -1, x.shape[2]))

    inputs = {"x": cases.normal(3, 6, 5), "indices": cases.integers(6, 3, 8)}
    cases.add("gather", "gather", {}, inputs, gather)


def _joining(cases):
    for name, shape, other_shape, dimension in (
        ("concat_channels", (2, 3, 4, 5), (2, 5, 4, 5), 1),
        ("concat_tokens", (2, 1, 6), (2, 7, 6), 1),
        ("concat_features", (4, 3), (4, 8), 1),
    ):
        inputs = {"x": cases.normal(*shape), "other": cases.normal(*other_shape)}

        def join(x, other, dimension=dimension):
            return torch.cat([x, other], dimension)

        cases.add(name, "concat", {"dimension": dimension}, inputs, join, ("x", "other"))
    for name, shape, dimension, start, length in (
        ("slice_channels", (2, 7, 3, 4), 1, 2, 4),
        ("slice_first_token", (3, 5, 6), 1, 0, 1),
        ("slice_features", (4, 9), 1, 6, 3),
    ):
        attributes = {"dimension": dimension, "start": start, "length": length}
        narrow = functools.partial(torch.narrow, dim=dimension, start=start, length=length)
        cases.add(name, "slice", attributes, {"x": cases.normal(*shape)}, narrow)
    cases.add("expand", "expand", {"count": 4}, {"x": cases.normal(1, 3, 5)}, lambda x: x.expand(4, -1, -1))


def _upsampling(cases):
    for mode in ("nearest", "bilinear"):
        for scale, shape in ((2, (2, 3, 4, 5)), (3, (2, 2, 3, 2)), (2, (1, 2, 1, 3))):
            align = {"align_corners": False} if mode == "bilinear" else {}
            upsample = functools.partial(functional.interpolate, scale_factor=scale, mode=mode, **align)
            name = f"upsample_{mode}_{scale}" + ("_one_row" if shape[2] == 1 else "")
            cases.add(name, "upsample2d", {"scale": scale, "mode": mode}, {"x": cases.normal(*shape)}, upsample)


def _transposed_convolutions(cases):
    for name, x_shape, weight_shape, biased, stride, padding in (
        ("conv_transpose2d_2x2_stride_2", (2, 6, 4, 3), (6, 3, 2, 2), True, 2, 0),
        ("conv_transpose2d_2x2_stride_2_without_bias", (2, 4, 3, 3), (4, 2, 2, 2), False, 2, 0),
        ("conv_transpose2d_3x3_stride_2_padding_1", (2, 4, 5, 4), (4, 3, 3, 3), True, 2, 1),
    ):
        inputs = {"x": cases.normal(*x_shape), "weight": cases.normal(*weight_shape, scale=0.3)}
        if biased:
            inputs["bias"] = cases.normal(weight_shape[1])
        attributes = {"kernel": list(weight_shape[2:]), "stride": stride, "padding": padding}

        def convolve(*values, stride=stride, padding=padding):
            return functional.conv_transpose2d(*values, stride=stride, padding=padding)

        cases.add(name, "conv_transpose2d", attributes, inputs, convolve)


GROUPS = (_elementwise, _linear_of_rank_3, _layer_norm, _indexing, _joining, _upsampling, _transposed_convolutions)
