"""A network whose score is how well it makes a volume again: an autoencoder for a critic (Zhao et al. 2017, EBGAN).

The paper's network ends in one linear layer, so that what flows back from the top is the same for every volume and only
masked on its way down. Here the way down is a decoder of its own, and the score is still one number whose gradient is
climbed: minus half the squared distance between a volume and what the autoencoder makes of it.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

LAST_CONVOLVED = 4
HIDDEN = 128
SCALE = 30.0
"""Scores are told as shares of this, as those of the paper's network are beside the Gaussian reference."""


class AutoencoderNet(nn.Module):
    """Volumes ``[N, 1, R, R, R]`` in [-1, 1] to scores ``[N, outputs]``, one for each class or one for all.

    Skips lead from each step of the encoder to its counterpart; a class joins at the bottom. What is climbed is
    ``-|x - U(x)|^2 / 2`` of the autoencoder ``U``: like :class:`voxstudio.families.winn3d.networks.WinnNet` beside the
    Gaussian reference, a score (times :data:`SCALE`) minus ``|x|^2 / 2``.
    """

    gaussian = True

    def __init__(self, resolution: int, width: int, outputs: int) -> None:
        super().__init__()
        self.resolution, self.outputs = resolution, outputs
        side = resolution // 2
        self.stem = _step(1, 2 * width, 4, 2)
        wide = 16 if side == LAST_CONVOLVED else 8
        down, up = [_step(2 * width, 4 * width)], [_step(wide * width, 4 * width)]
        while side > LAST_CONVOLVED:
            side //= 2
            down.append(_step(min(8, 4 * len(down)) * width, 8 * width))
            up.append(_step(16 * width, min(8, 4 * len(up)) * width))
        self.down, self.up = nn.ModuleList(down), nn.ModuleList(up)
        self.deepest = _step((4 if len(down) == 1 else 8) * width, 8 * width)
        self.bottom = (8 * width, side // 2)
        flat = 8 * width * (side // 2) ** 3
        self.through = nn.Sequential(nn.Linear(flat, HIDDEN), nn.SiLU(), nn.Linear(HIDDEN, flat))
        self.aim = nn.Embedding(outputs, HIDDEN)
        nn.init.zeros_(self.aim.weight)
        self.highest = _step(8 * width, 8 * width)
        self.out = nn.ConvTranspose3d(6 * width, 1, 4, 2, 1)
        self.centre_batch = False
        self.mean: Tensor
        self.register_buffer("mean", torch.zeros(1, 1, resolution, resolution, resolution))

    def forward(self, x: Tensor) -> Tensor:
        """Scores, float32."""
        skips, deep = self._encoded(x)
        made = (self._decoded(skips, deep, self._row(x, k)) for k in range(self.outputs))
        return torch.stack([self._score(x, one) for one in made], 1)

    def features(self, x: Tensor) -> Tensor:
        """Values of the encoder's last convolution, ``[N, 8 widths x 4^3]``."""
        return self._encoded(x)[1].flatten(1)

    def remade(self, x: Tensor, targets: Tensor | None = None) -> Tensor:
        """What the autoencoder makes of volumes, ``[N, 1, R, R, R]``; ``targets`` ``[N]``: as which class."""
        skips, deep = self._encoded(x)
        return self._decoded(skips, deep, self._row(x, 0) if targets is None else targets)

    def climbed(self, x: Tensor, targets: Tensor | None) -> Tensor:
        """What an ascent climbs, float32 ``[N]``."""
        if targets is None and self.outputs > 1:
            return self.as_climbed(self(x), x, None)
        scores = self._score(x, self.remade(x, None if self.outputs == 1 else targets))
        return self.as_climbed(scores[:, None], x, None)

    def seen(self, x: Tensor, targets: Tensor | None) -> tuple[Tensor, Tensor]:
        """What is climbed, ``[N]``, and the scores ``[N, outputs]``, without gradient."""
        if targets is None or self.outputs == 1:
            outputs = self(x)
            return self.as_climbed(outputs, x, targets), outputs.detach()
        with torch.no_grad():
            outputs = self(x)
        return self.climbed(x, targets), outputs

    def as_climbed(self, outputs: Tensor, x: Tensor, targets: Tensor | None) -> Tensor:
        """The same from scores ``[N, outputs]`` of ``x`` that are known."""
        whole = SCALE * outputs
        if outputs.shape[1] == 1:
            found = whole[:, 0]
        else:
            found = torch.logsumexp(whole, 1) if targets is None else whole.gather(1, targets[:, None])[:, 0]
        return found - x.float().square().flatten(1).sum(1) / 2

    @staticmethod
    def _score(x: Tensor, remade: Tensor) -> Tensor:
        made = remade.float()
        return ((x.float() - made / 2) * made).flatten(1).sum(1) / SCALE

    @staticmethod
    def _row(x: Tensor, k: int) -> Tensor:
        return torch.full((len(x),), k, dtype=torch.long, device=x.device)

    def _encoded(self, x: Tensor) -> tuple[list[Tensor], Tensor]:
        mean = x.mean(dim=0, keepdim=True) if self.centre_batch and self.training else self.mean
        skips = [self.stem(x - mean)]
        for k, step in enumerate(self.down):
            skips.append(step(F.avg_pool3d(skips[-1], 2) if k else skips[-1]))
        return skips, self.deepest(skips.pop())

    def _decoded(self, skips: list[Tensor], deep: Tensor, targets: Tensor) -> Tensor:
        channels, side = self.bottom
        flat = F.avg_pool3d(deep, 2).flatten(1)
        into, bend, out_of = self.through
        flat = flat + out_of(bend(into(flat) + self.aim(targets)))
        x = self.highest(F.interpolate(flat.view(-1, channels, side, side, side), scale_factor=2))
        x = torch.cat([x, deep], 1)
        for k in range(len(self.up) - 1, 0, -1):
            x = F.interpolate(self.up[k](x), scale_factor=2)
            x = torch.cat([x, skips[k]], 1)
        return torch.as_tensor(self.out(torch.cat([self.up[0](x), skips[0]], 1))) + self.mean


def _step(inputs: int, outputs: int, kernel: int = 3, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(nn.Conv3d(inputs, outputs, kernel, stride, 1), nn.GroupNorm(1, outputs), nn.SiLU())
