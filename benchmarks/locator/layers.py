"""What the network is built of."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

#: Side of the windows that look around, in cells. PyTorch trains others than 3 on a CPU some twenty
#: times slower (oneDNN has a fast backward pass for this size alone).
KERNEL = 3


class Block(nn.Module):
    """Residual: widen, look around in each channel by itself, narrow again."""

    def __init__(self, width: int, expansion: int = 1) -> None:
        super().__init__()
        inner = width * expansion
        widen = convolution(width, inner) if expansion > 1 else nn.Identity()
        self.body = nn.Sequential(
            widen,
            convolution(inner, inner, kernel=KERNEL, groups=inner),
            convolution(inner, width, activate=False),
        )

    def forward(self, features: Tensor) -> Tensor:
        """Return features of the same shape (n, width, h, w)."""
        return functional.relu(features + self.body(features))


def halving(inputs: int, outputs: int) -> list[nn.Module]:
    """Return layers that halve the sides: each channel by itself, then all together."""
    return [
        convolution(inputs, inputs, kernel=KERNEL, stride=2, groups=inputs, activate=False),
        convolution(inputs, outputs),
    ]


def convolution(
    inputs: int,
    outputs: int,
    *,
    kernel: int = 1,
    stride: int = 1,
    groups: int = 1,
    activate: bool = True,
) -> nn.Sequential:
    """Return a convolution with its normalisation, and a ReLU if it is to activate."""
    layers: list[nn.Module] = [
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
    ]
    if activate:
        layers.append(nn.ReLU())
    return nn.Sequential(*layers)
