from __future__ import annotations

import base64
from pathlib import Path

from PySide6.QtCore import QByteArray, QMimeData, QUrl
from PySide6.QtGui import QColor, QImage

from voxstudio.ui import drops


def _png() -> bytes:
    image = QImage(8, 6, QImage.Format.Format_RGB32)
    image.fill(QColor("#804020"))
    return drops.png(image)


def test_files_of_a_file_manager(qapp: object) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile("/some where/ä chair.png"), QUrl.fromLocalFile("/b.jpg")])
    found = drops.read(mime)
    assert found.paths == [Path("/some where/ä chair.png"), Path("/b.jpg")]
    assert not found.refused


def test_a_picture_of_a_browser_is_taken_with_the_name_of_its_address(qapp: object) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl("https://example.org/shop/chair.png")])
    mime.setData("image/png", QByteArray(_png()))
    found = drops.read(mime)
    assert found.pictures == [(_png(), "chair.png")]
    assert not found.refused


def test_an_address_alone_is_refused_in_a_sentence(qapp: object) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl("https://example.org/shop/chair.png")])
    found = drops.read(mime)
    assert not found
    assert len(found.refused) == 1
    assert "chair.png" in found.refused[0] and "example.org" in found.refused[0] and "save" in found.refused[0]


def test_a_data_address_carries_its_picture(qapp: object) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl("data:image/png;base64," + base64.b64encode(_png()).decode())])
    assert drops.read(mime).pictures == [(_png(), "picture.png")]


def test_a_data_address_without_a_picture_is_refused(qapp: object) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl("data:text/plain,hello")])
    found = drops.read(mime)
    assert not found and found.refused


def test_pixels_in_the_clipboard(qapp: object) -> None:
    mime = QMimeData()
    image = QImage(5, 4, QImage.Format.Format_RGB32)
    image.fill(QColor("#102030"))
    mime.setImageData(image)
    ((data, name),) = drops.read(mime).pictures
    back = QImage.fromData(data)
    assert name == "picture"
    assert (back.width(), back.height(), back.pixelColor(2, 2).name()) == (5, 4, "#102030")


def test_words_are_no_picture(qapp: object) -> None:
    mime = QMimeData()
    mime.setText("a chair")
    assert not drops.can_take(mime)
    assert drops.read(mime).refused
