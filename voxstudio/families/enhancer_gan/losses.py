"""The enhancer's game of pictures: L_E beside L_M (objective of the enhancer GAN)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from voxstudio.engine import adversarial as adv
from voxstudio.engine.volume_game import Game
from voxstudio.engine.volumetric import channels_last
from voxstudio.families.enhancer_gan.networks import EnhancerMaker, PictureCritic
from voxstudio.families.enhancer_gan.recipe import EnhancerRecipe


class PictureGame:
    """A :class:`voxstudio.engine.volume_trainer.FedCompanion`: the picture generator against its own discriminator.

    While encoding leads, and later beside the game, the pictures of encoded shapes are learnt by squared difference.
    ``pictures`` holds the real ones of the batch, ``[N, 3, S, S]`` in [-1, 1].
    """

    key = "pictures"

    def __init__(self, recipe: EnhancerRecipe, game: Game, maker: EnhancerMaker, seed: int) -> None:
        self.recipe, self.game, self.maker = recipe, game, maker
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed + 3)
            self.critic = PictureCritic(recipe.image_d_width, recipe.image_size).to(game.device)
        channels_last(self.critic)
        self.optimizer = torch.optim.Adam(self.critic.parameters(), lr=1e-3, betas=(recipe.beta1, 0.999))
        self.resting = adv.RestingCritic(recipe.d_accuracy_limit)
        self.pictures = torch.zeros(0)
        self._played = False

    def take(self, batch: Any) -> None:
        """Keep the pictures ``[N, S, S, 3]`` of a :class:`voxstudio.data.picture_batches.PictureBatch`."""
        pictures = torch.from_numpy(batch.pictures).to(self.game.device).permute(0, 3, 1, 2)
        self.pictures = pictures.float().div(127.5).sub(1.0)

    def prepare(self) -> None:
        """Step size, no gradients, training."""
        self.optimizer.zero_grad(set_to_none=True)
        for group in self.optimizer.param_groups:
            group["lr"] = self.game.rate() * self.recipe.learning_rate_image_d
        self.critic.train()
        self._played = False

    def loss(self, drawn: Tensor | None, encoded: Tensor | None, critic: bool) -> tuple[Tensor, dict[str, float]]:
        """Reconstruction of encoded shapes' pictures, verdicts on drawn ones, and the critic's own loss."""
        r = self.recipe
        parts = [code for code in (drawn, encoded) if code is not None]
        made = self.maker.picture(torch.cat(parts)).float()
        loss, values = made.new_zeros(()), {}
        if encoded is not None and r.image_reconstruction_weight:
            miss = (made[-len(encoded) :] - self.pictures).square().mean()
            weight = r.image_reconstruction_weight * (1.0 if self.game.leading else r.keep_reconstruction)
            loss, values["image_miss"] = loss + weight * miss, float(miss.detach())
        if drawn is None:
            return loss, values
        fake = made[: len(drawn)]
        with adv.untaught(self.critic):
            verdict = adv.maker_loss(r.gan_loss, self.critic(fake))
        grown = min(1.0, (self.game.done - r.lead_steps + 1) / r.d_warmup_steps) if r.d_warmup_steps else 1.0
        loss = loss + r.image_adversarial_weight * grown * verdict
        if critic:
            more, told = self._judged(fake.detach())
            loss, values = loss + more, {**values, **told}
        return loss, values

    def _judged(self, fake: Tensor) -> tuple[Tensor, dict[str, float]]:
        r, game, count = self.recipe, self.game, len(fake)
        real, made = self.critic(self.pictures), self.critic(fake)
        targets = [adv.soft_labels(count, k, r.soft_labels, game.random, game.device) for k in (True, False)]
        loss = adv.critic_loss(r.gan_loss, real, made, *targets)
        values = {"image_d_loss": float(loss.detach()), "image_d_accuracy": adv.accuracy(real.detach(), made.detach())}
        self._played = self.resting.may_learn
        self.resting.accuracy = game.place.means({"a": values["image_d_accuracy"]})["a"]
        return (loss if self._played else 0.0 * loss), values

    def apply(self, critic: bool) -> None:
        """Update the picture discriminator if it played and may learn."""
        if not (critic and self._played):
            return
        self.game.place.average_gradients(self.critic.parameters())
        if math.isfinite(float(torch.nn.utils.clip_grad_norm_(self.critic.parameters(), 5.0))):
            self.optimizer.step()

    def state(self) -> dict[str, Any]:
        """Weights, optimiser and the last accuracy."""
        return {
            "critic": self.critic.state_dict(), "optimizer": self.optimizer.state_dict(),
            "accuracy": self.resting.accuracy,
        }  # fmt: skip

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue exactly where :meth:`state` was taken."""
        self.critic.load_state_dict(state["critic"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.resting.accuracy = float(state["accuracy"])
