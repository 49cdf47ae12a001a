"""The networks and losses of the 3D-VAE-GAN against the figures of the papers."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from voxstudio.engine.inference_form import inference_form
from voxstudio.engine.ssim import ssim3d as torch_ssim3d
from voxstudio.evaluation.metrics import ssim3d
from voxstudio.families.vae_gan3d import losses
from voxstudio.families.vae_gan3d.narrowing import kept_share, narrowed
from voxstudio.families.vae_gan3d.networks import Discriminator, Fusion, Generator, VaeGan, build_encoder
from voxstudio.families.vae_gan3d.recipe import VaeGanRecipe
from voxstudio.lab.training import make_recipe


def test_the_papers_generator_has_its_printed_size() -> None:
    recipe = make_recipe("vae_gan3d", "paper-64")
    weights = sum(p.numel() for p in Generator(recipe).parameters())
    assert weights == pytest.approx(17.57e6, rel=2e-3)


@pytest.mark.parametrize("encoder", ["paper", "simplified", "compact"])
def test_encoders_end_in_means_and_log_variances(encoder: str) -> None:
    recipe = VaeGanRecipe(encoder=encoder, image_size=256, latent_size=200)
    assert build_encoder(recipe)(torch.zeros(2, 4, 256, 256)).shape == (2, 400)


@pytest.mark.parametrize("resolution", [32, 64])
def test_generator_and_discriminator_fit_each_other(resolution: int) -> None:
    recipe = VaeGanRecipe(resolution=resolution, width=32, conditional=True, classes=("a", "b"), d_width=8)
    labels = torch.tensor([0, 1])
    logits = Generator(recipe)(torch.zeros(2, recipe.latent_size), labels)
    assert logits.shape == (2, 1, resolution, resolution, resolution)
    assert Discriminator(recipe)(torch.sigmoid(logits), labels).shape == (2,)


def test_divergence_is_zero_for_the_prior_and_positive_elsewhere() -> None:
    assert float(losses.divergence(torch.zeros(3, 5), torch.zeros(3, 5))) == 0
    mean, log_variance = torch.randn(64, 8), torch.randn(64, 8)
    p = torch.distributions.Normal(mean, (0.5 * log_variance).exp())
    expected = torch.distributions.kl_divergence(p, torch.distributions.Normal(0.0, 1.0)).sum(1).mean()
    assert torch.allclose(losses.divergence(mean, log_variance), expected, rtol=1e-4)


def test_every_view_weighs_the_same_in_the_mean() -> None:
    z = torch.randn(2, 12, 6)
    fusion = Fusion(6)
    assert torch.allclose(fusion(z, "mean"), z.sum(1) / 12, atol=1e-6)
    assert torch.equal(fusion(z, "max"), fusion(z.flip(1), "max"))


def test_ssim_as_a_loss_agrees_with_the_metric() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.random((2, 24, 24, 24), dtype=np.float32)
    ours = float(torch_ssim3d(torch.from_numpy(a)[None, None], torch.from_numpy(b)[None, None]))
    assert ours == pytest.approx(ssim3d(a, b), abs=0.01)
    assert ssim3d(a, a) == pytest.approx(1.0)


@pytest.mark.parametrize("resolution", [32, 64])
def test_the_folded_network_computes_the_same(resolution: int) -> None:
    torch.manual_seed(0)
    net = VaeGan(VaeGanRecipe(resolution=resolution, width=32, encoder_width=8, image_size=64))
    views = torch.randint(0, 255, (4, 64, 64, 4), dtype=torch.uint8)
    for _ in range(3):  # give batch norm running statistics worth folding
        mean, _ = net.encode(views)
        net.generator(mean)
    net.eval()
    with torch.no_grad():
        mean, _ = net.encode(views)
        wanted = net.generator(mean)
        inference_form(net.encoder, torch.float32)
        inference_form(net.generator, torch.float32)
        again, _ = net.encode(views)
        assert torch.allclose(mean, again, atol=1e-4)
        assert torch.allclose(wanted, net.generator(mean), atol=1e-4)
    assert not any(isinstance(m, torch.nn.BatchNorm2d | torch.nn.BatchNorm3d) for m in net.modules())


def test_ssim_is_the_same_inside_low_precision() -> None:
    # Flat regions beside edges: in bf16 their variance came out negative, and the quotient infinite.
    rng = np.random.default_rng(3)
    a = torch.zeros(4, 1, 32, 32, 32)
    a[:, :, 8:24, 8:24, 4:30] = 1.0
    b = (a * 0.93 + 0.02 * torch.from_numpy(rng.random(a.shape, dtype=np.float32))).requires_grad_()
    plain = torch_ssim3d(a, b)
    with torch.autocast("cpu", torch.bfloat16):
        low = torch_ssim3d(a, b)
    low.backward()
    assert float(low.detach()) == pytest.approx(float(plain.detach()), abs=1e-6)
    assert b.grad is not None and bool(torch.isfinite(b.grad).all())


def test_a_factored_first_volume_changes_what_codes_fill_least() -> None:
    sizes = {"resolution": 32, "width": 32, "latent_size": 12, "conditional": True, "classes": ("a", "b"), "d_width": 8}
    torch.manual_seed(3)
    whole = Generator(VaeGanRecipe().changed(**sizes))
    rows = torch.zeros(2, 12, 12)
    rows[:, :4, :4] = torch.randn(2, 4, 4)  # the codes of shapes fill four directions of twelve
    rows[1, 5, 5] = 0.01
    priors = {"prior_factor": rows, "prior_mean": torch.zeros(2, 12)}
    tensors = {f"generator.{name}": value for name, value in whole.state_dict().items()} | priors
    assert kept_share(tensors, 12) == pytest.approx(1.0)
    assert kept_share(tensors, 2) < kept_share(tensors, 4) < 1.0 - 1e-9
    assert kept_share(tensors, 4) > 0.999

    def after(rank: int) -> Generator:
        made = narrowed(tensors, rank)
        net = Generator(VaeGanRecipe().changed(**sizes, entry_rank=rank))
        net.load_state_dict({n.removeprefix("generator."): t for n, t in made.items() if n.startswith("generator.")})
        return net.eval()

    labels = torch.tensor([0, 1] * 8)
    z = torch.einsum("nij,nj->ni", rows[labels], torch.randn(16, 12))
    expected = whole.eval()(z, labels)
    assert (after(12)(z, labels) - expected).abs().max() < 1e-3
    five, two = ((after(rank)(z, labels) - expected).square().mean() for rank in (5, 2))
    assert five < 0.01 * two
