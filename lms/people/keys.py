"""The keys by which people are found and sorted."""

from collections.abc import Iterable

from lms.db import search_key, sort_key
from lms.people.rules import Names

# Many keyboards have no Kyrgyz letters: Айгүл is also looked for as Айгул.
_RUSSIAN_KEYS = str.maketrans("ңөү", "ноу")


def search_key_of(names: Names, service_number: str, former: Iterable[str] = ()) -> str:
    """Return the key by which a person is found: every name form, former names, the service number.

    Words with Kyrgyz letters are there twice, also as a Russian keyboard types them.
    """
    words = search_key(
        names.family, names.given, names.patronymic, names.latin, service_number, *former
    ).split()
    folded = [word.translate(_RUSSIAN_KEYS) for word in words]
    return " ".join(dict.fromkeys(words + folded))


def sort_key_of(names: Names) -> str:
    """Return the key by which people are sorted: family name, given name, patronymic in the Kyrgyz order."""
    return sort_key(names.family, names.given, names.patronymic)
