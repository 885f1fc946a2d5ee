"""PyTorch twins of the networks in ModelZoo, by description.

The module layout is chosen so that state_dict names are the ones that `ampscope inspect` lists and `--init` reads.
"""

import math

import torch
from torch import nn
from torch.nn import functional

from gpt import GPT
from image_networks import CNN, mlp
from lstm import LSTMLanguageModel
from ncf import NeuMF
from resnet import ResNet
from unet import UNet
from vision_transformer import VisionTransformer


def _mlp(activation):
    def make(hidden, layers, input_shape, classes, dropout):
        return mlp(hidden, layers, math.prod(input_shape), classes, dropout, activation)

    return make


def _cnn(channels, input_shape, classes, dropout):
    return CNN(tuple(channels), input_shape[0], tuple(input_shape[1:]), classes, dropout)


def _resnet(depth, width, input_shape, classes):
    return ResNet(depth, width, input_shape[0], classes)


def _unet(levels, channels, input_shape, classes, upsampling):
    return UNet(levels, channels, input_shape[0], classes, upsampling)


def _vit(patch, channels, heads, layers, hidden, input_shape, classes):
    return VisionTransformer(input_shape[1], patch, channels, heads, layers, hidden, input_shape[0], classes)


#: Takes the sizes of a description under their names.
_KINDS = {
    "mlp": _mlp(nn.ReLU),
    "gelu-mlp": _mlp(nn.GELU),
    "cnn": _cnn,
    "resnet": _resnet,
    "unet": _unet,
    "lstm": LSTMLanguageModel,
    "gpt": GPT,
    "vit": _vit,
    "ncf": NeuMF,
}


def _cross_entropy(logits, labels):
    """Of logits (N, K), (N, K, H, W) or (N, T, V): a sequence's classes come last."""
    if logits.dim() == 3:
        logits, labels = logits.flatten(0, 1), labels.flatten()
    return functional.cross_entropy(logits, labels)


_LOSSES = {
    "cross_entropy": _cross_entropy,
    "bce_with_logits": functional.binary_cross_entropy_with_logits,
    "mse": functional.mse_loss,
}


def build(description):
    """The model of a description: a dict with `kind`, the sizes of that kind, `task` and `loss`, as the fixtures store
    it.
    """
    sizes = {key: value for key, value in description.items() if key not in ("kind", "task", "loss")}
    kind = description["kind"]
    if kind not in _KINDS:
        raise ValueError(f"model kind {kind!r} is unknown: use one of {', '.join(_KINDS)}")
    return _KINDS[kind](**sizes)


def initialise(model, seed):
    """Draws initial weights: PyTorch's defaults, but embeddings that make a difference, and the affine parameters of
    normalisation away from 1 and 0, so that a reader that ignores them is caught.
    """
    generator = torch.Generator().manual_seed(seed)
    for module in model.modules():
        parameters = list(module.parameters(recurse=False))
        if isinstance(module, (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)):
            bound = 1 / math.sqrt(module.weight[0].numel())
            for parameter in parameters:
                nn.init.uniform_(parameter, -bound, bound, generator=generator)
        elif isinstance(module, (nn.BatchNorm2d, nn.LayerNorm)):
            nn.init.uniform_(module.weight, 0.5, 1.5, generator=generator)
            nn.init.uniform_(module.bias, -0.2, 0.2, generator=generator)
        else:
            # Embeddings, recurrent weights and what a network holds itself.
            for parameter in parameters:
                nn.init.normal_(parameter, std=0.3, generator=generator)


def loss_of(description, outputs, targets):
    """The mean loss that a description names. Low-precision outputs are cast to fp32 first, as every mode of ampscope
    does.
    """
    if outputs.dtype in (torch.float16, torch.bfloat16):
        outputs = outputs.float()
    if targets.is_floating_point():
        targets = targets.to(outputs.dtype)
    return _LOSSES[description["loss"]](outputs, targets)
