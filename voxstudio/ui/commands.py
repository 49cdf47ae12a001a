"""Everything that can be done, as actions: for the menu, for the keyboard, for the search (Ctrl+K)."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar, QWidget


class Command(NamedTuple):
    """One action: its name, its words with a verb, where it stands in the menu, its keys, its icon."""

    key: str
    words: str
    menu: str = ""
    keys: str = ""
    icon: str = ""
    short: str = ""
    tip: str = ""
    separate: bool = False
    checkable: bool = False


COMMANDS = (
    Command("open", "Open photos…", "File", "Ctrl+O", "folder-open", tip="Add photos of one object from files"),
    Command("paste", "Paste photo", "File", "Ctrl+V", "clipboard", tip="Add the photo in the clipboard"),
    Command(
        "open-weights", "Open a checkpoint file…", "File", "", "file-arrow-down",
        tip="Look into weights of somebody else and add them to the library",
    ),
    Command("find-shape", "Find the code of a shape…", "File", "", "target", tip="Of a mesh or photos of one object"),
    Command("sample", "Try a sample", "File", "", "image", tip="Reconstruct the photos that come with the program"),
    Command("save", "Save mesh…", "File", "Ctrl+S", "floppy-disk", tip="Write OBJ, STL, PLY or GLB", separate=True),
    Command("save-code", "Save the code…", "File", "", "hash", tip="Where the shape stands, as a small file"),
    Command("open-code", "Open a code…", "File", "", "hash-straight", tip="Stand where a saved code stands"),
    Command("save-film", "Save film…", "File", "", "film-strip", tip="The path as GIF, MP4, animated GLB or OBJ files"),
    Command("quit", "Quit", "File", "Ctrl+Q", "sign-out", separate=True),
    Command("undo", "Undo", "Edit", "Ctrl+Z", "arrow-counter-clockwise"),
    Command("redo", "Redo", "Edit", "Ctrl+Y", "arrow-clockwise"),
    Command("clear", "Remove all photos", "Edit", "", "trash", separate=True),
    Command("background-all", "Remove all backgrounds", "Edit", "", "eraser"),
    Command("keep", "Keep this shape…", "Edit", "Ctrl+D", "push-pin", tip="Give the shape a name", separate=True),
    Command("compare", "Compare with the shape before", "Edit", "D", "columns", tip="Side by side, or in colours"),
    Command("add-keyframe", "Add a keyframe", "Edit", "K", "path", tip="The shape becomes part of the path"),
    Command(
        "measure-codes", "Measure what the codes do", "Edit", "", "ruler", separate=True,
        tip="Sweep every code of the generator and name what it moves",
    ),
    Command(
        "find-directions", "Find directions", "Edit", "", "compass",
        tip="Principal components of the latent space, named by measuring",
    ),
    Command("climb-play", "Play the ascent", "Edit", "", "play", tip="Noise climbs the score", separate=True),
    Command("climb-mesh", "Begin an ascent with a mesh…", "File", "", "trend-up"),
    Command("classify-mesh", "Classify a mesh…", "File", "", "tag"),
    Command("climb-film", "Save the ascent as a film…", "File", "", "film-strip"),
    Command("classify-stage", "Classify the shape on the stage", "Edit", "", "tag"),
    Command("attack-stage", "Attack the shape on the stage", "Edit", "", "shield-warning"),
    Command("measure-attacks", "Measure accuracy under attack", "Edit", "", "chart-line-up"),
    Command("cancel", "Cancel what is running", "Edit", "Esc", "x-circle", separate=True),
    Command("view-three-quarter", "View from three quarters", "View", "1", "cube", "3/4"),
    Command("view-front", "View from the front", "View", "2", "square", "Front"),
    Command("view-side", "View from the side", "View", "3", "square", "Side"),
    Command("view-top", "View from above", "View", "4", "square", "Top"),
    Command("view-frame", "Frame the shape", "View", "F", "corners-out", "Frame"),
    Command("style-smooth", "Show a smooth surface", "View", "S", "circle", separate=True),
    Command("style-blocks", "Show blocks", "View", "B", "cube"),
    Command("style-cloud", "Show a density cloud", "View", "", "circles-three"),
    Command("colour-clay", "Colour as clay", "View", "", "drop-half", separate=True),
    Command("colour-confidence", "Colour by confidence", "View", "C", "drop-half"),
    Command("theme-system", "Follow the system's colours", "View", "", "desktop", separate=True),
    Command("theme-light", "Use light colours", "View", "", "sun"),
    Command("theme-dark", "Use dark colours", "View", "", "moon"),
    Command("layout", "Reset the layout", "View", "", "layout", separate=True),
    Command("search", "Search any action", "Help", "Ctrl+K", "magnifying-glass"),
    Command("about", "About VoxStudio", "Help", "", "info"),
)


MENUS = ("File", "Edit", "View", "Go", "Help")


class Commands:
    """A table of actions by name. Whoever can carry one out says so with :meth:`on`."""

    def __init__(self, owner: QWidget) -> None:
        self._owner = owner
        self._actions: dict[str, QAction] = {}
        for command in COMMANDS:
            self.add(command)

    def add(self, command: Command) -> QAction:
        """Add an action; its keys work in the whole window."""
        action = QAction(command.words, self._owner)
        if command.keys:
            action.setShortcut(QKeySequence(command.keys))
            action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        if command.key == "redo":
            action.setShortcuts([QKeySequence("Ctrl+Y"), QKeySequence("Ctrl+Shift+Z")])
        if command.key == "quit":
            action.setMenuRole(QAction.MenuRole.QuitRole)
        action.setToolTip(command.tip or command.words)
        action.setProperty("key", command.key)
        action.setProperty("menu", command.menu)
        action.setProperty("icon_name", command.icon)
        action.setProperty("word", command.short or command.words)
        action.setProperty("separate", command.separate)
        self._owner.addAction(action)
        self._actions[command.key] = action
        return action

    def on(self, key: str, slot: Callable[[], object]) -> None:
        """Carry out ``key`` with ``slot``."""
        self._actions[key].triggered.connect(slot)

    def action(self, key: str) -> QAction:
        """The action of that name."""
        return self._actions[key]

    def all(self) -> tuple[QAction, ...]:
        """Every action, in the order in which they were added."""
        return tuple(self._actions.values())

    def fill(self, bar: QMenuBar) -> None:
        """Put every action that has a menu into it."""
        menus: dict[str, QMenu] = {name: bar.addMenu(name) for name in MENUS}
        for action in self._actions.values():
            name = action.property("menu")
            if not name:
                continue
            if action.property("separate"):
                menus[name].addSeparator()
            menus[name].addAction(action)
