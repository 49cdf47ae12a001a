"""What a family is, and what a trained model of it can do.

A family folder has a ``family.py`` that holds one :class:`Family` record named ``FAMILY``: plain data
and ``"module:name"`` strings, so that listing families imports no torch. Panels and commands bind to
the protocols below, never to a paper.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from voxstudio.core.ascent import Ascent, AscentState
from voxstudio.core.card import Card
from voxstudio.core.controls import Control
from voxstudio.core.latent import CodeSpec, Latent
from voxstudio.core.picture import Picture
from voxstudio.core.recipe import Recipe
from voxstudio.core.surface import Surface
from voxstudio.core.voxel_grid import VoxelGrid

if TYPE_CHECKING:
    import torch

Views = npt.NDArray[np.uint8]
"""What a network sees: uint8 ``[N, S, S, 4]``, RGB over mid grey (128) plus the mask as fourth channel."""


Progress = Callable[[float, str], None]
"""Called with a fraction in [0, 1] and a few words; raises Cancelled if the person asked to stop."""


def quiet(fraction: float, words: str) -> None:
    """A Progress that says nothing."""


@dataclass(frozen=True)
class Family:
    """One paper's system. ``model``, ``trainer`` and ``recipe`` are ``"module:name"`` strings."""

    key: str
    title: str
    citation: str
    summary: str
    recipe: str
    model: str
    trainer: str
    protocol: str
    capabilities: tuple[str, ...]
    presets: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    narrowed: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    """By option of the recipe and its value: the capabilities that are left, where not everything was learnt."""
    guesser: str = ""
    """``"module:name"`` of a :class:`Guesser`, or empty: then only the sizes of known checkpoints are tried."""
    held_out: str = "IoU"
    """What ``Trainer.validate`` measures on held-out shapes."""
    smallest: Mapping[str, Any] = field(default_factory=dict)
    """Options of the smallest network that does all that the family can, in seconds: for tests and rehearsals."""

    def load(self, which: str) -> Any:
        """Import what ``which`` names: ``"recipe"``, ``"model"``, ``"trainer"``, ``"protocol"``, ``"guesser"``."""
        module, _, name = getattr(self, which).partition(":")
        return getattr(importlib.import_module(module), name)

    def recipe_class(self) -> type[Recipe]:
        """The recipe's dataclass; imports no torch."""
        result: type[Recipe] = self.load("recipe")
        return result


class Model(Protocol):
    """A trained model on its device. Built by ``Family.load("model")(card, tensors, device)``."""

    card: Card
    device: str
    note: str
    """What the person should know, for example that the GPU was full and the CPU took over; else empty."""

    def controls(self) -> tuple[Control, ...]:
        """The controls that the family asks for."""


@runtime_checkable
class Generator(Protocol):
    """Makes a shape from a latent."""

    def draw(self, seed: int, label: str | None = None, truncation: float = 1.0) -> Latent:
        """Draw a latent from the prior; the same seed gives the same latent."""

    def decode(self, latent: Latent, label: str | None = None) -> VoxelGrid:
        """Decode one latent; the card's iso level is set on the grid."""


@runtime_checkable
class LatentSpace(Generator, Protocol):
    """A generator whose latent can be swept, walked through and searched by its gradient.

    Found by name where a family has them: ``features(grids) -> float32 [N, F]`` (its discriminator's; see
    :func:`voxstudio.engine.latent_space.has_features`), ``encode(grids) -> list[Latent]`` where ``encodes`` is True
    (where an inversion starts), ``recognise(grids) -> float32 [N, C]`` (the codes that its Q network sees, in the order
    of ``layout``), ``first_volume(codes) -> float32 [N, K]`` (its first layer) and ``side_image(latent) -> Picture``.
    Grids are ``[N, R, R, R]``, bool or float32.
    """

    card: Card
    device: str
    layout: tuple[CodeSpec, ...]
    """What :meth:`decode_batch` takes, in the order of its columns."""

    def decode_batch(self, codes: torch.Tensor, label: str | None = None) -> torch.Tensor:
        """Logits float32 ``[N, R, R, R]`` of codes ``[N, D]``, with a gradient; their sigmoid is what decode gives."""


@runtime_checkable
class Reconstructor(Protocol):
    """Makes a shape from views of it."""

    image_size: int
    fusions: tuple[str, ...]

    def encode(self, views: Views) -> npt.NDArray[np.float32]:
        """Latent mean of each view, float32 ``[N, Z]``."""

    def fuse(self, means: npt.NDArray[np.float32], fusion: str) -> Latent:
        """Join the latents of one object's views (3D-VAE-GAN report, 2.6.10)."""

    def decode(self, latent: Latent, label: str | None = None) -> VoxelGrid:
        """Decode one latent; the card's iso level is set on the grid."""

    def reconstruct(self, views: Views, fusion: str = "mean", label: str | None = None) -> VoxelGrid:
        """encode, fuse, decode."""


@runtime_checkable
class Classifier(Protocol):
    """Says what a shape is, and how its answer depends on every voxel. Grids are ``[N, R, R, R]``, bool or float32 in
    [0, 1], and R is the card's resolution; classes are those of the card."""

    card: Card

    def logits(self, grids: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        """Float32 ``[N, K]``; their softmax are the probabilities. An answer does not depend on its batch."""

    def features(self, grids: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        """Float32 ``[N, F]``, the values of the last convolution."""

    def loss_gradient(self, grids: npt.NDArray[Any], labels: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        """Gradient of the cross-entropy of ``labels`` to the grids, float32 ``[N, R, R, R]`` (for attacks)."""

    def score_gradient(self, grids: npt.NDArray[Any], labels: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        """Gradient of the logits of ``labels`` to the grids, float32 ``[N, R, R, R]`` (for saliency)."""


@runtime_checkable
class Synthesizer(Protocol):
    """Makes shapes step by step by climbing its own score (3DWINN, 3.2)."""

    card: Card
    targets: tuple[str, ...]
    """Classes that can be aimed at; empty if there is one score for all."""
    cascades: int
    usual: Ascent
    """The steps that it was trained with."""
    usual_steps: int
    """Steps in each cascade until a shape from noise is done."""

    def begin(self, seeds: Sequence[int], start: VoxelGrid | None = None, ascent: Ascent | None = None) -> AscentState:
        """A chain for each seed: from N(0, 1), or all from ``start`` (of any resolution)."""

    def advance(self, state: AscentState, ascent: Ascent) -> AscentState:
        """One step. Raises :class:`voxstudio.core.errors.Diverged` if values become infinite; ``state`` stays good."""

    def synthesize(
        self, seeds: Sequence[int], target: str | None = None, progress: Progress = quiet, steps: int | None = None
    ) -> AscentState:
        """From noise through every cascade."""


@runtime_checkable
class Embedder(Protocol):
    """Puts shapes and pictures of shapes into one space, in which near means alike (cross-domain triplet encoder)."""

    card: Card
    dimensions: int
    image_size: int

    def embed_voxels(self, grids: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        """Float32 ``[N, D]`` of grids ``[N, R, R, R]``, bool or float32 in [0, 1]; R is the card's resolution."""

    def embed_images(self, views: Views) -> npt.NDArray[np.float32]:
        """Float32 ``[N, D]`` of views (uint8 ``[N, S, S, 4]``; S is ``image_size``)."""


@dataclass(frozen=True)
class StepReport:
    """What one training step tells: named losses and metrics, plain floats."""

    values: Mapping[str, float]
    samples: int


class Trainer(Protocol):
    """Four methods, no base class. Built by ``Family.load("trainer")(recipe, batches, device, seed)``."""

    def step(self) -> StepReport:
        """Take the next batch and update the networks once."""

    def preview(self) -> VoxelGrid | Surface | Picture:
        """A shape that shows how far training has come."""

    def state(self) -> dict[str, Any]:
        """Everything that exact resume needs: tensors and plain Python values."""

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from :meth:`state`."""

    def export(self) -> tuple[dict[str, torch.Tensor], Mapping[str, Any]]:
        """Inference weights and the ``network`` entry of the card."""


@dataclass(frozen=True)
class Settled:
    """What a family makes of the tensors that a foreign file has for it.

    ``names`` are the tensors to keep, ``filled`` those that the file lacks and that have a harmless value, ``network``
    the card's entry of that name. ``problem`` is a sentence that says what is missing if nothing can be done, else
    empty; ``notes`` are sentences about what was left out or filled in.
    """

    capabilities: tuple[str, ...]
    recipe: Recipe
    network: Mapping[str, Any]
    names: frozenset[str]
    filled: Mapping[str, npt.NDArray[np.float32]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    problem: str = ""


class Guesser(Protocol):
    """Reads a family's sizes off the tensors of a foreign file. Named by ``Family.guesser``; may import torch."""

    def recipes(self, shapes: Sequence[tuple[int, ...]]) -> Sequence[Recipe]:
        """Recipes whose networks may have such tensors, whatever these are called; the likeliest first."""

    def wanted(self, recipe: Recipe) -> Mapping[str, tuple[int, ...]]:
        """Names and shapes of the inference weights of a recipe, in the network's order. Allocates nothing."""

    def settle(self, recipe: Recipe, there: frozenset[str], whole_parts: bool = False) -> Settled:
        """What can be done with these tensors; ``whole_parts`` leaves out a part of which some are missing."""


ViewBatches = Sequence[Any]
