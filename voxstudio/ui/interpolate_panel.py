"""From one shape to another: keyframes, the way between them to walk and play, films of it, shape arithmetic."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from voxstudio.ui import inputs, widgets
from voxstudio.ui.studio import PanelSpec, Studio

PANEL = PanelSpec(
    "interpolate", "Interpolate", "path", "Walk from shape to shape, film it, add shapes up", 35,
    "voxstudio.ui.interpolate_panel:InterpolatePanel", "generate",
)  # fmt: skip
WAYS = (("slerp", "Spherical"), ("linear", "Linear"))
ENDINGS = (("once", "Stop"), ("loop", "Loop"), ("bounce", "Back and forth"))
NO_KEYS = "Add the shape on the stage with +, or drag shapes here from the history below. Two make a path."


class InterpolatePanel(QWidget):
    """Top to bottom in the order of use: keyframes, the walk, arithmetic, the film."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        from voxstudio.ui.keyframe_tiles import KeyframeTiles
        from voxstudio.ui.messages import Banner
        from voxstudio.ui.path_slider import PathSlider
        from voxstudio.ui.player import Player
        from voxstudio.ui.sum_card import SumCard

        self._studio = studio
        self.setProperty("role", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.problem = Banner(studio, "path", "checkpoint", "export", "result")
        self.tiles = KeyframeTiles(studio)
        self.hint = widgets.words(NO_KEYS, "hint", wrap=True)
        self.home = widgets.button("", "", "arrow-u-up-left", "Open the checkpoint that made these keyframes")
        self.clear = widgets.icon_button("trash", "Remove all keyframes")
        self.play = widgets.icon_button("play", "Play or pause (Space on this button)")
        self.place = PathSlider()
        self.where = widgets.words("", "figure")
        self.way = inputs.Segments(WAYS, "Path")
        self.ending = inputs.Segments(ENDINGS, "At the end")
        self.ending.setToolTip("What playing does at the last keyframe")
        self.pace = inputs.SliderRow("Seconds", 0.2, 10.0, 2.0, 1, "From one keyframe to the next")
        self.sum = SumCard(studio)
        self.save = widgets.button("Save mesh", "", "floppy-disk", "Write OBJ, STL, PLY or GLB (Ctrl+S)")
        self.save.clicked.connect(studio.commands.action("save").trigger)
        self.film = widgets.button("Save film", "primary", "film-strip", "GIF, MP4, animated GLB or OBJ files")
        self.film.clicked.connect(studio.commands.action("save-film").trigger)
        self.player = Player(studio, self)
        self._lay_out()
        self._connect()
        for topic in ("path", "checkpoint", "shown"):
            self._changed(topic)

    def _lay_out(self) -> None:
        scroll = widgets.ScrollColumn()
        scroll.setProperty("role", "panel")
        keys = widgets.Card()
        keys.put_head(widgets.words("Keyframes", "heading"), self.clear)
        keys.body.addWidget(self.tiles)
        keys.body.addWidget(self.hint)
        keys.body.addWidget(self.home)
        self._walk = widgets.Card("Walk")
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(self.play)
        line.addWidget(self.place, 1)
        line.addWidget(self.where)
        self.where.setFixedWidth(44)
        self.where.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._walk.body.addLayout(line)
        self._walk.body.addWidget(widgets.labelled("Path", self.way))
        self._walk.body.addWidget(widgets.labelled("At the end", self.ending))
        self._walk.body.addWidget(self.pace)
        for part in (self.problem, keys, self._walk, self.sum):
            scroll.column.addWidget(part)
        scroll.column.addStretch(1)
        widgets.lay_out_panel(self, scroll, (self.save, self.film))

    def _connect(self) -> None:
        path = self._studio.session.path
        self.tiles.added.connect(path.add)
        self.tiles.chosen.connect(self._stand)
        self.tiles.removed.connect(path.remove)
        self.tiles.moved.connect(path.move)
        self.tiles.dropped.connect(self._drop)
        self.clear.clicked.connect(path.clear)
        self.home.clicked.connect(self._go_home)
        self.play.clicked.connect(self._play)
        self.place.moved.connect(self._scrub)
        self.place.settled.connect(self._settle)
        self.way.chosen.connect(self._set_way)
        self.ending.chosen.connect(self._set_ending)
        self.pace.settled.connect(self._set_pace)
        self.player.moved.connect(self._played)
        self.player.stopped.connect(self._dress_play)
        self._studio.bridge.changed.connect(self._changed)

    @Slot(str)
    def _changed(self, topic: str) -> None:
        session = self._studio.session
        if topic in ("path", "checkpoint"):
            self._follow_path()
        elif topic == "shown" and (session.shown is None or not session.shown.draft):
            self.save.setEnabled(session.shown is not None and not session.shown.surface.is_empty)
            self._follow_place()

    def _follow_path(self) -> None:
        path = self._studio.session.path
        ready = bool(path.steps) and path.is_home
        away = bool(path.keys) and not path.is_home
        self.hint.setVisible(len(path.keys) < 2)
        self.home.setVisible(away and self._studio.session.model is not None)
        self.home.setText(f"Open {path.owner}")
        self.clear.setEnabled(bool(path.keys))
        self._walk.setVisible(bool(path.steps))  # until then its room is for the arithmetic below
        self._walk.setEnabled(ready)
        self.film.setEnabled(ready)
        self.way.choose(path.options.how)
        self.way.setEnabled(path.bends)
        self.way.setToolTip(
            "Spherical: an arc, where shapes are as likely as the keyframes"
            if path.bends
            else "The codes of this checkpoint lie in a box: every path is straight"
        )
        self.ending.choose(path.options.ending)
        self.pace.set_value(path.options.seconds)
        self.place.set_stops(path.steps + 1 if path.steps else 0)
        self._follow_place()

    def _follow_place(self) -> None:
        """Where on the path the shape on the stage stands; a tile lights up while it stands on a keyframe."""
        session = self._studio.session
        path = session.path
        draw = session.draw
        there = draw is not None and draw.start is not None and draw.start is path.placed
        on = next((key.id for key in path.keys if there and key.latent is path.placed), -1)
        self.tiles.show_keys(path.keys, on)
        self.place.show_place(path.at)
        self._tell_time(path.at)

    def _tell_time(self, at: float) -> None:
        path = self._studio.session.path
        self.where.setText(f"{at * path.steps * path.options.seconds:.1f} s" if path.steps else "")

    # ---- walking ---------------------------------------------------------------------------------

    @Slot(float)
    def _scrub(self, at: float) -> None:
        self.player.stop(settle=False)
        self._studio.session.path.scrub(at, draft=True)
        self._tell_time(at)

    @Slot(float)
    def _settle(self, at: float) -> None:
        self.player.stop(settle=False)
        self._studio.session.path.scrub(at)

    @Slot(int)
    def _stand(self, which: int) -> None:
        """Stand on a keyframe; the only one there is is brought back as it was."""
        path = self._studio.session.path
        index = next(k for k, key in enumerate(path.keys) if key.id == which)
        self.player.stop(settle=False)
        if path.steps:
            path.scrub(index / path.steps)
        elif path.is_home:
            self._studio.session.place(path.keys[index].latent, path.keys[index].title, path.keys[index].label)

    @Slot(int, int)
    def _drop(self, kept: int, position: int) -> None:
        session = self._studio.session
        found = session.snapshots.find(kept)
        if found is None:
            session.say("error", "This shape is no longer in memory: click it in the history first.", "path")
        else:
            session.path.add(found, position)

    @Slot()
    def _go_home(self) -> None:
        keys = self._studio.session.path.keys
        if keys:
            self._studio.session.open_checkpoint(keys[0].key)

    @Slot()
    def _play(self) -> None:
        if self.player.is_playing:
            self.player.stop()
        else:
            self.player.start()
        self._dress_play()

    @Slot(float)
    def _played(self, at: float) -> None:
        self.place.show_place(at)
        self._tell_time(at)

    @Slot()
    def _dress_play(self) -> None:
        self.play.setProperty("icon_name", "pause" if self.player.is_playing else "play")
        widgets.dress(self.play)

    def hideEvent(self, event: QHideEvent) -> None:
        """What is not seen does not play."""
        self.player.stop()
        super().hideEvent(event)

    # ---- options ---------------------------------------------------------------------------------

    @Slot(str)
    def _set_way(self, key: str) -> None:
        path = self._studio.session.path
        path.set(how=key)
        if path.steps and path.is_home and not self.player.is_playing:
            path.scrub(path.at)

    @Slot(str)
    def _set_ending(self, key: str) -> None:
        self.player.stop(settle=False)
        self._studio.session.path.set(ending=key)

    @Slot(float)
    def _set_pace(self, value: float) -> None:
        self.player.stop(settle=False)
        self._studio.session.path.set(seconds=round(value, 1))

    def dress(self) -> None:
        """Take the colours of the theme."""
        self.sum.dress()
