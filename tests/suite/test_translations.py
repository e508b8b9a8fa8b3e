"""The interface speaks Kyrgyz, Russian and English, completely."""

import re

import pytest
from babel.messages.catalog import Message

from tests.suite import sources

translations = sources.script("translations")

LANGUAGES = pytest.mark.parametrize("language", translations.LANGUAGES)


@LANGUAGES
def test_a_catalogue_is_complete(language: str) -> None:
    faults = translations.check(language)

    assert sources.said(faults) == "", (
        f"{len(faults)} faults; `make translations` adds new sentences; translate them"
    )


def test_extracting_again_changes_nothing() -> None:
    for language in translations.LANGUAGES:
        written = translations.path_of(language).read_text(encoding="utf-8")

        assert translations.written(translations.merged(language)).decode() == written, (
            "run `make translations`"
        )


def test_sentences_are_whole_and_on_one_line() -> None:
    faults = []
    for message in translations.extract():
        if message.locations and message.locations[0][0] == "wtforms":
            continue  # not our sentences
        for sentence in (message.id,) if isinstance(message.id, str) else message.id:
            if "\n" in sentence:
                faults.append(
                    f"{message.locations[0][0]}: {sentence!r} spans lines; write {{% trans trimmed %}}"
                )
            if re.search(r"%[sd]|%\(\)|\{\w*\}", sentence):
                faults.append(f"{message.locations[0][0]}: {sentence!r} has a placeholder without a name")
            if sentence and re.search(r"[А-Яа-яЁё]", sentence) and not re.search(r"[A-Za-z]", sentence):
                faults.append(
                    f"{message.locations[0][0]}: {sentence!r} is not English, the language of the sources"
                )

    assert faults == []


def test_no_sentence_is_made_of_an_f_string() -> None:
    faults = []
    for path in sources.shipped_python():
        for name, call in sources.calls(sources.tree(path)):
            if name.rpartition(".")[2] in {"_", "_l", "gettext", "lazy_gettext", "ngettext", "lazy_ngettext"}:
                first = call.args[0] if call.args else None
                passes_on = path.name in {"forms.py"} and path.parts[0] == "lms"
                if type(first).__name__ != "Constant" and not passes_on:
                    faults.append(f"{path}:{call.lineno} translates what is only known at run time")

    assert faults == []


def one(sentence: str | tuple[str, str], *texts: str) -> Message:
    """Return a translated sentence."""
    return Message(sentence, texts[0] if isinstance(sentence, str) else texts)


PLURAL = ("%(num)d question", "%(num)d questions")


@pytest.mark.parametrize(
    ("language", "message", "fault"),
    [
        ("ru", one("Save", ""), "empty"),
        ("ru", one("Hello %(name)s", "Привет %(имя)s"), "placeholders"),
        ("ru", one("Hello %(name)s", "Привет %(nane)s"), "placeholders"),
        ("ru", one("Hello %(name)s", "Привет"), "placeholders"),
        ("ru", one(PLURAL, "%(num)d вопрос", "%(num)d вопроса"), "plural forms"),
        ("ru", one(PLURAL, "%(num)d вопрос", "%(num)d вопроса", ""), "empty"),
        ("ru", one("Course", "Kурс"), "Latin letters"),
        ("ru", one("Course", "Курс "), "spaces"),
        ("ru", one("Attempt", "Өтүү"), "a Kyrgyz letter"),
        ("ky", one("Pass mark", "Ѳтүү баллы"), "not of our alphabets"),
        ("ky", one("Pass mark", "Өтүү баллы (жаҥы)"), "not of our alphabets"),
        ("ky", one("Unit", "Бөлγнмө"), "not of our alphabets"),
        ("ky", one("Bold <b>x</b>", "Кара x"), "markup"),
    ],
)
def test_a_planted_fault_is_found(language: str, message: Message, fault: str) -> None:
    found = list(translations.faults_of(language, message))

    assert any(fault in sentence for sentence in found), found


@pytest.mark.parametrize(
    ("language", "message"),
    [
        ("ru", one("Save", "Сохранить")),
        ("ru", one("Save as %(kind)s: <b>CSV</b>", "Сохранить как %(kind)s: <b>CSV</b>")),
        ("ky", one(PLURAL, "%(num)d суроо", "%(num)d суроо")),
        ("ru", one(PLURAL, "один вопрос", "%(num)d вопроса", "%(num)d вопросов")),
        ("ky", one("Pass mark: %(percent)d %%", "Өтүү баллы: %(percent)d %%")),
    ],
)
def test_a_good_translation_has_no_fault(language: str, message: Message) -> None:
    assert list(translations.faults_of(language, message)) == []


@LANGUAGES
def test_a_fuzzy_sentence_is_not_shown(language: str) -> None:
    catalog = translations.empty(language)
    catalog.add("Save", "Сактоо?", flags={"fuzzy"})
    catalog.add("Cancel", "Жокко")

    made = translations.compiled(catalog)

    assert ("Сактоо".encode() in made, "Жокко".encode() in made) == (False, True)


def test_the_compiled_catalogue_is_the_same_every_time() -> None:
    first = translations.compiled(translations.read("ru"))

    again = translations.compiled(translations.read("ru"))

    assert first == again
