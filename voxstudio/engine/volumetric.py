"""Volumetric generator, trunk and pooled features that 3D-GAN, 3DInfoGAN and the enhancer GAN share."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils import parametrize
from torch.nn.utils.parametrizations import spectral_norm

from voxstudio.engine.modules import LastUp, UpBlock, lay_out

LEAST_WIDTH = 8


class FirstConv(nn.Conv3d):
    """Conv3d of one channel, k4 s2 p1, computed on 2^3 blocks: the same numbers in half the time on a CPU."""

    def __init__(self, outputs: int) -> None:
        super().__init__(1, outputs, 4, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        """``[N, 1, D, D, D]`` to ``[N, outputs, D/2, D/2, D/2]``; D is even."""
        count, half, wide = len(x), x.shape[-1] // 2 + 1, self.out_channels
        x = F.pad(x, (1, 1, 1, 1, 1, 1)).reshape(count, half, 2, half, 2, half, 2)
        blocks = x.permute(0, 1, 3, 5, 2, 4, 6).reshape(count, half, half, half, 8).permute(0, 4, 1, 2, 3)
        weight = self.weight.reshape(wide, 2, 2, 2, 2, 2, 2).permute(0, 2, 4, 6, 1, 3, 5).reshape(wide, 8, 2, 2, 2)
        # The layout of both is given: with another mix of strides oneDNN falls back to code 20 times as slow.
        weight = weight.contiguous(memory_format=torch.channels_last_3d)
        return F.conv3d(blocks, weight, self.bias)


def stage_widths(width: int, resolution: int) -> Sequence[int]:
    """Channels at 4^3, 8^3, ... up to half the resolution: each half of the one before (3D-GAN, section 2)."""
    return [max(width >> stage, LEAST_WIDTH) for stage in range(int(math.log2(resolution // 4)))]


class VolumeBody(nn.Module):
    """A first volume ``[N, width, 4, 4, 4]`` to occupancy logits ``[N, 1, R, R, R]``; k4 s2 p1, batch norm, ReLU.

    Parameters
    ----------
    refine_to: residual 3^3 convolutions in the stages up to this side (the papers have none).
    coarse: adds a head that ends at half the resolution, for the first part of training.
    """

    def __init__(self, width: int, resolution: int, refine_to: int = 0, coarse: bool = False) -> None:
        super().__init__()
        widths = stage_widths(width, resolution)
        self.body = nn.Sequential(
            *(
                UpBlock(a, b, 8 << stage <= refine_to)
                for stage, (a, b) in enumerate(zip(widths[:-1], widths[1:], strict=True))
            )
        )
        self.last = LastUp(widths[-1])
        self.coarse_last = LastUp(widths[-2]) if coarse else None

    def forward(self, x: Tensor, coarse: bool = False) -> Tensor:
        """Logits, at half the resolution with ``coarse``."""
        if coarse:
            assert self.coarse_last is not None
            return torch.as_tensor(self.coarse_last(self.body[:-1](x)))
        return torch.as_tensor(self.last(self.body(x)))


class VolumeGenerator(nn.Module):
    """Codes ``[N, inputs]`` to occupancy logits; 3D-GAN's generator (section 2) or a narrower one.

    The sigmoid is applied by the losses and the model, for numerical safety.
    """

    def __init__(self, inputs: int, width: int, resolution: int, refine_to: int = 0, coarse: bool = False) -> None:
        super().__init__()
        self.first = nn.ConvTranspose3d(inputs, width, 4, 1, 0, bias=False)
        self.first_norm = nn.BatchNorm3d(width)
        self.volume = VolumeBody(width, resolution, refine_to, coarse)

    def forward(self, code: Tensor, coarse: bool = False) -> Tensor:
        """``[N, inputs]`` to ``[N, 1, R, R, R]``."""
        return torch.as_tensor(self.volume(self.first_volume(code), coarse))

    def first_volume(self, code: Tensor) -> Tensor:
        """The first feature layer, ``[N, width, 4, 4, 4]``."""
        # A product instead of a transposed convolution of one voxel: the same sums, many times sooner on a CPU.
        weight = self.first.weight.flatten(1)
        x = (code @ weight.to(code.dtype)).view(len(code), -1, 4, 4, 4)
        bias = self.first.bias  # batch norm that was folded into the weights for inference
        if bias is not None:
            x = x + bias.to(x.dtype).view(1, -1, 1, 1, 1)
        return torch.relu(self.first_norm(x))


class VolumeTrunk(nn.Module):
    """Occupancy ``[N, 1, R, R, R]`` to feature maps: convolutions k4 s2 p1 down to 4^3, LeakyReLU 0.2.

    Mirrors the generator (3D-GAN, section 2): ``width`` channels first, doubled at each step, batch norm after all
    but the first. ``layers`` counts the convolutions of the 64^3 form; a fifth is 3^3 and keeps the side of 4.
    """

    def __init__(
        self, width: int, resolution: int, layers: int = 4, norm: str = "batch", spectral: bool = False,
        coarse: bool = False,
    ) -> None:  # fmt: skip
        super().__init__()
        count = int(math.log2(resolution // 4))
        widths = [width << stage for stage in range(count)]
        self.widths = tuple(widths)
        steps: list[nn.Module] = []
        for stage, outputs in enumerate(widths):
            convolution = FirstConv(outputs) if not stage else nn.Conv3d(widths[stage - 1], outputs, 4, 2, 1)
            steps.append(_step(convolution, outputs, norm if stage else "none"))
        if layers > 4:
            steps.append(_step(nn.Conv3d(widths[-1], widths[-1], 3, 1, 1), widths[-1], norm))
        self.steps = nn.ModuleList(steps)
        self.count = count
        self.coarse_step = _step(FirstConv(widths[1]), widths[1], "none") if coarse else None
        if spectral:
            for module in list(self.modules()):
                if isinstance(module, nn.Conv3d):
                    spectral_norm(module)

    def forward(self, x: Tensor) -> list[Tensor]:
        """Every map, the largest first; grids of half the resolution take the coarse step's place."""
        maps: list[Tensor] = []
        steps = list(self.steps)
        if self.coarse_step is not None and x.shape[-1] * 2 == 4 << self.count:
            x = self.coarse_step(x)
            maps, steps = [x], steps[2:]
        for step in steps:
            x = step(x)
            maps.append(x)
        return maps

    def features(self, x: Tensor) -> Tensor:
        """Shape features ``[N, 64 (c1 + c2 + c3)]`` (enhancer GAN, retrieval and classification).

        Maximum pools with 'same' padding, k {8, 4, 2} and s {4, 2, 1}, take the last three strided maps to 4^3.
        """
        maps = self.forward(x)[: self.count][-3:]
        return torch.cat([_pooled_to_four(one).flatten(1) for one in maps], 1)


def _step(convolution: nn.Conv3d, outputs: int, norm: str) -> nn.Sequential:
    layers: list[nn.Module] = [convolution]
    if norm == "batch":
        layers.append(nn.BatchNorm3d(outputs))
    return nn.Sequential(*layers, nn.LeakyReLU(0.2))


def _pooled_to_four(x: Tensor) -> Tensor:
    """Maximum pool of a cube map to 4^3; 'same' padding puts the odd voxel behind."""
    side = x.shape[-1]
    stride = side // 4
    kernel = 2 * stride
    pad = 3 * stride + kernel - side
    before, after = pad // 2, pad - pad // 2
    x = F.pad(x, (before, after) * 3, value=-math.inf)
    return F.max_pool3d(x, kernel, stride)


class CriticHeads(nn.Module):
    """The trunk with its heads: real or fake, and what the code was.

    ``verdict`` gives one logit; ``posterior`` the values that :class:`voxstudio.engine.codes.CodeSpace` reads, or
    nothing if ``outputs`` is 0.
    """

    SQUEEZE = 16

    def __init__(self, trunk: VolumeTrunk, outputs: int, spectral: bool = False) -> None:
        super().__init__()
        self.trunk = trunk
        channels = trunk.widths[-1]
        self.verdict = nn.Linear(channels * 64, 1)
        if spectral:
            spectral_norm(self.verdict)
        self.squeeze = nn.Conv3d(channels, self.SQUEEZE, 1) if outputs else None
        self.posterior = nn.Linear(self.SQUEEZE * 64, outputs) if outputs else None

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor | None]:
        """Logits ``[N]`` and posterior values ``[N, outputs]``, both float32."""
        last = self.trunk(x)[-1]
        return self.judge(last), self.read(last)

    def judge(self, last: Tensor) -> Tensor:
        """Logits ``[N]`` from the last map."""
        return torch.as_tensor(self.verdict(last.flatten(1)))[:, 0].float()

    def read(self, last: Tensor) -> Tensor | None:
        """Posterior values from the last map."""
        if self.squeeze is None or self.posterior is None:
            return None
        return torch.as_tensor(self.posterior(F.leaky_relu(self.squeeze(last), 0.2).flatten(1))).float()


def plain_weights(module: nn.Module) -> dict[str, Tensor]:
    """The state of a module as if no weight were parametrised: spectral norm is divided out."""
    found = {k: v for k, v in module.state_dict().items() if "parametrizations" not in k}
    for name, part in module.named_modules():
        if parametrize.is_parametrized(part, "weight"):
            training = part.training
            part.eval()  # no power iteration for a look
            found[f"{name}.weight" if name else "weight"] = part.weight.detach().clone()
            part.train(training)
    return found


def channels_last(*modules: nn.Module | None) -> None:
    """Lay the weights of convolutions out channels last, in place: faster on CPUs and on tensor cores."""
    for module in modules:
        for part in module.modules() if module is not None else ():
            if isinstance(part, nn.Conv3d | nn.ConvTranspose3d) and not parametrize.is_parametrized(part):
                lay_out(part, torch.channels_last_3d)
            elif isinstance(part, nn.Conv2d | nn.ConvTranspose2d) and not parametrize.is_parametrized(part):
                lay_out(part, torch.channels_last)
