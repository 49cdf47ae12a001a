"""A trained 3D-VAE-GAN, ready to reconstruct and to generate."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from voxstudio.core.card import Card
from voxstudio.core.controls import Choice, Control, ImageSlot, Slider
from voxstudio.core.errors import BadCheckpoint, BadInput
from voxstudio.core.latent import CodeSpec, Latent
from voxstudio.core.voxel_grid import VoxelGrid
from voxstudio.engine.device import has_bf16
from voxstudio.engine.family import Views
from voxstudio.engine.inference_form import inference_form
from voxstudio.families.vae_gan3d.networks import VaeGan
from voxstudio.families.vae_gan3d.recipe import VaeGanRecipe


def open_model(
    card: Card, tensors: Mapping[str, Tensor], device: str = "cpu", fast: bool = True
) -> VaeGanGenerator | VaeGanModel:
    """The model of a card; the card of a checkpoint without an encoder lists its ``parts``."""
    kind = VaeGanModel if "encoder" in card.network.get("parts", ("encoder",)) else VaeGanGenerator
    return kind(card, tensors, device, fast)


class VaeGanGenerator:
    """The generator on a device, batch norm folded, bf16 where the device has it: objects from noise.

    ``fast=False`` keeps eager float32 for comparison.
    """

    reads_pictures = False

    def __init__(self, card: Card, tensors: Mapping[str, Tensor], device: str = "cpu", fast: bool = True) -> None:
        self.card, self.device, self.note = card, device, ""
        self.recipe = VaeGanRecipe.from_json(card.network["recipe"])
        net = VaeGan(self.recipe.changed(coarse_steps=0))
        if not self.reads_pictures:
            del net.encoder, net.fusion
        found, wanted = set(tensors), {k for k in net.state_dict() if "num_batches" not in k}
        if found != wanted:
            odd = sorted(found ^ wanted)
            raise BadCheckpoint(
                f"The weights of {card.name} do not fit its recipe: {len(odd)} tensors differ, first {odd[0]!r}."
            )
        net.load_state_dict(dict(tensors), strict=False)
        self.net = net.eval().requires_grad_(False).to(device)
        self.dtype = torch.bfloat16 if fast and has_bf16(device) else torch.float32
        if fast:
            for part in (getattr(self.net, "encoder", None), self.net.generator):
                if part is not None:
                    inference_form(part, self.dtype)
        self.classes = self.recipe.classes
        self.layout = (CodeSpec("z", self.recipe.latent_size, "gaussian", "Latent"),)

    def controls(self) -> tuple[Control, ...]:
        """Class (conditional models) and threshold."""
        controls: list[Control] = []
        if self.recipe.conditional:
            controls.append(Choice("label", "Class", self.classes, self.classes[0], "What the object is."))
        controls.append(Slider("iso", "Threshold", 0.05, 0.95, self.card.iso_level, "", "Probability at the surface."))
        return tuple(controls)

    def _labels(self, label: str | None, count: int = 1) -> Tensor | None:
        if not self.recipe.conditional:
            return None
        name = label if label is not None else self.classes[0]
        if name not in self.classes:
            raise BadInput(f"{self.card.name} knows no class {name!r}; it knows {', '.join(self.classes)}.")
        return torch.full((count,), self.classes.index(name), dtype=torch.long, device=self.device)

    def decode_batch(self, codes: Tensor, label: str | None = None) -> Tensor:
        """Codes ``[N, Z]`` to logits float32 ``[N, R, R, R]``; differentiable with respect to the codes."""
        z = codes.to(self.device, torch.float32)
        labels = self._labels(label, len(z))
        generator = self.net.generator
        if generator.label is not None and labels is not None:
            z = generator.label(z, labels)
        return generator.decode_plain(z.to(self.dtype))[:, 0].float()

    @torch.inference_mode()
    def probabilities(self, latents: npt.NDArray[np.float32], label: str | None = None) -> npt.NDArray[np.float32]:
        """Decode ``[N, Z]`` to probabilities ``[N, R, R, R]``."""
        return torch.sigmoid(self.decode_batch(torch.from_numpy(np.ascontiguousarray(latents)), label)).cpu().numpy()

    def decode(self, latent: Latent, label: str | None = None) -> VoxelGrid:
        """Decode one latent; with a ``"mirrored"`` code the two halves are averaged."""
        codes = [latent.codes["z"], *([latent.codes["mirrored"]] if "mirrored" in latent.codes else [])]
        fields = self.probabilities(np.stack(codes), label)
        field = fields[0] if len(fields) == 1 else 0.5 * (fields[0] + fields[1][::-1])
        return VoxelGrid.unit(np.clip(field, 0, 1), self.card.iso_level, self.card.name)

    @torch.inference_mode()
    def draw(self, seed: int, label: str | None = None, truncation: float = 1.0) -> Latent:
        """Draw from the class's fitted prior; ``truncation`` below 1 stays nearer to its middle."""
        noise = torch.randn(self.recipe.latent_size, generator=torch.Generator().manual_seed(int(seed)))
        labels = self._labels(label)
        index = int(labels[0]) if labels is not None else 0
        z = self.net.prior_mean[index].cpu() + truncation * self.net.prior_factor[index].cpu() @ noise
        return Latent({"z": z.numpy()}, seed)


class VaeGanModel(VaeGanGenerator):
    """Encoder and fusion beside the generator: objects from pictures too.

    Every answer is the mean of the answer to the views and the mirrored answer to the mirrored views: objects have no
    preferred hand.
    """

    reads_pictures = True

    def __init__(self, card: Card, tensors: Mapping[str, Tensor], device: str = "cpu", fast: bool = True) -> None:
        super().__init__(card, tensors, device, fast)
        self.image_size = self.recipe.image_size
        self.fusions = self.recipe.fusions

    def controls(self) -> tuple[Control, ...]:
        """Fusion, class (conditional models) and threshold."""
        return (
            ImageSlot("views", "Photos", 1, 64, "Pictures of one object, in any order."),
            Choice("fusion", "Fusion", self.fusions, self.fusions[0], "How the views are joined."),
            *super().controls(),
        )

    @torch.inference_mode()
    def encode(self, views: Views) -> npt.NDArray[np.float32]:
        """Latent means ``[N, 2, Z]`` of each view and of its mirror image."""
        if views.ndim != 4 or views.shape[1:] != (self.image_size, self.image_size, 4):
            raise BadInput(
                f"{self.card.name} wants views of {self.image_size} x {self.image_size} x 4, not {views.shape[1:]}."
            )
        rows = []
        for start in range(0, len(views), 16):
            part = torch.from_numpy(np.ascontiguousarray(views[start : start + 16])).to(self.device)
            both = torch.cat([part, part.flip(2)])
            mean, _ = self._encode(both)
            rows.append(mean.view(2, len(part), -1).transpose(0, 1).cpu().numpy())
        return np.concatenate(rows).astype(np.float32)

    def _encode(self, views: Tensor) -> tuple[Tensor, Tensor]:
        x = views.permute(0, 3, 1, 2).to(self.dtype).div(127.5).sub(1.0).contiguous(memory_format=torch.channels_last)
        mean, log_variance = self.net.encoder(x).float().chunk(2, 1)
        return mean, log_variance

    @torch.inference_mode()
    def fuse(self, means: npt.NDArray[np.float32], fusion: str = "mean") -> Latent:
        """Join the means ``[N, 2, Z]`` of one object's views; codes ``"z"`` and ``"mirrored"``, each ``[Z]``."""
        if fusion not in self.fusions:
            raise BadInput(f"{self.card.name} knows no fusion {fusion!r}; it knows {', '.join(self.fusions)}.")
        z = torch.from_numpy(np.ascontiguousarray(means.transpose(1, 0, 2))).to(self.device)
        fused = self.net.fusion(z, fusion).cpu().numpy()
        return Latent({"z": fused[0], "mirrored": fused[1]})

    def reconstruct(self, views: Views, fusion: str = "mean", label: str | None = None) -> VoxelGrid:
        """Views uint8 ``[N, S, S, 4]`` of one object to its grid."""
        return self.decode(self.fuse(self.encode(views), fusion), label)
