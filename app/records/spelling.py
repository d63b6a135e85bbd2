"""How a name is compared: its words without case, accents, signs, articles and script, and what they sound like.

Pure functions of a text; the tables of names are made of them, so `VERSION` rises with any change.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import combinations, pairwise
from typing import NamedTuple

from text_unidecode import unidecode  # type: ignore[import-untyped]

from app.records.kinds_in_names import COMMON

VERSION = 1
LONGEST = 40
"""Letters of a word that count."""
MOST_WORDS = 24
"""Words of a text that count."""
LONG_SOUND = 5
"""Consonants from which on a word is found by its beginning and its end too, wherever two of them are wrong."""

# Arabic letters, those of Persian and Kurdish among them, as the names of the region are written in Latin ones.
_ARABIC = str.maketrans(
    {
        **dict(zip("ابتجحدرزسصضطفقكلمنهوي", "abtjhdrzssdtfqklmnhwy", strict=True)),
        **dict(zip("أإآٱىةؤئپگڤکیھەێۆڕڵۇ", "aiaaaawypgvkyheeorlu", strict=True)),
        "ث": "th",
        "خ": "kh",
        "ذ": "dh",
        "ش": "sh",
        "ظ": "z",
        "غ": "gh",
        "چ": "ch",
        "ژ": "zh",
        "ع": "",
        "ء": "",
        "ـ": "",
    }
)
_ARTICLE = re.compile(r"^(?:وال|بال|كال|لل|ال)(?=..)")
_FIRST_AYN = re.compile("^ع")
_ARABIC_WORD = re.compile("[\u0600-\u06ff]")
_WORD = re.compile(r"[^\W_]+")
_ELIDED = re.compile(r"\b[dl]['’](?=\w)")
_LETTERS = str.maketrans({"ç": "ch", "ş": "sh", "ș": "sh", "ı": "i"})
_APOSTROPHES = re.compile("[’'`´ʼʻʿʾ‘ʹ\u0640]")
_ARTICLES = frozenset({"al", "el", "ul", "il"})
_BEFORE_SUN_LETTER = re.compile(r"^(?:a|e)(d|dh|n|r|s|sh|t|th|z|l)$")
_SPELT = (
    ("tsch", "sh"),
    ("tch", "sh"),
    ("sch", "sh"),
    ("ch", "sh"),
    ("dj", "j"),
    ("dzh", "j"),
    ("kh", "k"),
    ("gh", "g"),
    ("ph", "f"),
    ("th", "t"),
    ("dh", "d"),
    ("zh", "j"),
    ("ck", "k"),
    ("ou", "u"),
    ("oo", "u"),
    ("ee", "i"),
    ("w", "v"),
    ("y", "i"),
    ("x", "k"),
    ("q", "k"),
)
_SOFT_C = re.compile(r"c(?=[eiy])")
_HARD_C = re.compile(r"c(?!h)")
_LONG_O = re.compile(r"a[uw](?![aeiouwy])")
_LONG_E = re.compile(r"[ae][iy](?![aeiouwy])")
_WRITTEN_I = re.compile(r"(?<=[^aeiou])y(?=[^aeiou]|$)")
_WRITTEN_O = re.compile(r"(?<=[^aeiouy])w(?=[^aeiouy]|$)")
_DOUBLED = re.compile(r"(.)\1+")
_LAST_H = re.compile(r"(?<=[aeiou])h$")
_SOUNDS = str.maketrans({"g": "k", "d": "t", "b": "p", "z": "s", "j": "x", "c": "x"})
_VOWELS = frozenset("aeiouv")


class Word(NamedTuple):
    """One word of a name: as it is compared, how it sounds, and whether it tells names apart."""

    form: str
    sound: str
    common: bool
    written: str = ""
    """Of one that says a sort of place: the word itself, in the spelling in which words are compared."""


@lru_cache(maxsize=65_536)
def words(text: str) -> tuple[Word, ...]:
    """The words of a name in their order, without articles; of a word that says a sort of place, the sort."""
    found = tuple(_words(text))
    return found or tuple(Word(form, sound(form), common=False) for form in _bare(text))


def _words(text: str) -> Iterator[Word]:
    tokens = _tokens(text)
    for place, token in enumerate(tokens[:MOST_WORDS]):
        following = tokens[place + 1] if place + 1 < len(tokens) else ""
        if following and _is_article(token, following):
            continue
        if (kind := _common().get(token) or _common().get(spelt(token))) is not None:
            yield Word(kind, kind, True, spelt(token))  # noqa: FBT003  (a field)
            continue
        form = spelt(token)
        if form:
            yield Word(form, sound(form), common=False)


def _bare(text: str) -> list[str]:
    return [form for form in map(spelt, _tokens(text)) if form]


@lru_cache(maxsize=65_536)
def _tokens(text: str) -> tuple[str, ...]:
    """The words of a text as letters of the Latin alphabet, in lower case."""
    plain = unicodedata.normalize("NFKC", text.casefold()).translate(_LETTERS)
    plain = _APOSTROPHES.sub("", _ELIDED.sub("", plain))
    found: list[str] = []
    for word in _WORD.findall(
        "".join(one for one in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(one))
    ):
        latin = word
        if _ARABIC_WORD.search(word):
            # The carriers of a hamza were parted from it above.
            # Only at the beginning of a word is an ayn written as a vowel.
            latin = _FIRST_AYN.sub("a", _ARTICLE.sub("", word)).translate(_ARABIC)
            # Long vowels are written as consonants.
            latin = _WRITTEN_O.sub("o", _WRITTEN_I.sub("i", latin))
        found += re.findall(r"[a-z]+|\d+", unidecode(latin).lower().replace("'", "").replace("`", ""))
    return tuple(found)


def _is_article(token: str, following: str) -> bool:
    if token in _ARTICLES:
        return True
    assimilated = _BEFORE_SUN_LETTER.match(token)
    return assimilated is not None and following.startswith(assimilated[1])


@lru_cache(maxsize=131_072)
def spelt(token: str) -> str:
    """A word in the one spelling in which words are compared: digraphs, doubled letters and a last h left aside."""
    form = _LONG_E.sub("e", _LONG_O.sub("o", token[:LONGEST]))
    for written, replacement in _SPELT:
        if written in form:
            form = form.replace(written, replacement)
    if "c" in form:
        form = _HARD_C.sub("k", _SOFT_C.sub("s", form))
    return _LAST_H.sub("", _DOUBLED.sub(r"\1", form)) if not form.isdigit() else form


@lru_cache(maxsize=131_072)
def sound(form: str) -> str:
    """The consonants of a word as written by somebody who only heard it, led by `a` where it begins with a vowel."""
    if form.isdigit():
        return form
    first = "a" if form[0] in _VOWELS - {"v"} else ""
    rest = "".join(
        letter for place, letter in enumerate(form) if letter not in _VOWELS and (letter != "h" or place == 0)
    )
    return first + _DOUBLED.sub(r"\1", rest.translate(_SOUNDS))


@lru_cache(maxsize=131_072)
def consonants(form: str) -> str:
    """The consonants of a word as it is spelt."""
    return "".join(letter for letter in form if letter not in "aeiou")


_LIKE_VOWELS = str.maketrans({"e": "a", "o": "u"})


@lru_cache(maxsize=131_072)
def vowels_alike(form: str) -> str:
    """A word with those vowels as one that are often written for each other."""
    return form.translate(_LIKE_VOWELS)


def near_keys(word: Word) -> set[str]:
    """The keys under which a word is found by its sound: two words that differ by one consonant have one in common."""
    heard = word.sound
    keys = {heard}
    if word.common or heard.isdigit():
        return {f"={word.form}"}
    if len(heard) >= 3:
        keys |= {"".join(some) for some in combinations(heard, len(heard) - 1)}
    else:
        # Few consonants tell little: the letters have to.
        keys |= {f"~{word.form[:at]}{word.form[at + 1 :]}" for at in range(len(word.form))} | {f"~{word.form}"}
    if len(heard) >= LONG_SOUND:
        keys |= {f"<{heard[:3]}", f">{heard[-3:]}"}
    return keys


@cache
def _common() -> dict[str, str]:
    """The sort of place or body that a word says, by the word."""
    found: dict[str, str] = {}
    for kind, listed in COMMON.items():
        for token in (token for word in listed.split() for token in _tokens(word)):
            found.setdefault(token, kind)
            found.setdefault(spelt(token), kind)
    return found


def keys_of(text: str) -> set[str]:
    """The words by which a name is found: each that tells names apart, two neighbours as one, and the whole of it."""
    return {*telling(text), *joined(telling(text)), *_with_articles(text), whole(text)}


def _with_articles(text: str) -> set[str]:
    """Words with the article that stands before them, as some write them."""
    pairs = pairwise(_tokens(text))
    return {spelt(one + other) for one, other in pairs if _is_article(one, other) and other not in _common()}


def telling(text: str) -> list[str]:
    """The words of a text that tell it from others."""
    return [word.form for word in words(text) if not word.common]


def joined(forms: list[str]) -> list[str]:
    """Neighbouring words as one: `Abu Ghraib` is `Abughraib` to some."""
    return [_DOUBLED.sub(r"\1", one + other)[:LONGEST] for one, other in pairwise(forms) if not (one + other).isdigit()]


def whole(text: str) -> str:
    """A name whole, whatever the order of its words."""
    return "=" + " ".join(sorted({word.form for word in words(text)}))[:200]
