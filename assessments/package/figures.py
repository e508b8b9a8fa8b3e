"""Count the questions of a package, for `lms courses report`."""

from collections import Counter
from collections.abc import Mapping

from assessments.package.check import LEVELS, quiz_files
from courses.package.documents import load_yaml
from courses.package.files import text_of
from lms.hookspecs import PackageFigure, PackageFiles

# As curriculum.md 0.4 abbreviates them.
TYPES = {
    "single_choice": "SC",
    "multiple_response": "MR",
    "true_false": "TF",
    "ordering": "OR",
    "matching": "MA",
    "numeric": "NU",
    "short_answer": "SA",
    "scenario": "SN",
}


def figures(package: PackageFiles) -> list[PackageFigure]:
    """Return slots, questions by type and by level, and the least number of variants of a slot, by module."""
    found: list[PackageFigure] = []
    for file, module in quiz_files(package).items():
        value = load_yaml(text_of(package.files, file)).value
        listed = value.get("slots") if isinstance(value, Mapping) else None
        types: Counter[str] = Counter()
        levels: Counter[str] = Counter()
        variants: list[int] = []
        for slot in listed if isinstance(listed, list) else []:
            questions = slot.get("questions") if isinstance(slot, Mapping) else None
            good = [q for q in questions if isinstance(q, Mapping)] if isinstance(questions, list) else []
            variants.append(len(good))
            types.update(TYPES.get(str(question.get("type")), "?") for question in good)
            levels[str(slot.get("level")) if isinstance(slot, Mapping) else "?"] += len(good)
        found += [
            PackageFigure(module, "slots", str(len(variants))),
            PackageFigure(module, "questions", _sums(types, tuple(TYPES.values()))),
            PackageFigure(module, "levels", _sums(levels, LEVELS)),
            PackageFigure(module, "least variants", str(min(variants, default=0))),
        ]
    return found


def _sums(counter: Counter[str], order: tuple[str, ...]) -> str:
    """Return “16: SC 8, TF 8”, the known ones in their order."""
    known = [name for name in order if counter[name]]
    others = sorted(name for name in counter if counter[name] and name not in order)
    parts = [f"{name} {counter[name]}" for name in known + others]
    return f"{counter.total()}: {', '.join(parts)}" if parts else "0"
