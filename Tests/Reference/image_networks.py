"""PyTorch twins of the perceptron and the small convolutional network."""

from torch import nn

CLASSES = 10


def mlp(hidden, layers, inputs, classes=CLASSES, dropout=0.0, activation=nn.ReLU):
    """Flatten, then `layers` times Linear, activation, Dropout, then Linear. (N, ...) -> (N, classes)."""
    modules = [nn.Flatten()]
    width = inputs
    for _ in range(layers):
        modules += [nn.Linear(width, hidden), activation(), nn.Dropout(dropout)]
        width = hidden
    return nn.Sequential(*modules, nn.Linear(width, classes))


class CNN(nn.Module):
    """Three times 3x3 convolution, BatchNorm, ReLU and max pooling, then a linear head.

    (N, in_channels, H, W) -> (N, classes); H and W, the `size`, at least 8.
    """

    def __init__(self, channels=(32, 64, 128), in_channels=1, size=(28, 28), classes=CLASSES, dropout=0.0):
        super().__init__()
        first, second, third = channels
        features = third * (size[0] // 8) * (size[1] // 8)
        self.features = nn.Sequential(
            nn.Conv2d(in_channels, first, 3, padding=1, bias=False),
            nn.BatchNorm2d(first),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(first, second, 3, padding=1, bias=False),
            nn.BatchNorm2d(second),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(second, third, 3, padding=1, bias=False),
            nn.BatchNorm2d(third),
            nn.ReLU(),
            nn.MaxPool2d(2),
        )
        self.classifier = nn.Sequential(nn.Flatten(), nn.Dropout(dropout), nn.Linear(features, classes))

    def forward(self, x):
        return self.classifier(self.features(x))
