"""Networks of the enhancer GAN: picture generator, bridge, shape generator, picture discriminator.

The discriminator of shapes (DM), whose last three convolutions are the shape feature, is that of the engine
(:func:`voxstudio.engine.maker.build_critic`): 64, 128, 256, 512 channels at paper width.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from voxstudio.engine.codes import CodeSpace, Entry
from voxstudio.engine.maker import Maker
from voxstudio.engine.volumetric import VolumeBody
from voxstudio.families.enhancer_gan.recipe import EnhancerRecipe

LEAST_WIDTH = 8


def space_of(recipe: EnhancerRecipe) -> CodeSpace:
    """z and nothing else; the paper draws it from U[-1, 1]^100."""
    return CodeSpace(recipe.noise_size, uniform=recipe.noise == "uniform")


def image_widths(recipe: EnhancerRecipe) -> Sequence[int]:
    """Channels of the picture generator at 4, 8, ... up to half the picture's side.

    The bridged layer carries ``64 width`` values whatever its side: 4 W channels at 4 x 4, W at 8 x 8, W / 4 at
    16 x 16 (paper: 2048, 512, 128).
    """
    count = int(math.log2(recipe.image_size // 4))
    widths = [4 * recipe.width, *(max(recipe.image_width >> k, LEAST_WIDTH) for k in range(count - 1))]
    if recipe.bridge in ("2", "3"):
        place = int(recipe.bridge) - 1
        widths[place] = 64 * recipe.width // (4 << place) ** 2
    return widths


class UpImage(nn.Module):
    """ConvTranspose2d k5 s2, batch norm, ReLU; doubles each side."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.up = nn.ConvTranspose2d(inputs, outputs, 5, 2, 2, output_padding=1, bias=False)
        self.norm = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        """``[N, inputs, S, S]`` to ``[N, outputs, 2S, 2S]``."""
        return torch.relu(self.norm(self.up(x)))


class EnhancedGenerator(nn.Module):
    """Entered codes to logits, and to pictures: GE, the bridge and GM.

    GE's layer 1 is a linear layer to 4 W x 4 x 4; five (three, four) deconvolutions k5 s2 follow, tanh at the end.
    Without the enhancer GM has a first layer of its own and there are no pictures.
    """

    def __init__(self, recipe: EnhancerRecipe, inputs: int, coarse: bool = False) -> None:
        super().__init__()
        self.width = recipe.width
        self.bridged = 0 if recipe.bridge == "none" else int(recipe.bridge)
        widths = image_widths(recipe)
        first = 4 * recipe.width if self.bridged else recipe.width
        self.side = 4 if self.bridged else 8  # 16 first channels W at 4 x 4, or W at 4^3 laid out as 8 x 8
        self.first = nn.Linear(inputs, first * self.side**2, bias=False)
        self.first_norm = nn.BatchNorm2d(first)
        self.image = None
        self.image_last = None
        if self.bridged:
            self.image = nn.ModuleList(UpImage(a, b) for a, b in zip(widths[:-1], widths[1:], strict=True))
            self.image_last = nn.ConvTranspose2d(widths[-1], 3, 5, 2, 2, output_padding=1)
        self.volume = VolumeBody(recipe.width, recipe.resolution, recipe.refine_to, coarse)

    def layer(self, code: Tensor) -> Tensor:
        """The bridged layer of the picture generator."""
        weight = self.first.weight
        x = nn.functional.linear(code.to(weight.dtype), weight, self.first.bias)
        x = torch.relu(self.first_norm(x.view(len(x), -1, self.side, self.side)))
        for step in list(self.image or [])[: max(self.bridged - 1, 0)]:
            x = step(x)
        return x

    def first_volume(self, code: Tensor) -> Tensor:
        """The bridge: the layer's values as a volume ``[N, W, 4, 4, 4]``."""
        return self.across(self.layer(code))

    def across(self, layer: Tensor) -> Tensor:
        """``[N, C, S, S]`` with C S^2 = 64 W to ``[N, W, 4, 4, 4]``."""
        return layer.reshape(len(layer), self.width, 4, 4, 4)

    def forward(self, code: Tensor, coarse: bool = False) -> Tensor:
        """Logits ``[N, 1, R, R, R]``."""
        return torch.as_tensor(self.volume(self.first_volume(code), coarse))

    def picture(self, code: Tensor) -> Tensor:
        """What the enhancer imagines: ``[N, 3, S, S]`` in [-1, 1]."""
        assert self.image is not None and self.image_last is not None
        x = self.layer(code)
        for step in list(self.image)[max(self.bridged - 1, 0) :]:
            x = step(x)
        return torch.tanh(self.image_last(x))


class EnhancerMaker(Maker):
    """A :class:`voxstudio.engine.maker.Maker` whose generator also makes pictures."""

    def __init__(self, recipe: EnhancerRecipe, space: CodeSpace, coarse: bool = False) -> None:
        nn.Module.__init__(self)
        self.entry = Entry(space, recipe.entry_width) if recipe.lead_steps else None
        # It takes the place of Maker's generator and has the same methods, without being one.
        self.net: EnhancedGenerator = EnhancedGenerator(recipe, space.inputs, coarse)  # type: ignore[assignment]  # its face, wider

    def picture(self, entered: Tensor) -> Tensor:
        """Entered codes to pictures ``[N, 3, S, S]`` in [-1, 1]."""
        return self.net.picture(entered)


class PictureCritic(nn.Module):
    """DE: convolutions k5 s2 of 64, 128, 256 and 512 channels at paper width, LeakyReLU 0.2, and a linear layer."""

    def __init__(self, width: int, image_size: int) -> None:
        super().__init__()
        widths = [3, *(width << k for k in range(4))]
        steps: list[nn.Module] = []
        for k, (a, b) in enumerate(zip(widths[:-1], widths[1:], strict=True)):
            steps += [nn.Conv2d(a, b, 5, 2, 2), *([nn.BatchNorm2d(b)] if k else []), nn.LeakyReLU(0.2)]
        self.body = nn.Sequential(*steps)
        self.verdict = nn.Linear(widths[-1] * (image_size // 16) ** 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Pictures ``[N, 3, S, S]`` in [-1, 1] to logits ``[N]``, float32."""
        return torch.as_tensor(self.verdict(self.body(x).flatten(1)))[:, 0].float()
