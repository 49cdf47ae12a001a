from __future__ import annotations

from voxstudio.ui.library_panel import data_in_words, metrics_in_words
from voxstudio.ui.search import matches
from voxstudio.ui.status import device_in_words, times_in_words


def test_metrics_in_words_name_the_objects_they_were_measured_on() -> None:
    found = metrics_in_words(
        {"mean": {"iou_1_real": 0.471, "iou_5_real": 0.538, "iou_1": 0.7, "iou_5": 0.81, "ssim3d_5_real": 0.8}}
    )
    assert found == [
        "IoU 0.47 from one photo, 0.54 from five (real test objects)",
        "SSIM 0.80 from five photos (real test objects)",
        "IoU 0.70 from one photo, 0.81 from five (unseen made objects)",
    ]
    assert metrics_in_words({}) == []
    assert metrics_in_words({"mean": {"iou_1": None, "iou_5": "bad"}}) == []


def test_the_terms_of_the_data_are_told() -> None:
    data = {"sources": [{"title": "real chairs", "terms": "research use", "objects": 1824}, {"title": "made shapes"}]}
    assert data_in_words(data) == "1,824 real chairs (research use). made shapes."
    assert data_in_words({}) == ""
    assert data_in_words({"title": "Chairs.", "terms": "free"}) == "Chairs. free."


def test_times_and_device_in_words() -> None:
    assert times_in_words({"read": 4.2, "network": 18.6, "mesh": 1.0, "draw": 8.4}) == (
        "read 4 · network 19 · mesh 1 · draw 8 ms"
    )
    assert times_in_words({}) == ""
    assert (device_in_words("cpu"), device_in_words("cuda:1"), device_in_words("mps")) == ("CPU", "GPU", "Apple GPU")


def test_every_typed_word_must_occur() -> None:
    assert matches("Save mesh… Write OBJ", "mesh sav")
    assert not matches("Save mesh…", "mesh open")
