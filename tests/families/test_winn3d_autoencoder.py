"""3DWINN led by an autoencoder: what is climbed is how well a volume is made again."""

import numpy as np
import pytest
import torch
from tiny_winn import learnt

from voxstudio.engine.checkpoint import load_tensors, read_card
from voxstudio.families import family
from voxstudio.families.winn3d.ascent import gradient
from voxstudio.families.winn3d.autoencoder import AutoencoderNet
from voxstudio.families.winn3d.networks import WinnNet
from voxstudio.lab.opening import open_any
from voxstudio.lab.training import make_recipe, train


def small_recipe(**changes):
    smallest = {**family("winn3d").smallest, "classes": ("chair", "table"), "critic": "autoencoder"}
    return make_recipe("winn3d", **{**smallest, **changes})


def drawn_net(side, outputs):
    torch.manual_seed(3)
    net = AutoencoderNet(side, 2, outputs)
    torch.nn.init.normal_(net.aim.weight)
    net.mean.uniform_(-1, 0)
    return net.eval()


@pytest.mark.parametrize("side", [8, 16, 32])
def test_what_is_climbed_is_minus_half_the_squared_distance_to_what_is_made_again(side):
    net, x = drawn_net(side, 3), torch.randn(2, 1, side, side, side)
    targets = torch.tensor([2, 0])
    with torch.no_grad():
        made = net.remade(x, targets)
        assert made.shape == x.shape
        missed = -(x - made).square().flatten(1).sum(1) / 2
        assert torch.allclose(net.climbed(x, targets), missed, rtol=1e-4, atol=1e-2)
        assert torch.allclose(net.as_climbed(net(x), x, targets), missed, rtol=1e-4, atol=1e-2)
        assert net(x).shape == (2, 3) and not torch.allclose(net(x)[:, 0], net(x)[:, 1])
        assert torch.allclose(net.climbed(x, None), net.as_climbed(net(x), x, None))


def test_its_gradient_is_the_gradient():
    net, x = drawn_net(8, 2).double(), torch.randn(1, 1, 8, 8, 8).double()
    along = torch.randn_like(x)
    targets = torch.tensor([1])

    def missed(at):
        return -(at - net.remade(at, targets)).square().sum() / 2

    _, slope = gradient(lambda at: -(at - net.remade(at, targets)).square().flatten(1).sum(1) / 2, x)
    with torch.no_grad():
        numeric = (missed(x + 1e-5 * along) - missed(x - 1e-5 * along)) / 2e-5
    assert (slope * along).sum().item() == pytest.approx(numeric.item(), rel=1e-4)
    at = x.clone().requires_grad_()
    (climbed,) = torch.autograd.grad(net.climbed(at, targets).sum(), at)
    assert torch.allclose(climbed.float(), slope, rtol=1e-3, atol=1e-3)


def test_chains_end_in_the_two_shapes_that_were_learnt():
    shapes = np.zeros((2, 16, 16, 16), bool)
    shapes[0, 4:12, 4:12, 2:6] = shapes[0, 4:12, 8:12, 6:14] = True
    shapes[1, 2:14, 2:14, 10:12] = shapes[1, 6:10, 6:10, 2:10] = True

    recipe = small_recipe(cascades=(8,), classes=("chair",), width=8, max_steps=150, game_steps=0, pool=8, ema=0.9)
    trainer, model = learnt(recipe.changed(learning_rate=5e-3), shapes, 150)
    made = model.synthesize(range(8), steps=60)
    truth, found = shapes[:, ::2, ::2, ::2], set()
    for chain in range(8):
        grid = made.grid(chain).values > 0.5
        likeness = [(grid & one).sum() / (grid | one).sum() for one in truth]
        assert max(likeness) > 0.8
        found.add(int(np.argmax(likeness)))
    assert found == {0, 1}, "both, each now and then"
    shown = trainer.samples() > 0.5  # before any game: where gradients lead
    assert len(shown) == 8
    assert max((shown[0] & shapes[k]).sum() / (shown[0] | shapes[k]).sum() for k in range(2)) > 0.6


@pytest.mark.parametrize("objective", ["supervised", "unsupervised"])
def test_it_leads_trains_resumes_and_opens(tmp_path, objective):
    recipe = small_recipe(objective=objective, game_steps=1, cascade_steps=(3,), max_steps=6)
    whole = train("winn3d", tmp_path / "whole", recipe, device="cpu", workers=0)
    for steps in (2, 6):  # once in each cascade
        train("winn3d", tmp_path / "parts", recipe, device="cpu", workers=0, max_steps=steps, resume=steps == 6)
    one, other = (load_tensors(folder, read_card(folder)) for folder in (whole, tmp_path / "parts"))
    assert set(one) == set(other) and all(torch.equal(one[name], other[name]) for name in one)
    model = open_any(whole, "cpu")
    last = WinnNet if objective == "supervised" else AutoencoderNet
    assert [type(net) for net in model.nets] == [AutoencoderNet, last], "who tells labels is the paper's network"
    target = "table" if objective == "supervised" else None
    state = model.synthesize([1, 2], target)
    assert state.volumes.shape == (2, 16, 16, 16)
    assert state.probabilities.shape == ((2, 2) if target else (2, 0))
    assert model.features(np.zeros((2, 16, 16, 16), bool)).shape == (2, 256 if target else 2 * 1024)
