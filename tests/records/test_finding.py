"""How names are compared, word by word; and how well real spellings find their places among very many others."""

from statistics import median
from time import process_time

import pytest

from app.database.engines import write_engine
from app.database.store import Store
from app.history.codes import Access
from app.records.finding import Question, finding
from app.records.likeness import Named, best_match
from app.records.spelling import telling, whole, words
from app.writing.finding import bring
from tests.conftest import Databases
from tests.support.many_names import index, sites


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("al-Sina'a", "Sinaa"),
        ("as-Sina", "SINA"),
        ("Saydnaya", "Seydnaya"),
        ("غويران", "gwiran"),
        ("Œuvre", "oeuvre"),
        ("Straße", "strasse"),
        ("İmralı", "Imrali"),
        ("Diyarbakır", "Diyarbakir"),
        ("Лефортово", "Lefortovo"),
        ("Hawl", "al-Hol"),
        ("d'El Harrach", "Harrash"),
        ("٢١٥", "215"),
    ],
)
def test_spellings_of_one_word_are_one(one: str, other: str) -> None:
    assert telling(one) == telling(other)


def test_words_for_a_sort_of_place_mean_the_same_in_many_languages() -> None:
    names = ("Central Prison", "السجن المركزي", "Prison centrale", "navendî girtîgeha")
    assert {whole(name) for name in names} == {"=central prison"}
    assert [word.common for word in words("سجن غويران")] == [True, False]


@pytest.mark.parametrize(
    ("query", "right", "wrong"),
    [
        ("Branch 215", "Military Branch 215", "Branch 227"),
        ("Makala", "Makala Central Prison", "Mokali Camp"),
        ("Abughraib", "Abu Ghraib prison", "Abu Salim prison"),
        ("Gweran prisn", "Ghweran Prison", "Paris Central Prison"),
        ("prison Sina", "al-Sina Prison", "Sana Prison"),
    ],
)
def test_what_is_meant_is_more_like_it(query: str, right: str, wrong: str) -> None:
    scores = [best_match(query, [Named("name", name)]).score for name in (right, wrong)]
    assert scores[0] > scores[1]


@pytest.mark.nightly
def test_real_spellings_find_their_places_among_100000_others(databases: Databases) -> None:
    engine = write_engine(databases.empty())
    index(engine, 100_000)
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ANALYZE")
    query = [(slug, spelling) for slug, _, spelt in sites() for spelling in spelt]
    assert len(query) >= 300
    missed, seconds = [], []
    with engine.begin() as connection:
        store = Store(connection)
        for slug, spelling in query:
            begun = process_time()
            found = bring(store, finding(Question("facilities", spelling, Access.public)))
            seconds.append(process_time() - begun)
            if not found or found[0].slug != slug:
                missed.append((slug, spelling, [one.match.name.text for one in found[:1]]))
    engine.dispose()
    assert 1 - len(missed) / len(query) >= 0.95, missed
    # Of the processor: what else the machine does says nothing of the search.
    assert median(seconds) < 0.025
