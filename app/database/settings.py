"""Every setting, read once from `DETENTION_*` variables or a `.env` file. Their docs page is made from here."""

from functools import lru_cache
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings, SettingsConfigDict


def _signing(key: str) -> str:
    """A key that signs, its checksum right: else it would fail at the first checkpoint only."""
    from app.database.notes import Signer  # noqa: PLC0415  (few have such a key, and its library is slow to load)

    return Signer.read(key).private


class Settings(BaseSettings):
    """The settings of one process; frozen, so nothing changes behind a running server's back."""

    model_config = SettingsConfigDict(
        env_prefix="DETENTION_", env_file=".env", frozen=True, extra="ignore", hide_input_in_errors=True
    )

    database_url: Annotated[
        str,
        Field(
            description="Where the register is kept: `sqlite:///FILE` or `postgresql://USER:PASSWORD@HOST/NAME`.",
            examples=["sqlite:///detention.db", "postgresql://detention@localhost/detention"],
        ),
    ] = "sqlite:///detention.db"
    host: Annotated[str, Field(description="The address `detention serve` listens on.")] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535, description="The port `detention serve` listens on.")] = 8000
    workers: Annotated[int, Field(ge=1, le=64, description="Server processes; one per core serves best.")] = 1
    register_name: Annotated[
        str, Field(min_length=1, max_length=200, description="The name shown on `/` and in `GET /v1`.")
    ] = "Detention Facility Data"
    licence_name: Annotated[str, Field(description="The licence of the register's own records, as people name it.")] = (
        "CC BY 4.0"
    )
    licence_url: Annotated[str, Field(description="Where that licence can be read.")] = (
        "https://creativecommons.org/licenses/by/4.0/"
    )
    public_url: Annotated[
        str | None,
        Field(
            pattern=r"^https?://[^\s?#]+[^\s?#/]$",
            description="The address that readers know this server by, without a slash at the end: citations and "
            "permalinks begin with it. Without it they begin with `/`.",
            examples=["https://detention.example.org"],
        ),
    ] = None
    security_contact: Annotated[
        str | None,
        Field(
            pattern=r"^(mailto:|https://|tel:)",
            description="Whom to tell of a weakness, for `/.well-known/security.txt`; without it there is none.",
            examples=["mailto:security@register.example"],
        ),
    ] = None
    max_body_bytes: Annotated[
        int, Field(ge=1024, description="The largest request body taken, in bytes; more is a 413.")
    ] = 1_048_576
    max_import_bytes: Annotated[
        int, Field(ge=1024, description="The largest body that `POST /v1/imports` takes, in bytes; more is a 413.")
    ] = 268_435_456
    cors_origins: Annotated[
        list[str],
        Field(
            description="Sites whose pages may ask this server from a browser, as a JSON list; `*` is every site.",
            examples=[["https://dashboard.example"]],
        ),
    ] = ["*"]
    read_seconds: Annotated[
        float,
        Field(gt=0, le=600, description="How long one read may take, in seconds, before it is given up with a 503."),
    ] = 5.0
    exports_at_once: Annotated[
        int,
        Field(ge=1, le=100, description="How many whole sets (`format=csv` ...) each server process gives at once."),
    ] = 4
    export_seconds: Annotated[
        float, Field(gt=0, le=86_400, description="How long one of them may take, in seconds, before it breaks off.")
    ] = 600.0
    kept_export_bytes: Annotated[
        int,
        Field(
            ge=0,
            description="Bytes of disk each server process keeps exports of pinned revisions in, for ten "
            "minutes, so that they can be read in parts; 0 keeps none.",
        ),
    ] = 268_435_456
    cache_bytes: Annotated[
        int, Field(ge=0, description="Bytes of answers each server process keeps to give again; 0 keeps none.")
    ] = 67_108_864
    group_commit: Annotated[
        bool,
        Field(description="Whether writes that wait at the same moment share a commit; else each has one of its own."),
    ] = True
    requests_per_minute: Annotated[
        int, Field(ge=0, description="Requests a minute of one address without a key; more is a 429. 0 is no limit.")
    ] = 6000
    key_requests_per_minute: Annotated[
        int, Field(ge=0, description="Requests a minute with one key; more is a 429. 0 is no limit.")
    ] = 12_000
    wrong_keys_per_minute: Annotated[
        int,
        Field(ge=0, description="Wrong keys a minute of one address; then any key of it is a 429. 0 is no limit."),
    ] = 5
    redis_url: Annotated[
        str | None,
        Field(
            pattern=r"^rediss?://",
            description="Where server processes count requests together; without it each counts for itself.",
            examples=["redis://localhost:6379/0"],
        ),
    ] = None
    trusted_proxies: Annotated[
        list[str],
        Field(
            description="Addresses or networks of proxies whose `X-Forwarded-For` is believed, as a JSON list.",
            examples=[["127.0.0.1", "10.0.0.0/8"]],
        ),
    ] = ["127.0.0.1"]
    log_requests: Annotated[
        bool, Field(description="Whether each request is a line of the log, JSON on stderr, without query and body.")
    ] = True
    log_key: Annotated[
        Annotated[str, AfterValidator(_signing)] | None,
        Field(
            repr=False,
            pattern=r"^PRIVATE\+KEY\+[^+\s]+\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}$",
            description="The private key that signs checkpoints of the log, as `detention keys signer` makes it.",
            examples=["PRIVATE+KEY+register.example+5b2b0c9c+AYEK..."],
        ),
    ] = None
    removals_file: Annotated[
        Path | None,
        Field(
            description="A file outside the database in which `detention redact` lists what was removed; `detention "
            "restore` removes it again from an older backup.",
            examples=["/var/lib/detention/removals.ndjson"],
        ),
    ] = None
    pool_size: Annotated[
        int, Field(ge=1, le=100, description="PostgreSQL connections each server process reads with.")
    ] = 8


@lru_cache
def settings() -> Settings:
    """The settings of this process."""
    return Settings()
