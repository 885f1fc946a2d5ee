"""Distributions of initial weights: initializers.json.

For every parameter of the layers by PyTorch's default, and of the networks that start otherwise, the distribution that
PyTorch's and torchvision's sources state. A drawn sample must agree, else no file is written.
"""

import math

import torch
from torch import nn

from fixture_files import write_json
from models import build

#: A sample's standard deviation may be off by this many of its own standard errors.
STANDARD_ERRORS = 5

_LAYERS = {
    "Linear": {"in_features": 300, "out_features": 200},
    "Conv2d": {"in_channels": 16, "out_channels": 32, "kernel_size": 3},
    "ConvTranspose2d": {"in_channels": 16, "out_channels": 40, "kernel_size": 2},
    "Embedding": {"num_embeddings": 200, "embedding_dim": 50},
    "LSTM": {"input_size": 40, "hidden_size": 60},
    "BatchNorm2d": {"num_features": 40},
    "LayerNorm": {"normalized_shape": 40},
}

_GPT_LAYERS = 2
_IMAGE = {"input_shape": [3, 32, 32], "classes": 100}
_NETWORKS = [
    {"kind": "resnet", "depth": 8, "width": 16, **_IMAGE},
    {"kind": "resnet", "depth": 50, "width": 8, **_IMAGE},
    {"kind": "gpt", "vocabulary": 100, "context": 32, "channels": 64, "heads": 4, "layers": _GPT_LAYERS},
    {"kind": "vit", "patch": 8, "channels": 64, "heads": 4, "layers": 2, "hidden": 256, **_IMAGE},
    {"kind": "ncf", "users": 200, "items": 300, "gmf": 8, "mlp": [32, 16, 8]},
]


def _uniform(bound, formula):
    return {"distribution": "uniform", "bound": bound, "formula": formula, "mean": 0.0, "std": bound / math.sqrt(3)}


def _normal(std, formula):
    return {"distribution": "normal", "formula": formula, "mean": 0.0, "std": std}


def _constant(value):
    return {"distribution": "constant", "mean": float(value), "std": 0.0}


def _default(module, name):
    """PyTorch's own initialisation of a layer's parameter."""
    if isinstance(module, nn.LSTM):
        return _uniform(1 / math.sqrt(module.hidden_size), "1 / sqrt(hidden_size)")
    if isinstance(module, nn.Embedding):
        return _normal(1.0, "1")
    if isinstance(module, (nn.BatchNorm2d, nn.LayerNorm)):
        return _constant(1 if name == "weight" else 0)
    # kaiming_uniform_(a=sqrt(5)) is this bound; a transposed convolution has the number of outputs where others have
    # that of inputs.
    return _uniform(1 / math.sqrt(module.weight[0].numel()), "1 / sqrt(elements of weight[0])")


def _of_resnet(module, name, _):
    if not isinstance(module, nn.Conv2d):
        return _default(module, name)
    fan_out = module.weight[:, 0].numel()
    return _normal(math.sqrt(2 / fan_out), "sqrt(2 / (out_channels * kernel elements))")


def _of_gpt(module, name, path):
    if isinstance(module, nn.LayerNorm) or name == "bias":
        return _constant(1 if name == "weight" else 0)
    if path.endswith("c_proj"):
        return _normal(0.02 / math.sqrt(2 * _GPT_LAYERS), "0.02 / sqrt(2 * layers)")
    return _normal(0.02, "0.02")


def _of_vit(module, name, path):
    tensor = getattr(module, name)
    if isinstance(module, nn.LayerNorm):
        return _default(module, name)
    if name in ("class_token", "in_proj_bias") or path.endswith("head"):
        return _constant(0)
    if name == "pos_embedding":
        return _normal(0.02, "0.02")
    if path == "conv_proj" and name == "weight":
        return _normal(math.sqrt(1 / tensor[0].numel()), "sqrt(1 / elements of weight[0]), cut off at 2")
    if ".mlp." in path and name == "bias":
        return _normal(1e-6, "1e-6")
    if ".mlp." in path or name == "in_proj_weight":
        return _uniform(math.sqrt(6 / sum(tensor.shape)), "sqrt(6 / (rows + columns))")
    return _constant(0) if name == "bias" else _default(module, name)


def _of_ncf(module, name, _):
    return _normal(0.01, "0.01") if isinstance(module, nn.Embedding) else _default(module, name)


_RULES = {"resnet": _of_resnet, "gpt": _of_gpt, "vit": _of_vit, "ncf": _of_ncf}


def _checked(name, tensor, stated):
    """The stated distribution with shape and sample, once the sample agrees with it."""
    mean, largest = tensor.mean().item(), tensor.abs().max().item()
    std = tensor.std(correction=0).item() if tensor.numel() > 1 else 0.0
    count = tensor.numel()
    agrees = abs(std - stated["std"]) <= STANDARD_ERRORS * stated["std"] / math.sqrt(2 * count)
    agrees &= abs(mean - stated["mean"]) <= STANDARD_ERRORS * stated["std"] / math.sqrt(count)
    if "bound" in stated:
        # The largest of n draws lies within a few n-ths of the bound.
        agrees &= stated["bound"] * (1 - 10 / count) <= largest <= stated["bound"]
    elif stated["std"] > 0 and count > 1000:
        # A uniform distribution ends at 1.74 standard deviations.
        agrees &= largest > 2.5 * stated["std"]
    if not agrees:
        raise RuntimeError(f"{name}: the sample has mean {mean}, deviation {std}, largest {largest}, not {stated}")
    return {"shape": list(tensor.shape), **stated, "sample_std": std, "sample_largest": largest}


def write(folder):
    """Writes the initialiser fixture into a folder."""
    torch.manual_seed(0)
    layers = []
    for kind, arguments in _LAYERS.items():
        module = getattr(nn, kind)(**arguments)
        parameters = {n: _checked(f"{kind}.{n}", p.detach(), _default(module, n)) for n, p in module.named_parameters()}
        layers.append({"layer": kind, "arguments": arguments, "parameters": parameters})
    networks = []
    for description in _NETWORKS:
        network, parameters = build(description), {}
        for path, module in network.named_modules():
            for name, parameter in module.named_parameters(recurse=False):
                full = f"{path}.{name}" if path else name
                stated = _RULES[description["kind"]](module, name, path)
                parameters[full] = _checked(f"{description['kind']} {full}", parameter.detach(), stated)
        networks.append({"model": description, "parameters": parameters})
    write_json(folder / "initializers.json", {"layers": layers, "networks": networks})
