"""Content codings: what a client takes is what it gets, the tags tell them apart, and the bytes are the same."""

import gzip
from collections.abc import Callable

import brotli
import pytest
import zstandard

from app.http.encodings import CODINGS, coding_of
from tests.conftest import Served

INCIDENT = "/v1/incidents/al-sina-prison-attack-2022"
DECODED: dict[str, Callable[[bytes], bytes]] = {
    "br": brotli.decompress,
    "zstd": zstandard.ZstdDecompressor().decompress,
    "gzip": gzip.decompress,
}


def raw(served: Served, path: str, **headers: str) -> tuple[bytes, dict[str, str]]:
    """The bytes of an answer as they are sent, and its headers."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    with served.client.stream("GET", path, headers=named) as answer:
        assert answer.status_code == 200
        return b"".join(answer.iter_raw()), dict(answer.headers)


@pytest.mark.parametrize(
    ("header", "coding"),
    [
        ("gzip", "gzip"),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip;q=1.0, br;q=0.5", "gzip"),
        ("GZIP", "gzip"),
        ("x-gzip", "gzip"),
        ("zstd", "zstd"),
        ("*", "br"),
        ("br;q=0, *;q=0.5", "zstd"),
        ("identity", None),
        ("gzip;q=0", None),
        ("gzip;q=0.2, identity;q=0.8", None),
        ("deflate", None),
        ("", None),
        ("gzip;q=lots", None),
        (";;,,=", None),
    ],
)
def test_the_coding_that_a_client_likes_best(header: str, coding: str | None) -> None:
    assert coding_of(header.encode()) == coding


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("path", [INCIDENT, f"{INCIDENT}.html", "/openapi.json", "/static/page.css"])
def test_an_answer_is_the_same_in_every_coding(reference: Served, path: str, coding: str) -> None:
    plain, headers = raw(reference, path, accept_encoding="identity")
    body, coded = raw(reference, path, accept_encoding=coding)
    assert DECODED[coding](body) == plain
    assert (coded["content-encoding"], int(coded["content-length"])) == (coding, len(body))
    assert len(body) < len(plain) / 2
    assert coded["etag"] == f'{headers["etag"][:-1]}.{coding}"'
    assert "Accept-Encoding" in coded["vary"]
    assert raw(reference, path, accept_encoding=coding)[0] == body


def test_what_is_small_stays_as_it_is(reference: Served) -> None:
    assert "content-encoding" not in raw(reference, "/v1/actors/sdf", accept_encoding="gzip, br")[1]


def test_who_holds_a_coding_is_told_so(reference: Served) -> None:
    _, headers = raw(reference, INCIDENT, accept_encoding="br")
    held = reference.ask(INCIDENT, accept_encoding="br", if_none_match=headers["etag"])
    assert (held.status_code, held.content, held.headers["etag"]) == (304, b"", headers["etag"])
    plain = headers["etag"].replace(".br", "")
    assert reference.ask(INCIDENT, accept_encoding="br", if_none_match=plain).headers["etag"] == plain
    other = headers["etag"].replace("1.", "2.", 1)
    assert reference.ask(INCIDENT, accept_encoding="br", if_none_match=other).status_code == 200


def test_head_tells_the_length_of_what_get_sends(reference: Served) -> None:
    for coding in ("identity", "br"):
        body, headers = raw(reference, INCIDENT, accept_encoding=coding)
        head = reference.client.head(INCIDENT, headers={"accept-encoding": coding})
        assert head.headers["content-length"] == str(len(body))
        assert head.headers["etag"] == headers["etag"]


@pytest.mark.slow
def test_the_documentation_page_is_light(reference: Served) -> None:
    page = raw(reference, "/docs", accept_encoding="br")[0]
    parts = ["swagger-ui/swagger-ui.css", "docs.css", "swagger-ui/swagger-ui-bundle.js", "docs.js", "icon.svg"]
    sent = [raw(reference, f"/static/{part}", accept_encoding="br")[0] for part in parts]
    assert sum(map(len, [page, *sent, raw(reference, "/openapi.json", accept_encoding="br")[0]])) < 500_000


def test_a_nouns_own_filters_come_first(reference: Served) -> None:
    listed = reference.get("/openapi.json")["paths"]["/v1/figures"]["get"]["parameters"]
    names = [one["name"] for one in listed]
    assert names[:3] == ["incident", "facility", "within"]
    assert names.index("measure") < names.index("limit") < names.index("originator")


def test_what_machines_look_for(reference: Served, serve: Callable[..., Served], url: str) -> None:
    robots = reference.ask("/robots.txt")
    assert (robots.headers["content-type"], robots.text[:2]) == ("text/plain; charset=utf-8", "# ")
    assert reference.ask("/favicon.ico").headers["content-type"] == "image/png"
    assert reference.ask("/.well-known/security.txt").status_code == 404
    answer = serve(url, security_contact="mailto:security@register.example").ask("/.well-known/security.txt").text
    assert answer.startswith("Contact: mailto:security@register.example\nExpires: 20")
    summary = reference.ask("/llms.txt").text
    links = [part.split(")")[0] for part in summary.split("](")[1:]]
    assert len(links) > 12
    assert {link: status for link in links if (status := reference.ask(link).status_code) != 200} == {}


def test_the_guide_is_served_and_holds_together(reference: Served) -> None:
    index = reference.ask("/guide")
    assert index.headers["content-type"] == "text/html; charset=utf-8"
    links = {part.split('"')[0].partition("#")[0] for part in index.text.split('href="')[1:]}
    assert "/guide/how-to/read-the-pages" in links
    assert {link: status for link in links - {""} if (status := reference.ask(link).status_code) != 200} == {}
    page = reference.ask("/guide/explanation/how-to-read-these-numbers").text
    assert "<script" not in page
    assert 'id="' in page


def test_resources_are_only_read(reference: Served) -> None:
    answer = reference.client.post("/robots.txt")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")
    assert reference.client.head("/openapi.json").status_code == 200
    tag = reference.ask("/openapi.json").headers["etag"]
    assert reference.ask("/openapi.json", if_none_match=tag).status_code == 304
    assert reference.ask("/static/../app.py").status_code == 404
