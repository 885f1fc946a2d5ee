"""Names and shapes of the parameters and statistics of whole networks: state_dicts.json."""

import torch

from fixture_files import write_json
from models import build

_IMAGENET = {"input_shape": [3, 224, 224], "classes": 1000}
_CIFAR = {"input_shape": [3, 32, 32], "classes": 10}
_UNET = {"kind": "unet", "levels": 4, "channels": 32, "input_shape": [1, 128, 128], "classes": 3}

#: Descriptions by name, and the number of trainable parameters where torchvision, nanoGPT or the paper states it.
NETWORKS = {
    "resnet18": ({"kind": "resnet", "depth": 18, "width": 64, **_IMAGENET}, 11_689_512),
    "resnet50": ({"kind": "resnet", "depth": 50, "width": 64, **_IMAGENET}, 25_557_032),
    "resnet20": ({"kind": "resnet", "depth": 20, "width": 16, **_CIFAR}, None),
    "unet-transposed": ({**_UNET, "upsampling": "transposed"}, None),
    "unet-bilinear": ({**_UNET, "upsampling": "bilinear"}, None),
    "lstm": ({"kind": "lstm", "vocabulary": 96, "embedding": 64, "hidden": 256, "layers": 2}, None),
    "gpt2": (
        {"kind": "gpt", "vocabulary": 50257, "context": 1024, "channels": 768, "heads": 12, "layers": 12},
        124_439_808,
    ),
    "vit_b_16": (
        {"kind": "vit", "patch": 16, "channels": 768, "heads": 12, "layers": 12, "hidden": 3072, **_IMAGENET},
        86_567_656,
    ),
    "ncf": ({"kind": "ncf", "users": 943, "items": 1682, "gmf": 8, "mlp": [32, 16, 8]}, None),
}


def write(folder):
    """Writes the state_dict fixture into a folder."""
    reports = {}
    for name, (description, stated) in NETWORKS.items():
        with torch.device("meta"):
            network = build(description)
        count = sum(parameter.numel() for parameter in network.parameters())
        if stated is not None and count != stated:
            raise RuntimeError(f"{name} has {count} parameters, not {stated}")
        shapes = {key: list(tensor.shape) for key, tensor in network.state_dict().items()}
        reports[name] = {"model": description, "parameters": count, "shapes": shapes}
    write_json(folder / "state_dicts.json", reports)
