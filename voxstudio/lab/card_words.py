"""What a card says, in a person's words: for the library, for the command line, and for the cards of new runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

MOST_NAMED = 6
"""Classes that are named one by one; of more, the first ones."""
FUSIONS = ("mean", "max", "lstm")


def trained_in_words(sources: Sequence[Mapping[str, Any]], steps: int, base: str = "") -> str:
    """One sentence: how long it was trained, on what, and from where; ``sources`` are those of the run itself."""
    named = [_counted(source) for source in sources]
    learnt = " and ".join(filter(None, [", ".join(named[:-1]), *named[-1:]]))
    if base and not steps:  # the weights of the best step are kept, and that was the first
        return f"{base} as it was: fine-tuning{f' on {learnt}' if learnt else ''} gained nothing."
    begun = f"Fine-tuned from {base}" if base else "Trained"
    return f"{begun} for {steps:,} {'step' if steps == 1 else 'steps'}{f' on {learnt}' if learnt else ''}."


def _counted(source: Mapping[str, Any]) -> str:
    title, count, classes = str(source.get("title", "")), source.get("objects"), list(source.get("classes", ()))
    if title == "parametric shapes":
        words = f"{count:,} {title}" if isinstance(count, int) else title
    else:
        words = f"{count:,} {'object' if count == 1 else 'objects'} of {title}" if isinstance(count, int) else title
    if not classes or [name.lower() for name in classes] == [title.lower()]:
        return words
    more = f" and {len(classes) - MOST_NAMED} more" if len(classes) > MOST_NAMED else ""
    return f"{words} ({', '.join(map(str, classes[:MOST_NAMED]))}{more})"


def metrics_in_words(metrics: Mapping[str, Any]) -> list[str]:
    """The numbers that matter to a person, as sentences; real objects before made ones."""
    found = []
    group = next((metrics[key] for key in FUSIONS if isinstance(metrics.get(key), Mapping)), metrics)
    for suffix, what in (("_real", "real test objects"), ("", "unseen made objects")):
        one, five = group.get(f"iou_1{suffix}"), group.get(f"iou_5{suffix}")
        if isinstance(one, int | float) and isinstance(five, int | float):
            found.append(f"IoU {one:.2f} from one photo, {five:.2f} from five ({what})")
        ssim = group.get(f"ssim3d_5{suffix}")
        if isinstance(ssim, int | float):
            found.append(f"SSIM {ssim:.2f} from five photos ({what})")
    right, new = metrics.get("accuracy"), metrics.get("accuracy_no_repeats")
    if isinstance(right, int | float):
        without = f" ({new:.3f} without repeats of training objects)" if isinstance(new, int | float) else ""
        found.append(f"Knows the class of {right:.3f} of ModelNet10's test objects{without}")
    fid, real = metrics.get("fid"), metrics.get("fid_real")
    if isinstance(fid, Mapping) and isinstance(real, Mapping) and (both := [key for key in fid if key in real]):
        mine, theirs = (sum(part[key] for key in both) / len(both) for part in (fid, real))
        found.append(f"Fréchet distance to real shapes {mine:.1f}; that of real test shapes is {theirs:.1f}")
    tuned = metrics.get("fine_tuning")
    if isinstance(tuned, Mapping):
        before, after, count = (tuned.get(name) for name in ("iou_before", "iou_after", "objects"))
        if isinstance(before, int | float) and isinstance(after, int | float):
            where = f" ({count} held-out {'object' if count == 1 else 'objects'})" if isinstance(count, int) else ""
            found.append(f"IoU {before:.2f} before fine-tuning, {after:.2f} after{where}")
    return found


def data_in_words(data: Mapping[str, Any]) -> str:
    """Where it learned from, and the terms of that data."""
    parts = []
    for key in ("title", "summary", "sources", "source", "terms"):
        value = data.get(key)
        if isinstance(value, list | tuple):
            parts += [_source_in_words(one) for one in value]
        elif value:
            parts.append(_source_in_words(value))
    return ". ".join(part.rstrip(".") for part in parts if part) + "." if any(parts) else ""


def sources_in_words(data: Mapping[str, Any]) -> list[str]:
    """The same, each source by itself."""
    sources = data.get("sources")
    told = [data_in_words({"source": one}) for one in sources] if isinstance(sources, list | tuple) else []
    return [words for words in told if words] or [words for words in [data_in_words(data)] if words]


def _source_in_words(source: Any) -> str:
    """One source with its number of objects and its terms."""
    if not isinstance(source, Mapping):
        return str(source)
    title, objects, terms = str(source.get("title", "")), source.get("objects"), str(source.get("terms", ""))
    counted = f"{title}, {objects:,} {'object' if objects == 1 else 'objects'}" if isinstance(objects, int) else title
    return f"{counted} ({terms.rstrip('.')})" if terms else counted
