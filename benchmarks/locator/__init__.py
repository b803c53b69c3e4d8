"""Training of sealq's own seal locator: data, network, loss, export, checks.

Needs PyTorch (the dependency group `train`). The product never imports this package; it ships
only what `locator.train` wrote: `inference.onnx` and `inference.yml`.
"""
