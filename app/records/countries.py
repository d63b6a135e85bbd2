"""Countries and areas by ISO 3166-1 alpha-3 code: the vocabulary `country`.

The names are the standard's English short names without the article; neither they nor a code says anything about the
status of a territory. One entry is not of the standard: XKX, from the range it leaves to its users, stands for Kosovo.
"""

import gettext
import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from typing import Final

import pycountry
from rapidfuzz import fuzz, process
from rapidfuzz.utils import default_process

KOSOVO: Final = "XKX"
CODE: Final = 3
"""Letters of a code."""
ALIKE, NAMED_ALIKE = 60, 75
"""From how many hundredths of likeness on a code, or a name, is hinted at."""
MOST_HINTS = 3


# Where the data of `pycountry` has another name than the standard, or turns its words round.
_SHORT_NAMES = {
    "BOL": "Bolivia (Plurinational State of)",
    "COD": "Congo (Democratic Republic of the)",
    "FSM": "Micronesia (Federated States of)",
    "GBR": "United Kingdom of Great Britain and Northern Ireland",
    "IRN": "Iran (Islamic Republic of)",
    "KOR": "Korea (Republic of)",
    "MDA": "Moldova (Republic of)",
    "NLD": "Netherlands (Kingdom of the)",
    "PRK": "Korea (Democratic People's Republic of)",
    "TWN": "Taiwan (Province of China)",
    "TZA": "Tanzania (United Republic of)",
    "USA": "United States of America",
    "VAT": "Holy See",
    "VEN": "Venezuela (Bolivarian Republic of)",
    "VGB": "Virgin Islands (British)",
    "VIR": "Virgin Islands (U.S.)",
    KOSOVO: "Kosovo (user-assigned code, not in ISO 3166-1)",
}


# What people write that the standard has no entry for: reserved codes, Kosovo's codes elsewhere, names since given up.
_ALSO_CALLED: Mapping[str, str] = {
    "UK": "GBR",
    "EL": "GRC",
    "XK": KOSOVO,
    "KOS": KOSOVO,
    "KSV": KOSOVO,
    "RKS": KOSOVO,
    "UNK": KOSOVO,
    "KOSOVO": KOSOVO,
    "BURMA": "MMR",
    "CAPE VERDE": "CPV",
    "DRC": "COD",
    "DR CONGO": "COD",
    "ENGLAND": "GBR",
    "GREAT BRITAIN": "GBR",
    "IVORY COAST": "CIV",
    "MACEDONIA": "MKD",
    "SCOTLAND": "GBR",
    "SWAZILAND": "SWZ",
    "سوريا": "SYR",
    "TURKEY": "TUR",
    "UAE": "ARE",
    "WALES": "GBR",
}


@cache
def country_names() -> Mapping[str, str]:
    """The name of every country, by its code, in the order of the codes."""
    # Read at the first use: commands that ask for no country need not wait for it.
    names = {country.alpha_3: country.name for country in pycountry.countries}
    return dict(sorted((names | _SHORT_NAMES).items()))


LANGUAGES: Final = ("ar", "de", "es", "fr", "it", "pt", "pt_BR", "ru", "tr", "uk")
"""The languages whose names of countries are known, besides English."""


@cache
def _codes() -> Mapping[str, str]:
    """The code of every country by all it is called; a name of two countries is none."""
    found: dict[str, set[str]] = {}
    for code, name in country_names().items():
        for called in (code, name):
            found.setdefault(_plain(called), set()).add(code)
    for country in pycountry.countries:
        names = [country.name, getattr(country, "common_name", ""), getattr(country, "official_name", "")]
        for called in (country.alpha_2, *filter(None, names)):
            found.setdefault(_plain(called), set()).add(country.alpha_3)
    for language in LANGUAGES:
        translate = gettext.translation("iso3166-1", pycountry.LOCALES_DIR, [language], fallback=True).gettext
        for country in pycountry.countries:
            for called in {translate(country.name), translate(getattr(country, "common_name", "") or country.name)}:
                found.setdefault(_plain(called), set()).add(country.alpha_3)
    codes = {called: next(iter(listed)) for called, listed in found.items() if len(listed) == 1}
    return codes | {_plain(called): code for called, code in _ALSO_CALLED.items()}


def _plain(text: str) -> str:
    """A name, its case, accents, signs and blanks left aside."""
    letters = (one for one in unicodedata.normalize("NFKD", text) if not unicodedata.combining(one))
    return " ".join(re.findall(r"\w+", "".join(letters).casefold()))


def country_of(text: str) -> str | None:
    """The code of a country by its code of two or three letters or its name, in English or one of `LANGUAGES`."""
    return _codes().get(_plain(text))


def countries_like(text: str) -> list[str]:
    """The codes that a text which is none may stand for, the likeliest first; at most `MOST_HINTS`."""
    text = text.strip()
    if (code := _ALSO_CALLED.get(text.upper())) is not None:
        return [code]
    try:
        return [pycountry.countries.lookup(text).alpha_3]
    except LookupError:
        pass
    names = country_names()
    if len(text) <= CODE + 1 and (
        codes := process.extract(text.upper(), names.keys(), scorer=fuzz.ratio, score_cutoff=ALIKE, limit=MOST_HINTS)
    ):
        return [code for code, _, _ in codes]
    named = process.extract(
        text[:80], names, scorer=fuzz.WRatio, processor=default_process, score_cutoff=NAMED_ALIKE, limit=MOST_HINTS
    )
    return [code for _, _, code in named]
