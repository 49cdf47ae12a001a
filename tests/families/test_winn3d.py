"""3DWINN: second derivatives, ascents that can be repeated, chains that pass from cascade to cascade."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny_winn import learnt

from voxstudio.core.ascent import Ascent
from voxstudio.core.errors import BadCheckpoint, BadInput, Diverged
from voxstudio.core.voxel_grid import VoxelGrid
from voxstudio.engine.checkpoint import load_tensors, read_card
from voxstudio.engine.chronicle import read_curves
from voxstudio.families import family
from voxstudio.families.winn3d.ascent import Step, climb, softened
from voxstudio.families.winn3d.losses import gradient_penalty
from voxstudio.families.winn3d.model import Synthesizing, open_model
from voxstudio.families.winn3d.networks import WinnNet
from voxstudio.families.winn3d.pool import NegativePool
from voxstudio.families.winn3d.trainer import build_trainer
from voxstudio.lab.opening import open_any
from voxstudio.lab.training import make_recipe, train


def small_recipe(**changes):
    return make_recipe("winn3d", **{**family("winn3d").smallest, "classes": ("chair", "table"), **changes})


@pytest.fixture(scope="module")
def supervised(tmp_path_factory):
    folder = tmp_path_factory.mktemp("winn") / "both"
    recipe = small_recipe(objective="supervised", penalty="length")
    return train("winn3d", folder, recipe, max_steps=4, device="cpu", workers=0)


def test_the_paper_network_has_the_paper_sizes():
    net = WinnNet(32, 16, 10, "paper")
    maps, x = [], torch.zeros(1, 1, 32, 32, 32)
    for step in net.body:
        x = step(x)
        if isinstance(step, torch.nn.Conv3d):
            maps.append((x.shape[1], x.shape[-1]))
    assert maps == [(16, 32), (32, 32), (64, 16), (128, 8), (256, 4)]
    assert net.head.in_features == 8 * 256


def test_the_penalty_has_the_right_second_derivatives():
    torch.manual_seed(1)
    net = WinnNet(8, 2, 1).double()
    real, negative = torch.randn(3, 1, 8, 8, 8).double(), torch.randn(3, 1, 8, 8, 8).double()
    shares = torch.rand(3, 1, 1, 1, 1).double()

    def penalty():
        return gradient_penalty(lambda x: net.head(net.features(x))[:, 0], real, negative, shares)

    def of_doubles():  # the loss itself computes lengths in 32 bits
        between = (shares * real + (1 - shares) * negative).requires_grad_()
        slope = torch.autograd.grad(net.head(net.features(between)).sum(), between, create_graph=True)[0]
        return ((slope.flatten(1).norm(dim=1) - 1) ** 2).mean()

    assert penalty().item() == pytest.approx(of_doubles().item(), rel=1e-5)
    for weight in (net.body[0].weight, net.body[3].weight, net.head.weight):
        (slope,) = torch.autograd.grad(penalty(), weight)
        place = np.unravel_index(int(slope.abs().argmax()), slope.shape)
        with torch.no_grad():
            values = []
            for shift in (1e-5, -1e-5):
                weight[place] += shift
                with torch.enable_grad():
                    values.append(of_doubles().item())
                weight[place] -= shift
        assert slope[place].item() == pytest.approx((values[0] - values[1]) / 2e-5, rel=1e-3)


def test_a_directed_score_leads_from_noise_to_the_one_shape_it_learnt():
    shape = np.zeros((16, 16, 16), bool)
    shape[4:12, 4:12, 2:6] = shape[4:12, 8:12, 6:14] = True

    recipe = small_recipe(cascades=(8,), classes=("chair",), width=8, max_steps=200, game_steps=5, pool=8, ema=0.9)
    _, model = learnt(recipe.changed(learning_rate=5e-3), shape[None], 200)
    made = model.synthesize([1, 2], steps=60)
    truth = shape[::2, ::2, ::2]
    for chain in range(2):
        grid = made.grid(chain).values > 0.5
        assert (grid & truth).sum() / (grid | truth).sum() > 0.8


def test_langevin_follows_equation_2_and_adam_its_own():
    x, slope = torch.zeros(1, 1, 2, 2, 2), torch.full((1, 1, 2, 2, 2), 0.5)
    eps, done, none = torch.full((1, 1, 1, 1, 1), 0.04), torch.zeros(1, 1, 1, 1, 1), torch.zeros_like(x)
    noise = torch.ones_like(x)
    made, *_ = climb(x, slope, none, none, done, eps, noise, Step("langevin", (0.5, 0.9), False))
    assert torch.allclose(made, torch.full_like(x, 0.04 / 2 * 0.5 + 0.2))
    made, first, second = climb(x, slope, none, none, done, eps, None, Step("adam", (0.5, 0.9), True))
    assert torch.allclose(made, torch.full_like(x, 0.04), atol=1e-6)
    assert torch.allclose(first, 0.5 * slope) and torch.allclose(second, 0.1 * slope**2)


def test_softening_keeps_the_volume_inside_and_full_grids_full():
    x = torch.zeros(1, 1, 8, 8, 8)
    x[..., 3:5, 3:5, 3:5] = 1
    assert softened(x, 0.2).sum() == pytest.approx(8, rel=1e-5)
    assert torch.allclose(softened(torch.ones_like(x), 0.2), torch.ones_like(x))


def test_chains_are_repeated_by_their_seeds_and_do_not_know_of_each_other(supervised):
    model = open_any(supervised, "cpu")
    how = replace(model.usual, target="table", noise=0.5)
    both = model.begin([3, 4], None, how)
    alone = model.begin([4], None, how)
    for _ in range(3):
        kept = both
        both, alone = model.advance(both, how), model.advance(alone, how)
    assert np.allclose(both.volumes[1], alone.volumes[0], atol=1e-5)
    again = model.advance(kept, how)  # rewinding is going back to what was kept
    assert np.array_equal(again.volumes, both.volumes) and again.step == both.step == 3
    other = model.advance(replace(kept, seeds=(3, 5)), how)  # a branch differs where its seed differs
    assert np.array_equal(other.volumes[0], both.volumes[0]) and not np.array_equal(other.volumes[1], both.volumes[1])


def test_an_ascent_climbs(supervised):
    model = open_any(supervised, "cpu")
    how = Ascent(step_size=0.01, target="chair")
    state = first = model.begin([1], None, how)
    for _ in range(10):
        state = model.advance(state, how)
    assert state.energies[0] < first.energies[0]
    assert state.probabilities[0, 0] > first.probabilities[0, 0]
    assert state.volumes.min() >= -1 and state.volumes.max() <= 1


def test_an_ascent_starts_from_a_shape_of_any_resolution(supervised):
    model = open_any(supervised, "cpu")
    field = np.zeros((20, 20, 20), np.float32)
    field[5:15, 5:15, :10] = 1
    state = model.begin([1, 2], VoxelGrid.unit(field))
    assert state.volumes.shape == (2, 16, 16, 16)
    made = state.grid(1).values
    assert made[8, 8, 2] == pytest.approx(1) and made[1, 1, 14] == pytest.approx(0)


def test_synthesis_passes_through_every_cascade(supervised):
    model = open_any(supervised, "cpu")
    assert model.cascades == 2 and [net.resolution for net in model.nets] == [8, 16]
    state = model.synthesize([1, 2], "table")
    assert state.volumes.shape == (2, 16, 16, 16) and state.cascade == 1
    assert state.step == 2 * model.usual_steps and state.cascade_step == model.usual_steps
    assert state.probabilities.shape == (2, 2) and np.allclose(state.probabilities.sum(1), 1, atol=1e-5)


def test_a_diverging_step_says_so_and_the_last_state_stands(supervised):
    model = open_any(supervised, "cpu")
    how = Ascent("langevin", step_size=1000, noise=100, clip=False)
    state = model.begin([1], None, how)
    with pytest.raises(Diverged, match="smaller step size"):
        for _ in range(20):
            state = model.advance(state, how)
    assert np.isfinite(state.volumes).all()


@pytest.mark.parametrize(
    ("change", "words"),
    [({"target": "lamp"}, "cannot aim at 'lamp'"), ({"cascade": 2}, "has cascades 0 to 1")],
)
def test_an_ascent_to_nowhere_is_refused(supervised, change, words):
    model = open_any(supervised, "cpu")
    with pytest.raises(BadInput, match=words):
        model.begin([1], None, replace(model.usual, **change))


@pytest.mark.parametrize("change", [{"step_size": -1}, {"step_size": float("nan")}, {"method": "newton"}])
def test_settings_that_make_no_sense_are_refused(change):
    with pytest.raises(BadInput):
        Ascent(**change)


def test_the_pool_gives_back_what_it_was_given():
    pool = NegativePool(4, 8, on_disk=True)
    rows = torch.tensor([2, 0])
    x = torch.rand(2, 1, 8, 8, 8)
    pool.begin(rows, x, torch.tensor([1, 0]))
    pool.put(rows, x, 1e-6 * x, 1e-12 * x, 5)
    volumes, first, second = pool.take(rows)
    assert torch.allclose(volumes, x, atol=1e-3) and pool.ages.tolist() == [5, 0, 5, 0]
    assert torch.allclose(first, 1e-6 * x, rtol=1e-2, atol=1e-9) and (second > 0).all()  # small ones are no zeros
    pool.end(rows)
    other = NegativePool(4, 8)
    other.restore(pool.state())
    assert torch.equal(other.ended(torch.tensor([0])), pool.ended(torch.tensor([0])))
    assert other.filled == 2 and other.ended_labels.tolist() == [1, 0, 0, 0]


def test_a_plain_classifier_lends_its_weights_to_a_supervised_one(tmp_path):
    plain = train("winn3d", tmp_path / "plain", small_recipe(objective="plain"), max_steps=2, workers=0)
    recipe = small_recipe(objective="supervised")
    made = train("winn3d", tmp_path / "joint", recipe, max_steps=1, base=plain, workers=0)
    assert read_card(made).training["base"]["name"] == "plain"
    wide = small_recipe(objective="supervised", width=4)
    with pytest.raises(BadCheckpoint, match="do not fit the recipe"):
        train("winn3d", tmp_path / "wide", wide, max_steps=1, base=plain, workers=0)


def test_last_iterations_ship_where_the_recipe_keeps_them(tmp_path):
    folder = train("winn3d", tmp_path / "kept", small_recipe(keep_iterations=3, cascades=(16,)), max_steps=4, workers=0)
    card = read_card(folder)
    model = open_model(card, load_tensors(folder, card))
    assert isinstance(model, Synthesizing) and len(model.iterations) == 2
    assert not torch.equal(model.iterations[0].head.weight, model.net.head.weight)
    stages = model.iterates()
    assert len(stages) == 3 and [one.net for one in stages] == [*model.iterations, model.net]
    first, last = (one.synthesize((1,), steps=2) for one in (stages[0], stages[-1]))
    assert np.array_equal(last.volumes, model.synthesize((1,), steps=2).volumes)
    assert not np.array_equal(first.volumes, last.volumes), "each climbs the score of its own iteration"


def test_a_run_without_a_pool_climbs_whole_chains():
    def source(step):
        rng = np.random.default_rng(step)
        while True:
            yield type("Batch", (), {"voxels": rng.random((4, 16, 16, 16)) > 0.7, "labels": np.zeros(4, np.int64)})()

    trainer = build_trainer(small_recipe(pool=0, cascades=(16,), game_steps=9), source, "cpu", 1)
    report = trainer.step()
    assert np.isfinite(report.values["loss"]) and trainer.synthesis.pool.filled > 0


def test_coarse_networks_may_be_narrower_and_only_lead_to_what_the_last_one_sees(tmp_path):
    recipe = small_recipe(objective="supervised", width=4, coarse_width=2, cascade_steps=(3,), max_steps=6)
    folder = train("winn3d", tmp_path / "both", recipe, device="cpu", workers=0)
    model = open_any(folder, "cpu")
    assert [net.head.in_features for net in model.nets] == [8 * 16 * 2, 8 * 16 * 4]
    assert [net.log_gain is not None for net in model.nets] == [True, True]
    assert float(model.nets[1].log_gain) != 0.0, "the factor between score and climb is learnt"
    rows = read_curves(folder)
    told = {bool(row["cascade"]) for row in rows if "cross-entropy" in row}
    assert told == {True} and {row["cascade"] for row in rows} == {0.0, 1.0}
    again = train("winn3d", tmp_path / "more", recipe, device="cpu", workers=0, base=folder)
    assert open_any(again, "cpu").cascades == 2


def test_noise_stops_where_it_is_told_to(supervised):
    model = open_any(supervised, "cpu")
    noisy = replace(model.usual, target="table", noise=0.5)
    calm, bounded = replace(noisy, noise=0.0), replace(noisy, noise_steps=2)
    mixed = told = model.begin([3], None, noisy)
    for k in range(4):
        mixed = model.advance(mixed, noisy if k < 2 else calm)
        told = model.advance(told, bounded)
    assert np.array_equal(mixed.volumes, told.volumes)
    assert bounded.shakes(1) and not bounded.shakes(2) and noisy.shakes(10_000) and not calm.shakes(0)
    assert bounded.lasting(2.0).noise_steps == 4 and noisy.lasting(2.0) is noisy
    with pytest.raises(BadInput, match="Noisy steps must lie"):
        replace(noisy, noise_steps=-1)
