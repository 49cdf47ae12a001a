"""What a person drops or pastes: files, pictures of a browser, or something that cannot be used."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from PySide6.QtCore import QBuffer, QIODevice, QMimeData, QUrl
from PySide6.QtGui import QImage

from voxstudio.data.glance import LEAST_PHOTOS, PHOTOS, glance
from voxstudio.engine.inspection import SUFFIXES

if TYPE_CHECKING:
    from voxstudio.session import Session

PICTURES = ("image/png", "image/jpeg", "image/webp", "image/tiff", "image/bmp")


@dataclass
class Dropped:
    """Files, pictures as bytes with a name, and a sentence for each thing that was refused."""

    paths: list[Path] = field(default_factory=list)
    pictures: list[tuple[bytes, str]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        """True if there is anything to add."""
        return bool(self.paths or self.pictures)


def can_take(mime: QMimeData) -> bool:
    """True if it is worth looking into; cheap, asked while something hovers."""
    return mime.hasUrls() or mime.hasImage() or any(mime.hasFormat(kind) for kind in PICTURES)


def read(mime: QMimeData) -> Dropped:
    """Take local files first, then pictures carried in the data itself; name what has to stay behind."""
    found = Dropped()
    remote = []
    for url in mime.urls():
        if url.isLocalFile():
            found.paths.append(Path(url.toLocalFile()))
        elif url.scheme() == "data":
            _take_data_url(url, found)
        else:
            remote.append(url)
    if found or found.refused:
        return found
    carried = _carried(mime)
    if carried is not None:
        name = remote[0].fileName() if remote else ""
        found.pictures.append((carried, name or "picture"))
        return found
    for url in remote:
        place = url.host() or url.scheme()
        found.refused.append(
            f"{url.fileName() or place} is on {place}, and VoxStudio does not download: "
            "save the picture to a file and drop that."
        )
    if not found.refused:
        found.refused.append("What was dropped holds no picture: drop image files such as PNG or JPEG.")
    return found


def holds_weights(mime: QMimeData) -> bool:
    """True if the first file is called as a file of weights is."""
    return any(is_weights(Path(url.toLocalFile())) for url in mime.urls()[:1] if url.isLocalFile())


def local_paths(mime: QMimeData) -> list[Path]:
    """The files and folders of this computer in it."""
    return [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]


def task_of(paths: Sequence[Path]) -> str:
    """The panel that one folder is for, whatever stands in front; empty for anything else."""
    if len(paths) != 1 or not paths[0].is_dir():
        return ""
    kind = glance(paths[0]).kind
    return {"": "", "photos": "turntable"}.get(kind, "train")


def holds_mesh(mime: QMimeData) -> bool:
    """True if the first file is called as a mesh is."""
    from voxstudio.geometry.mesh_io import READABLE

    return any(Path(url.toLocalFile()).suffix.lower() in READABLE for url in mime.urls()[:1] if url.isLocalFile())


def is_weights(path: Path) -> bool:
    """True for a file that is called as a file of weights is."""
    return path.suffix.lower() in SUFFIXES


def _take_data_url(url: QUrl, found: Dropped) -> None:
    """A picture inside the address itself: ``data:image/png;base64,...``."""
    head, _, body = url.toString(QUrl.ComponentFormattingOption.FullyEncoded).partition(",")
    kind = head.removeprefix("data:").split(";")[0]
    try:
        raw = unquote_to_bytes(body)
        data = base64.b64decode(raw, validate=False) if head.endswith(";base64") else raw
    except (binascii.Error, ValueError):
        data = b""
    if kind.startswith("image/") and data:
        found.pictures.append((data, f"picture.{kind.removeprefix('image/')}"))
    else:
        found.refused.append("The dropped address holds no picture: save the picture to a file and drop that.")


def _carried(mime: QMimeData) -> bytes | None:
    """The bytes of a picture in the data, as its sender wrote them where that is possible."""
    for kind in PICTURES:
        if mime.hasFormat(kind):
            data = bytes(mime.data(kind).data())
            if data:
                return data
    if mime.hasImage():
        image = QImage(mime.imageData())
        if not image.isNull():
            return png(image)
    return None


def png(image: QImage) -> bytes:
    """A picture as the bytes of a PNG file."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    # It takes a str, whatever its stub says, and refuses the bytes that the stub asks for.
    image.save(buffer, "PNG")  # type: ignore[call-overload]  # it takes any QIODevice; its stub does not
    return bytes(buffer.data().data())


def _inside(path: Path) -> tuple[list[Path], list[str]]:
    """The pictures of a folder, if they are few, or why they are not taken; a file as it is."""
    if not path.is_dir():
        return [path], []
    found = sorted(part for part in path.iterdir() if part.suffix.lower() in PHOTOS and part.is_file())
    if not found:
        return [], [f"{path.name} holds no pictures: drop photos of one object."]
    if len(found) >= LEAST_PHOTOS:
        many = f"{path.name} holds {len(found)} photos"
        return [], [f"{many}: drop it on the panel Turntable, or drop some of them here."]
    return found, []


def receive(session: Session, mime: QMimeData) -> None:
    """Add what was dropped or pasted, or say why it cannot be."""
    found = read(mime)
    weights = [path for path in found.paths if is_weights(path)]
    pictures = []
    for path in found.paths:
        inside, refused = _inside(path) if len(found.paths) == 1 else ([path], [])
        pictures += [picture for picture in inside if picture not in weights]
        found.refused += refused
    if weights:
        session.adopting.open(weights[0])
    if pictures:
        session.add_images(pictures)
    for data, name in found.pictures:
        session.add_image_bytes(data, name)
    if found.refused:
        session.say("error", found.refused[0], "images", tuple(found.refused) if len(found.refused) > 1 else ())
