"""The sentence of every kind of record in the shipped data, as the page of the docs has them, on both engines."""

import re

import pytest
from sqlalchemy import Engine

from tests.support.sentences import DATA, PAGE, page, shipped_sentences

HOW = "read the new ones by eye, then: python -m tests.support.sentences"


@pytest.mark.slow
@pytest.mark.skipif(not DATA.is_dir(), reason="the public data sets are not beside the project")
def test_every_sentence_is_the_one_that_was_read(engine: Engine) -> None:
    assert page(shipped_sentences(engine)) == PAGE.read_text("utf-8"), HOW


SENTENCES = [line.removeprefix("- ") for line in PAGE.read_text("utf-8").splitlines() if line.startswith("- ")]


def test_the_page_has_many() -> None:
    assert len(SENTENCES) >= 120
    event, quoted = "Attack on al-Sina prison, as of 24 January 2022", "according to the United Nations, quoted by"
    rounded = "displaced (read as a round number by this register)"
    admitted = "Al-Hol camp, between 4 December 2018 and 1 May 2019: 64,087 people admitted, according to OCHA"
    assert f"{event}: at least 25 of the SDF's forces held hostage, according to Charles Lister." in SENTENCES
    assert f"{event}: 45,000 civilians {rounded}, {quoted} Charles Lister." in SENTENCES
    assert [sentence for sentence in SENTENCES if sentence.startswith(admitted)]


MAKERS = "according to|claimed by|held probable by|asked by|assumed by|forecast by|recommended by"


def test_each_can_be_quoted_as_it_stands() -> None:
    for sentence in SENTENCES:
        assert sentence.endswith("."), sentence
        assert sentence[0] == sentence[0].upper(), sentence
        assert re.search(
            r"according to|claimed by|held probable by|asked by|assumed by|forecast by|recommended by", sentence
        )
        # Number and noun agree, and nothing of this register's codes is left in it.
        assert not re.search(r": 1 \w*(?:detainees|people|men|women|guards|places)\b", sentence), sentence
        assert not re.search(r"\w_\w|None|\bnull\b|  ", sentence.replace("APAC  ", "")), sentence
