"""Which checkpoint works: a list of those that can be opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QComboBox

from voxstudio.ui.inputs import calm_wheel
from voxstudio.ui.studio import Studio

if TYPE_CHECKING:
    from voxstudio.core.card import Card


class CheckpointChoice(QComboBox):
    """Bound to the session's checkpoint. ``capability`` leaves out those that cannot do the task."""

    def __init__(self, studio: Studio, capability: str = "") -> None:
        super().__init__()
        self._studio = studio
        self._capability = capability
        self.setAccessibleName("Checkpoint")
        self.setToolTip("The trained model that does the work")
        self.setMinimumContentsLength(12)
        calm_wheel(self)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        studio.bridge.changed.connect(self._changed)
        self.activated.connect(self._chosen)
        self._fill()

    @Slot(str)
    def _changed(self, topic: str) -> None:
        if topic in ("catalogue", "checkpoint"):
            self._fill()

    def _fill(self) -> None:
        session = self._studio.session
        self.clear()
        for entry in session.catalogue:
            if entry.card is not None and offers(entry.card, self._capability):
                self.addItem(entry.card.title or entry.name, str(entry.folder))
                tip = f"{entry.name}: {entry.card.summary}" if entry.card.summary else entry.name
                self.setItemData(self.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
        chosen = str(session.checkpoint.folder) if session.checkpoint else ""
        if chosen and self.findData(chosen) < 0:
            title = session.checkpoint.card.title if session.checkpoint.card else session.checkpoint.name
            self.addItem(title, chosen)
        self.setCurrentIndex(self.findData(chosen))
        self.setPlaceholderText("No checkpoint found")
        self.setEnabled(self.count() > 0)

    @Slot(int)
    def _chosen(self, index: int) -> None:
        current = self._studio.session.checkpoint
        if current is None or str(current.folder) != self.itemData(index):
            self._studio.session.open_checkpoint(self.itemData(index))


def offers(card: Card, capability: str) -> bool:
    """True if a checkpoint offers a capability: its family does, and its own weights are whole enough for it."""
    from voxstudio.families import capabilities

    known = capabilities(card)
    samples = capability == "generate" and "synthesize" in known  # from noise too, step by step
    return not capability or capability in known or samples
