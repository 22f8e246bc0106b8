"""The shape of EfficientNet-Lite2 as it is used here, for PyTorch (`network.py`) and TensorFlow (`export.py`) alike.

Tan and Le 2019: B0's stages, 1.1 times as wide and 1.2 times as deep. ImageNet's weights learned at 260 pixels; 224
cost a quarter less time, and few photographs hold more detail.
"""

from __future__ import annotations

PX = 224
STEM, FEATURES = 32, 1280
STAGES = (
    (1, 3, 1, 1, 16),
    (3, 3, 2, 6, 24),
    (3, 5, 2, 6, 48),
    (4, 3, 2, 6, 88),
    (4, 5, 1, 6, 120),
    (5, 5, 2, 6, 208),
    (1, 3, 1, 6, 352),
)
"""Times, kernel, stride, expansion, channels of each stage."""
DARK, SPREAD = 127, 128
"""What the network computes with is (pixel - DARK) / SPREAD."""
