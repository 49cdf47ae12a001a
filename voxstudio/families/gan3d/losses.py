"""Losses of the 3D-GAN, by the names of the paper; they are shared and live in the engine."""

from __future__ import annotations

from voxstudio.engine.adversarial import RestingCritic, critic_loss, cross_entropy_to, maker_loss, soft_labels

__all__ = ["RestingCritic", "critic_loss", "cross_entropy_to", "maker_loss", "soft_labels"]
