from __future__ import annotations

from voxstudio.lab.card_words import data_in_words, metrics_in_words, trained_in_words
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
    assert data_in_words(data) == "real chairs, 1,824 objects (research use). made shapes."
    assert data_in_words({}) == ""
    assert data_in_words({"title": "Chairs.", "terms": "free"}) == "Chairs. free."


def test_a_summary_says_what_was_trained_on_how_long_and_from_where() -> None:
    made = {"title": "parametric shapes", "objects": 3000, "classes": ["chair", "table"]}
    mine = {"title": "my lamps", "objects": 1, "classes": ["my lamps"]}
    assert trained_in_words([made], 6400) == "Trained for 6,400 steps on 3,000 parametric shapes (chair, table)."
    assert trained_in_words([mine], 1, "base") == "Fine-tuned from base for 1 step on 1 object of my lamps."
    told = trained_in_words([made, mine, {"title": "tree", "objects": 8, "classes": list("abcdefgh")}], 2)
    assert told.endswith("table), 1 object of my lamps and 8 objects of tree (a, b, c, d, e, f and 2 more).")
    assert trained_in_words([mine], 0, "base") == "base as it was: fine-tuning on 1 object of my lamps gained nothing."
    tuned = metrics_in_words({"fine_tuning": {"objects": 2, "iou_before": 0.404, "iou_after": 0.42}})
    assert tuned == ["IoU 0.40 before fine-tuning, 0.42 after (2 held-out objects)"]


def test_times_and_device_in_words() -> None:
    assert times_in_words({"read": 4.2, "network": 18.6, "mesh": 1.0, "draw": 8.4}) == (
        "photos 4 · shape 19 · surface 1 · picture 8 ms"
    )
    assert times_in_words({}) == ""
    assert times_in_words({"network": 18.6, "mesh": 1.4, "draw": 8.4}, 31.2) == (
        "shape 19 · surface 1 · picture 8 · waiting 3 = 31 ms"
    )
    assert times_in_words({"mesh": 1.4, "draw": 8.4}, 9.8) == "surface 1 · picture 8 = 9 ms"
    assert (device_in_words("cpu"), device_in_words("cuda:1"), device_in_words("mps")) == ("CPU", "GPU", "Apple GPU")


def test_every_typed_word_must_occur() -> None:
    assert matches("Save mesh… Write OBJ", "mesh sav")
    assert not matches("Save mesh…", "mesh open")
