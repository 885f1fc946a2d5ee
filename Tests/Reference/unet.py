"""PyTorch twin of the segmentation network.

Source: Ronneberger et al. 2015, "U-Net: Convolutional Networks for Biomedical Image Segmentation", with batch norm and
padded convolutions, so that the logits have the size of the image.
"""

import torch
from torch import nn
from torch.nn import functional


def _block(inputs, outputs):
    """Twice 3x3 convolution, BatchNorm and ReLU. (N, inputs, H, W) -> (N, outputs, H, W)."""
    layers = []
    for width in (inputs, outputs):
        layers += [nn.Conv2d(width, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]
    return nn.Sequential(*layers)


class UNet(nn.Module):
    """(N, in_channels, H, W) -> (N, classes, H, W); H and W are divisible by 2^levels.

    Level i is `channels` * 2^i wide. On the way down "encoder.i", then "bottleneck". On the way up, from the deepest
    level on, "up.j" doubles H and W and halves the width, by a transposed convolution or by bilinear upsampling and a
    1x1 convolution; "decoder.j" takes the skip connection and, behind it along the channels, what came up.
    """

    def __init__(self, levels, channels, in_channels, classes, upsampling="transposed"):
        super().__init__()
        if upsampling not in ("transposed", "bilinear"):
            raise ValueError(f"upsampling {upsampling!r} is unknown: use transposed or bilinear")
        self.is_bilinear = upsampling == "bilinear"
        widths = [channels << level for level in range(levels)]
        self.encoder = nn.ModuleList(map(_block, [in_channels, *widths[:-1]], widths))
        self.pool = nn.MaxPool2d(2)
        self.bottleneck = _block(widths[-1], 2 * widths[-1])
        self.up = nn.ModuleList(map(self._halving, reversed(widths)))
        self.decoder = nn.ModuleList(_block(2 * width, width) for width in reversed(widths))
        self.head = nn.Conv2d(channels, classes, 1)

    def _halving(self, width):
        return nn.Conv2d(2 * width, width, 1) if self.is_bilinear else nn.ConvTranspose2d(2 * width, width, 2, stride=2)

    def forward(self, x):
        skips = []
        for block in self.encoder:
            skips.append(block(x))
            x = self.pool(skips[-1])
        x = self.bottleneck(x)
        for up, block, skip in zip(self.up, self.decoder, reversed(skips), strict=True):
            if self.is_bilinear:
                x = functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
            x = block(torch.cat([skip, up(x)], dim=1))
        return self.head(x)
