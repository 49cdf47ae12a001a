"""Volumetric blocks, adversarial losses and codes against what the papers print and what torch computes."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import nn

from voxstudio.engine import adversarial as adv
from voxstudio.engine.codes import ROOT2, CodeSpace, Entry, entropies
from voxstudio.engine.reconstruction import nearest, shape_limit
from voxstudio.engine.volumetric import CriticHeads, FirstConv, VolumeTrunk, plain_weights
from voxstudio.families import family
from voxstudio.families.enhancer_gan.networks import EnhancerMaker, PictureCritic
from voxstudio.families.enhancer_gan.networks import space_of as enhancer_space
from voxstudio.families.gan3d.networks import generator
from voxstudio.families.infogan3d.networks import space_of
from voxstudio.lab.training import make_recipe


def numbers(module: nn.Module) -> int:
    """How many weights a module learns."""
    return sum(p.numel() for p in module.parameters())


def test_the_first_convolution_is_a_convolution() -> None:
    torch.manual_seed(0)
    layer, x = FirstConv(6).double(), torch.rand(2, 1, 8, 8, 8, dtype=torch.float64, requires_grad=True)
    wanted = nn.Conv3d.forward(layer, x)
    assert torch.allclose(layer(x), wanted)
    ours, theirs = (torch.autograd.grad(y.square().sum(), [x, layer.weight]) for y in (layer(x), wanted))
    assert all(torch.allclose(a, b) for a, b in zip(ours, theirs, strict=True))


def test_the_papers_generators_have_their_printed_sizes() -> None:
    with torch.device("meta"):
        gan = generator(make_recipe("gan3d", "paper"))
        assert numbers(gan) == pytest.approx(17.57e6, rel=2e-3)
        recipe = make_recipe("enhancer_gan", "paper")
        enhancer = EnhancerMaker(recipe, enhancer_space(recipe))
    assert enhancer.net.first.weight.shape == (2048 * 16, 100)
    assert [step.up.weight.shape[:2] for step in enhancer.net.image] == [
        (2048, 1024), (1024, 512), (512, 256), (256, 128),
    ]  # fmt: skip
    assert enhancer.net.image_last is not None and enhancer.net.image_last.weight.shape[:2] == (128, 3)


@pytest.mark.parametrize(("bridge", "channels"), [("1", 2048), ("2", 512), ("3", 128)])
def test_the_bridge_carries_32768_values_from_any_layer(bridge: str, channels: int) -> None:
    recipe = make_recipe("enhancer_gan", "paper", bridge=bridge, width=512)
    with torch.device("meta"):
        maker = EnhancerMaker(recipe, enhancer_space(recipe)).eval()
        code = torch.zeros(2, 100)
        layer = maker.net.layer(code)
        assert layer.shape[1] == channels and layer[0].numel() == 32768
        assert maker.net.across(layer).shape == (2, 512, 4, 4, 4)
        assert maker.picture(code).shape == (2, 3, 128, 128) and maker(code).shape == (2, 1, 64, 64, 64)
        assert PictureCritic(64, 128)(maker.picture(code)).shape == (2,)


def test_features_have_57344_values_at_paper_width_and_pool_as_told() -> None:
    with torch.device("meta"):
        trunk = VolumeTrunk(64, 64)
        assert trunk.features(torch.zeros(1, 1, 64, 64, 64)).shape == (1, 57_344)
    torch.manual_seed(0)
    trunk = VolumeTrunk(4, 64).eval()
    x = (torch.rand(2, 1, 64, 64, 64) > 0.8).float()
    with torch.no_grad():
        maps, found = trunk(x)[-3:], trunk.features(x)
    place = 0
    for one, (kernel, stride) in zip(maps, ((8, 4), (4, 2), (2, 1)), strict=True):
        side = one.shape[-1]
        assert side // 4 * 2 == kernel and side // 4 == stride
        pooled = found[:, place : place + one.shape[1] * 64].view(2, one.shape[1], 4, 4, 4)
        place += one.shape[1] * 64
        pad = 3 * stride + kernel - side  # 'same': the odd voxel behind
        for i in (0, 3):
            low, high = max(0, i * stride - pad // 2), min(side, i * stride - pad // 2 + kernel)
            assert torch.equal(pooled[:, :, i, i, i], one[:, :, low:high, low:high, low:high].amax((2, 3, 4)))


def test_spectral_norm_is_divided_out_of_what_is_exported() -> None:
    torch.manual_seed(0)
    heads = CriticHeads(VolumeTrunk(4, 32, spectral=True), 6, spectral=True)
    x = torch.rand(2, 1, 32, 32, 32)
    for _ in range(3):
        heads(x)
    plain = CriticHeads(VolumeTrunk(4, 32), 6)
    plain.load_state_dict(plain_weights(heads))
    for ours, theirs in zip(plain.eval()(x), heads.eval()(x), strict=True):
        assert ours is not None and theirs is not None and torch.allclose(ours, theirs, atol=1e-5)


def test_labels_above_one_keep_the_loss_right() -> None:
    logits = torch.tensor([0.3, -2.0, 4.0], dtype=torch.float64)
    target = torch.tensor([1.2, 0.3, 0.7], dtype=torch.float64)
    p = torch.sigmoid(logits)
    expected = -(target * p.log() + (1 - target) * (1 - p).log()).mean()
    assert torch.allclose(adv.cross_entropy_to(logits, target), expected)
    drawn = torch.Generator().manual_seed(0)
    real = adv.soft_labels(4000, True, True, drawn, torch.device("cpu"))
    fake = adv.soft_labels(4000, False, True, drawn, torch.device("cpu"))
    assert real.min() >= 0.7 and 1.19 < real.max() <= 1.2 and fake.min() >= 0 and 0.29 < fake.max() <= 0.3


def test_losses_are_those_of_the_papers() -> None:
    real, fake = torch.tensor([2.0, -1.0]), torch.tensor([0.5, -3.0])
    one, zero = torch.ones(2), torch.zeros(2)
    p, q = torch.sigmoid(real), torch.sigmoid(fake)
    minimax = adv.critic_loss("minimax", real, fake, one, zero)
    assert torch.allclose(minimax, -(p.log() + (1 - q).log()).mean())
    assert torch.allclose(adv.maker_loss("minimax", fake), (1 - q).log().mean())
    assert torch.allclose(adv.maker_loss("non-saturating", fake), -q.log().mean())
    assert float(adv.critic_loss("hinge", real, fake, one, zero)) == pytest.approx((0 + 2 + 1.5 + 0) / 2)
    assert float(adv.critic_loss("wasserstein", real, fake, one, zero)) == pytest.approx(-1.25 - 0.5)


def test_penalties_of_a_critic_that_is_known() -> None:
    slope = torch.full((1, 1, 2, 2, 2), 0.5)
    real, fake = torch.rand(3, 1, 2, 2, 2), torch.rand(3, 1, 2, 2, 2)

    def judge(x: torch.Tensor) -> torch.Tensor:
        return (x * slope).flatten(1).sum(1)

    length = math.sqrt(8 * 0.25)
    assert float(adv.r1_penalty(judge, real)) == pytest.approx(0.5 * length**2)
    assert float(adv.gradient_penalty(judge, real, fake, torch.rand(3))) == pytest.approx((length - 1) ** 2)


def test_a_critic_that_is_too_good_rests() -> None:
    critic = adv.RestingCritic(0.8)
    assert critic.may_learn
    critic.accuracy = 0.8
    assert not critic.may_learn
    critic.accuracy = 0.79
    assert critic.may_learn
    assert adv.RestingCritic(1.0, 1.0).may_learn, "a limit of 1 never lets it rest"


def test_what_is_shown_to_a_critic_teaches_it_nothing() -> None:
    heads = CriticHeads(VolumeTrunk(4, 32), 0)
    before = {name: value.clone() for name, value in heads.state_dict().items()}
    x = torch.rand(2, 1, 32, 32, 32, requires_grad=True)
    with adv.untaught(heads):
        logits, _ = heads(x)
    logits.sum().backward()
    assert x.grad is not None and all(p.grad is None and p.requires_grad for p in heads.parameters())
    assert all(torch.equal(value, before[name]) for name, value in heads.state_dict().items())


def test_codes_are_drawn_as_told_and_width_follows_from_them() -> None:
    assert space_of(make_recipe("infogan3d", "paper")).inputs == 128 + 3 * 20 + 1
    assert space_of(make_recipe("infogan3d", "paper-two-continuous")).inputs == 128 + 3 * 10 + 2
    assert space_of(make_recipe("infogan3d", "paper-continuous-only")).inputs == 129
    assert space_of(make_recipe("infogan3d", "paper-discrete-only")).inputs == 188
    space = CodeSpace(5, 2, 4, 3)
    code = space.prior(4000, torch.Generator().manual_seed(0))
    noise, one_hot, continuous = space.split(code)
    assert noise.std() == pytest.approx(1.0, abs=0.03)
    assert torch.equal(one_hot.view(-1, 2, 4).sum(-1), torch.ones(4000, 2))
    assert continuous.min() < -0.99 and continuous.max() > 0.99
    assert continuous.square().mean() == pytest.approx(1 / 3, abs=0.02)
    uniform = CodeSpace(5, uniform=True).prior(4000, torch.Generator().manual_seed(0))
    assert uniform.abs().max() <= 1 and uniform.square().mean() == pytest.approx(1 / 3, abs=0.02)


def test_information_is_greatest_where_q_is_right() -> None:
    space = CodeSpace(2, 1, 3, 1)
    code = space.prior(64, torch.Generator().manual_seed(1))
    _, one_hot, continuous = space.split(code)
    score = ROOT2 * torch.erfinv(continuous.clamp(-0.999, 0.999))
    sure = torch.cat([torch.zeros(64, 4), 20 * one_hot, score, torch.full((64, 1), -3.0)], 1)
    unsure = torch.zeros(64, space.outputs)
    crossed, unlikely = space.information(space.posterior(sure), code)
    assert float(crossed) < 1e-3 and float(unlikely) == pytest.approx(-1.5, abs=1e-3)
    crossed, unlikely = space.information(space.posterior(unsure), code)
    assert float(crossed) == pytest.approx(math.log(3), abs=1e-3) and float(unlikely) > 0


def test_even_and_clear_answers_have_the_most_mutual_information() -> None:
    clear = 30.0 * torch.eye(4)[:, None]
    each, whole = entropies(clear)
    assert float(each) == pytest.approx(0.0, abs=1e-3) and float(whole) == pytest.approx(math.log(4), abs=1e-3)
    each, whole = entropies(torch.zeros(4, 1, 4))
    assert float(whole - each) == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("uniform", [False, True])
def test_drawn_codes_enter_where_encoded_ones_are_and_leave_again(uniform: bool) -> None:
    torch.manual_seed(3)
    space = CodeSpace(4, 1, 3, 2, uniform)
    shapes = CodeSpace(4, 1, 3, 2).prior(3000, torch.Generator().manual_seed(0))
    _, one_hot, continuous = space.split(shapes)
    mixing = torch.randn(4, 4)
    place = shapes[:, :4] @ mixing + one_hot @ torch.randn(3, 4) + 0.7
    entry = Entry(space)
    entry.fit(torch.cat([place, one_hot, continuous], 1))
    drawn = space.prior(3000, torch.Generator().manual_seed(9))
    entered = entry(drawn)
    _, mine, _ = space.split(drawn)
    for kind in range(3):
        theirs, ours = place[one_hot[:, kind] == 1], entered[mine[:, kind] == 1, :4]
        assert torch.allclose(theirs.mean(0), ours.mean(0), atol=0.25)
        assert torch.allclose(torch.cov(theirs.T), torch.cov(ours.T), atol=0.6)
    assert torch.equal(entered[:, 4:], drawn[:, 4:])
    assert torch.allclose(entry.leave(entered), drawn, atol=2e-2)


def test_the_shape_limit_pulls_towards_its_target_and_stays_finite() -> None:
    target = torch.ones(1, 1, 2, 2, 2)
    values = [float(shape_limit(torch.full_like(target, x), target, 1.0, 1.0, 0.01)) for x in (0.2, 0.6, 0.9, 1.0)]
    assert values == sorted(values, reverse=True) and values[-1] == pytest.approx(math.log(0.01), abs=1e-5)
    assert float(shape_limit(torch.full_like(target, 0.5), target, 2.0, 4.0, 0.01)) == pytest.approx(
        2 * math.log(0.5) + 4 * 0.25
    )
    made = torch.full_like(target, 0.999).requires_grad_()
    shape_limit(made, target, 1.0, 0.0, 0.01).backward()
    assert made.grad is not None and float(made.grad.abs().max()) == 0, "nearer than the clamp nothing pulls"


def test_a_made_shape_is_paired_with_the_nearest_real_one() -> None:
    rng = np.random.default_rng(0)
    real = torch.from_numpy((rng.random((5, 1, 6, 6, 6)) > 0.5).astype(np.float32))
    order = [3, 0, 4]
    made = (real[order] + 0.2 * torch.from_numpy(rng.random((3, 1, 6, 6, 6)).astype(np.float32))).clamp(0, 1)
    assert torch.equal(nearest(made, real), real[order])


@pytest.mark.parametrize("key", ["gan3d", "infogan3d", "enhancer_gan"])
def test_sizes_are_read_off_the_tensors(key: str) -> None:
    guesser = family(key).load("guesser")
    for preset in ("compact", "compact-32", "paper"):
        recipe = make_recipe(key, preset)
        wanted = guesser.wanted(recipe)
        assert dict(guesser.wanted(guesser.recipes(list(wanted.values()))[0])) == dict(wanted), preset
