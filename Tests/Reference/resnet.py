"""PyTorch twins of residual networks, with the names that torchvision gives to their parameters.

Source: He et al. 2016, "Deep Residual Learning for Image Recognition"; torchvision/models/resnet.py.
"""

from torch import nn


def _convolution(inputs, outputs, kernel, stride=1):
    return nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, bias=False)


class _Block(nn.Module):
    """What both blocks share: the shortcut is projected by `downsample` where the shape changes."""

    def _shortcut(self, inputs, outputs, stride):
        if stride == 1 and inputs == outputs:
            return None
        return nn.Sequential(_convolution(inputs, outputs, 1, stride), nn.BatchNorm2d(outputs))

    def _joined(self, x, residual):
        return self.relu(residual + (x if self.downsample is None else self.downsample(x)))


class BasicBlock(_Block):
    """Two 3x3 convolutions around a shortcut. (N, inputs, H, W) -> (N, width, H / stride, W / stride)."""

    expansion = 1

    def __init__(self, inputs, width, stride):
        super().__init__()
        self.conv1 = _convolution(inputs, width, 3, stride)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU()
        self.conv2 = _convolution(width, width, 3)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample = self._shortcut(inputs, width, stride)

    def forward(self, x):
        return self._joined(x, self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x))))))


class Bottleneck(_Block):
    """1x1, 3x3 and 1x1 convolutions around a shortcut; the 3x3 one has the stride.

    (N, inputs, H, W) -> (N, 4 * width, H / stride, W / stride).
    """

    expansion = 4

    def __init__(self, inputs, width, stride):
        super().__init__()
        self.conv1 = _convolution(inputs, width, 1)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = _convolution(width, width, 3, stride)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = _convolution(width, 4 * width, 1)
        self.bn3 = nn.BatchNorm2d(4 * width)
        self.relu = nn.ReLU()
        self.downsample = self._shortcut(inputs, 4 * width, stride)

    def forward(self, x):
        x1 = self.relu(self.bn1(self.conv1(x)))
        x2 = self.relu(self.bn2(self.conv2(x1)))
        return self._joined(x, self.bn3(self.conv3(x2)))


#: Block and number of blocks a stage of the networks for large images.
_IMAGENET_STAGES = {18: (BasicBlock, (2, 2, 2, 2)), 50: (Bottleneck, (3, 4, 6, 3))}


class ResNet(nn.Module):
    """(N, in_channels, H, W) -> (N, classes). Stage i has `width` * 2^i channels and halves H and W from the second on.

    Depth 18 and 50 are torchvision's networks (width 64). Another depth 6n + 2 is the paper's network for small images:
    three stages of n basic blocks (width 16), a 3x3 convolution of stride 1 in front, no max pooling.
    """

    def __init__(self, depth, width, in_channels, classes):
        super().__init__()
        self.is_small = depth not in _IMAGENET_STAGES
        if self.is_small and (depth < 8 or depth % 6 != 2):
            raise ValueError(f"a ResNet of depth {depth} is unknown: use 18, 50 or 6n + 2, for example 8 or 20")
        block, counts = (BasicBlock, 3 * [(depth - 2) // 6]) if self.is_small else _IMAGENET_STAGES[depth]
        self.conv1 = _convolution(in_channels, width, 3) if self.is_small else _convolution(in_channels, width, 7, 2)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU()
        self.maxpool = nn.Identity() if self.is_small else nn.MaxPool2d(3, stride=2, padding=1)
        self.stages = [f"layer{index + 1}" for index in range(len(counts))]
        channels = width
        for index, (stage, count) in enumerate(zip(self.stages, counts, strict=True)):
            blocks = []
            for position in range(count):
                blocks.append(block(channels, width << index, 2 if index > 0 and position == 0 else 1))
                channels = block.expansion * (width << index)
            setattr(self, stage, nn.Sequential(*blocks))
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(channels, classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x):
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        for stage in self.stages:
            x = getattr(self, stage)(x)
        return self.fc(self.avgpool(x).flatten(1))
