"""Losses of the 3DInfoGAN, by the names of the paper; the bound is ``CodeSpace.information`` of the engine."""

from __future__ import annotations

from voxstudio.engine.adversarial import critic_loss, maker_loss, soft_labels
from voxstudio.engine.reconstruction import nearest, shape_limit

__all__ = ["critic_loss", "maker_loss", "nearest", "shape_limit", "soft_labels"]
