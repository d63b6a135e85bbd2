"""Every command as its users have it: a process of its own, of a wheel that is installed away from any checkout.

What goes well is read; what a user can get wrong is one sentence and exit code 2, or 1 where the register or a file was
looked at and is at fault. A command that no test here calls fails the last one.
"""

import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import venv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from sysconfig import get_path

import httpx2
import psycopg
import pytest
from sqlalchemy import Connection, make_url

from app.cli.failures import failure_of
from app.database.engines import write_engine
from tests.conftest import Databases
from tools.docs import pages as documentation

ROOT = Path(__file__).parents[2]
COMMANDS = dict(documentation.commands())
# A command is a process from an installed wheel, and there are hundreds.
pytestmark = pytest.mark.slow
FORMATS = ("json", "csv", "ndjson", "geojson", "xlsx", "parquet", "native")


@dataclass
class Installed:
    """The command of an installed wheel, called in a folder of the test's own."""

    program: Path
    folder: Path
    settings: dict[str, str] = field(default_factory=dict)

    def environment(self) -> dict[str, str]:
        """The caller's environment, without its settings and the way to a checkout."""
        stored = {name: value for name, value in os.environ.items() if not name.startswith(("DETENTION_", "PYTHON"))}
        return stored | self.settings

    def run(self, *words: object, lines: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
        """What a command did that was sent some lines on its standard input."""
        return subprocess.run(
            [str(self.program), *map(str, words)],
            cwd=self.folder,
            env=self.environment(),
            input="".join(f"{line}\n" for line in lines),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def done(self, *words: object, lines: Sequence[str] = ()) -> str:
        """What a command printed that must go well."""
        ended = self.run(*words, lines=lines)
        assert (ended.returncode, "Traceback" in ended.stderr) == (0, False), ended.stderr
        return ended.stdout

    def refused(self, *words: object, code: int = 2) -> str:
        """What a command told that must not go well."""
        ended = self.run(*words)
        assert (ended.returncode, "Traceback" in ended.stderr) == (code, False), ended.stderr
        assert ended.stdout == ""
        return ended.stderr


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`detention`, installed from a wheel; it shares the libraries of this environment, and not its checkout."""
    folder = tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    build = [*pip, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    venv.create(folder / "venv", symlinks=True)
    python = folder / "venv" / "bin" / "python"
    (wheel,) = folder.glob("*.whl")
    subprocess.run(
        [*pip, "--python", str(python), "install", "--no-deps", "--no-index", str(wheel)],
        check=True,
        capture_output=True,
    )
    (site,) = (folder / "venv").glob("lib/python*/site-packages")
    # Not a .pth file: it would bring in the libraries' own .pth files, and the editable install is one of them.
    started = f"import sys\nsys.path.append({get_path('purelib')!r})\n"
    (site / "sitecustomize.py").write_text(started, "utf-8")
    query = subprocess.run(
        [str(python), "-c", "import app.cli; print(app.cli.__file__)"],
        cwd=folder, check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert Path(query.stdout.strip()).is_relative_to(folder), "the tests call the checkout, not the wheel"
    return folder / "venv" / "bin" / "detention"


@pytest.fixture
def bare(program: Path, tmp_path: Path) -> Installed:
    """The command in an empty folder, without a database."""
    return Installed(program, tmp_path)


@pytest.fixture
def detention(bare: Installed, databases: Databases) -> Installed:
    """The command over a register that holds the reference event, on either engine."""
    bare.settings["DETENTION_DATABASE_URL"] = databases.with_reference()
    return bare


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Databases:
    """Databases of the embedded engine, for what is wrong before an engine is asked anything."""
    return Databases("sqlite", tmp_path_factory.mktemp("embedded"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


# --- what goes well ----------------------------------------------------------------------------------------------


@pytest.fixture
def serving(bare: Installed) -> Iterator[Callable[..., tuple[subprocess.Popen[str], str]]]:
    """Start servers, and stop those that still run."""
    started: list[subprocess.Popen[str]] = []

    def start(*words: str) -> tuple[subprocess.Popen[str], str]:
        process = subprocess.Popen(
            [str(bare.program), "serve", "--port", "0", *words],
            cwd=bare.folder, env=bare.environment(), stdout=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip
        started.append(process)
        assert process.stdout is not None
        answer = next(line for line in process.stdout if line.startswith("Serving on "))
        return process, answer.split()[2]

    yield start
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


@pytest.mark.parametrize("workers", [1, 2])
def test_serve_answers_and_stops(
    bare: Installed, serving: Callable[..., tuple[subprocess.Popen[str], str]], workers: int
) -> None:
    process, address = serving("--migrate", "--reference", "--workers", str(workers))
    answer = httpx2.get(f"{address}/v1", timeout=60)
    assert answer.json()["counts"]["facilities"] == 5
    assert json.loads(bare.done("health", "--port", address.rpartition(":")[2])) == {"status": "ok"}
    process.terminate()
    assert process.wait(60) in {0, -signal.SIGTERM}


def test_several_servers_that_migrate_first_all_serve(
    bare: Installed, databases: Databases, serving: Callable[..., tuple[subprocess.Popen[str], str]]
) -> None:
    """Containers of one release start at once over an empty database."""
    bare.settings["DETENTION_DATABASE_URL"] = databases.bare()
    words = [str(bare.program), "migrate"]
    migrations = [subprocess.Popen(words, cwd=bare.folder, env=bare.environment()) for _ in range(2)]
    addresses = [serving("--migrate")[1] for _ in range(2)]
    assert [httpx2.get(f"{address}/readyz", timeout=60).json() for address in addresses] == [{"status": "ok"}] * 2
    assert [process.wait(120) for process in migrations] == [0, 0]


def test_health_does_not_load_the_application(bare: Installed) -> None:
    """It is asked every few seconds, by whatever watches a container."""
    script = (
        "import sys\nfrom app.cli.commands import main\n"
        "main(['health', '--port', '1'], standalone_mode=False)\n"
        "print([name for name in ('fastapi', 'sqlalchemy', 'app.http.application') if name in sys.modules])"
    )
    ended = subprocess.run(
        [str(bare.program.with_name("python")), "-c", script],
        cwd=bare.folder, env=bare.environment(), capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert (ended.stdout, ended.stderr.startswith("not ready: ")) == ("[]\n", True)


def test_a_doctor_says_what_is_wrong_in_words(bare: Installed, databases: Databases) -> None:
    assert bare.done("--version") == f"{version('detention-facility-data-api')}\n"
    bare.settings["DETENTION_DATABASE_URL"] = databases.bare()
    never = "wrong  schema: The database holds no register of this version: run `detention migrate`.\n"
    ended = bare.run("doctor")
    assert (ended.returncode, ended.stderr) == (1, never)
    bare.settings["DETENTION_DATABASE_URL"] = url = databases.empty()
    bare.done("keys", "create", "a desk", "--scope", "write", "--label", "Desk A", "--expires", "3")
    well = bare.done("doctor").splitlines()
    assert [line for line in well if line.startswith("wrong")] == []
    assert "ok     schema: as this software writes it" in well
    assert "ok     history: every guard is in its place, no revision is missing" in well
    assert [line.partition(" expires at ")[0] for line in well if " expires " in line] == [
        "mind   keys: that of 'Desk A'"
    ]
    engine = write_engine(url)
    with engine.begin() as connection:
        table = " ON figure" if engine.dialect.name == "postgresql" else ""
        name = next(name for about, name in triggers(connection) if about == "figure")
        connection.exec_driver_sql(f"DROP TRIGGER {name}{table}")
    engine.dispose()
    found = bare.run("doctor")
    assert (found.returncode, "wrong  history: " in found.stderr, name in found.stderr) == (1, True, True)
    bare.settings |= {"DETENTION_HOST": "0.0.0.0", "DETENTION_REQUESTS_PER_MINUTE": "0"}  # noqa: S104
    assert "put a proxy with TLS in front, and set the limits" in bare.run("doctor").stdout


def triggers(connection: Connection) -> list[tuple[str, str]]:
    """The tables and names of a database's triggers."""
    query = (
        "SELECT tbl_name, name FROM sqlite_master WHERE type = 'trigger'"
        if connection.dialect.name == "sqlite"
        else "SELECT event_object_table, trigger_name FROM information_schema.triggers"
    )
    return [(about, name) for about, name in connection.exec_driver_sql(f"{query} ORDER BY 1, 2")]


def test_from_an_empty_folder_to_an_export(bare: Installed) -> None:
    assert bare.done("migrate") == "The schema is at head.\n"
    assert bare.done("migrate", "-1") == "The schema is at -1.\n"
    bare.done("migrate")
    assert bare.done("import", "reference") == "143 created: revision 1.\n"
    bare.done("export", "all", "--out", "all.ndjson")
    assert "unchanged" in bare.done("import", "all.ndjson")
    assert bare.done("verify") == "Every record is as its rows say.\n"


@pytest.mark.parametrize("form", FORMATS)
def test_export_writes_every_format(detention: Installed, form: str) -> None:
    detention.done("export", "facilities", "--format", form, "--out", "out")
    content = (detention.folder / "out").read_bytes()
    assert content.startswith({"xlsx": b"PK", "parquet": b"PAR1", "csv": b"id,slug"}.get(form, b"{"))
    assert (b"al-sina-prison" in content) or form == "xlsx"
    assert [path.name for path in detention.folder.iterdir()] == ["out"]


def test_a_table_is_mapped_and_imported(detention: Installed) -> None:
    (detention.folder / "places.csv").write_text("id,name,country\n1,North Camp,SYR\n2,South Camp,XXX\n", "utf-8")
    detention.done("mapping", "draft", "places.csv", "--out", "places.yaml")
    assert (detention.folder / "places.yaml").read_text("utf-8").startswith("about:")
    shipped = [line.partition(":")[0] for line in detention.done("mapping", "list").splitlines()]
    assert "records:" in detention.done("mapping", "show", shipped[0])
    words = ("import", "places.csv", "--mapping", "places.yaml")
    output = detention.refused(*words, "--dry-run", code=1)
    assert "places.yaml:13: records.source.fields.publisher: this is still to be filled in\n" in output
    draft = (detention.folder / "places.yaml").read_text("utf-8")
    (detention.folder / "places.yaml").write_text(draft.replace("TO DO", "the ministry"), "utf-8")
    detention.done(*words)
    assert "north-camp" in detention.done("export", "facilities", "--format", "csv")
    with (detention.folder / "places.csv").open("a", encoding="utf-8") as file:
        file.write("3,,SYR\n")
    rejected = detention.run(*words)
    assert (rejected.returncode, "places.csv:4" in rejected.stdout) == (3, True), rejected.stdout + rejected.stderr


def test_keys_are_made_listed_and_revoked(detention: Installed) -> None:
    key = detention.done("keys", "create", "A. Editor", "--scope", "write").splitlines()[-1]
    assert key.startswith("dfk_")
    assert "A. Editor" in detention.done("keys", "list")
    assert detention.done("keys", "revoke", "A. Editor") == "Revoked.\n"
    assert detention.refused("keys", "revoke", "A. Editor", code=1) == "There is no such key that still works.\n"
    for _ in range(2):
        detention.done("keys", "create", "Of two", "--scope", "write")
    assert detention.done("keys", "revoke", "Of two") == "Revoked 2 keys of that name.\n"


def test_a_signer_is_made(bare: Installed) -> None:
    output = bare.done("keys", "signer", "register.example").splitlines()
    assert output[0] == "Publish this, so that anybody can check a checkpoint:"
    assert re.fullmatch(r"register\.example\+[0-9a-f]{8}\+\S+", output[1])
    assert output[3].startswith("PRIVATE+KEY+register.example+")
    assert bare.refused("keys", "signer", "two words").startswith("'two words' cannot be the name: ")
    assert list(bare.folder.iterdir()) == []


def test_what_is_removed_is_removed_again_after_a_restore(detention: Installed) -> None:
    keys = [
        detention.done("keys", "create", name, "--scope", "admin", "--label", name).splitlines()[-1]
        for name in ("Ann", "Bo")
    ]
    output = detention.done("backup", "register.db")
    assert output.startswith("The backup register.db holds the register up to revision 1, recorded at ")
    detention.settings["DETENTION_REMOVALS_FILE"] = "removals.ndjson"
    why = ("--reason-code", "safety", "--reason", "Somebody could be found.")
    output = detention.done("redact", "claims", "boys-held-with-militants-for-years", *why, lines=keys)
    assert output == "Removed in revision 2. Backups made before hold it still.\n"
    detention.settings["DETENTION_DATABASE_URL"] = "sqlite:///again.db"
    output = detention.done("restore", "register.db")
    assert output.startswith(
        "1 records were removed again, as removals.ndjson lists them.\nThe database holds the register"
    )
    assert "boys-held-with-militants" not in detention.done("export", "claims", "--format", "csv")
    assert "is there already" in detention.refused("backup", "register.db")


def test_facilities_are_merged_and_split(detention: Installed) -> None:
    (detention.folder / "twin.yaml").write_text(
        "- {collection: facilities, slug: al-sina-twin, level: facility, name: Twin}\n", "utf-8"
    )
    detention.done("import", "twin.yaml")
    output = detention.done("facilities", "merge", "al-sina-twin", "al-sina-prison", "--reason", "the same place")
    assert output == "al-sina-twin was merged into al-sina-prison: revision 3.\n"
    output = detention.done("facilities", "split", "al-sina-twin", "--reason", "not the same place")
    assert output == "al-sina-twin is a record of its own again: revision 4.\n"
    detention.done("verify")


def test_actors_and_sources_are_merged_and_split(detention: Installed) -> None:
    (detention.folder / "twins.yaml").write_text(
        "- {collection: actors, slug: sdf-twin, kind: ngo, name: Twin}\n"
        "- {collection: sources, slug: lister-twin, kind: dataset, publisher: P, title: Twin}\n",
        "utf-8",
    )
    detention.done("import", "twins.yaml")
    why = ("--reason", "the same")
    output = detention.done("actors", "merge", "sdf-twin", "sdf", *why)
    assert output == "sdf-twin was merged into sdf: revision 3.\n"
    output = detention.done("sources", "merge", "lister-twin", "lister-mei-2022-01-24", *why)
    assert output == "lister-twin was merged into lister-mei-2022-01-24: revision 4.\n"
    assert "of its own again: revision 5." in detention.done("sources", "split", "lister-twin", *why)
    assert "of its own again: revision 6." in detention.done("actors", "split", "sdf-twin", *why)
    detention.done("verify")


def test_openapi_and_bench_need_no_register(bare: Installed) -> None:
    assert json.loads(bare.done("openapi"))["openapi"].startswith("3.")
    assert "Names of benchmarks" in bare.done("bench", "--help")
    assert list(bare.folder.iterdir()) == []


# --- what can be got wrong ---------------------------------------------------------------------------------------


def one_line(message: str) -> str:
    """A sentence, without the box that the command line draws around what is wrong with its words."""
    return " ".join(re.sub(r"[│╭╮╰╯─]", " ", message).split())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"DETENTION_PORT": "abc"}, "DETENTION_PORT: it must be a whole number"),
        ({"DETENTION_WORKERS": "0"}, "DETENTION_WORKERS: it must be 1 or more"),
        # Well spelled, but the checksum is another key's.
        (
            {"DETENTION_LOG_KEY": f"PRIVATE+KEY+a+5b2b0c9c+{'A' * 44}"},
            "DETENTION_LOG_KEY: not the private key of a signer",
        ),
        ({"DETENTION_CORS_ORIGINS": "x"}, "DETENTION_CORS_ORIGINS: it is not JSON."),
        ({"DETENTION_DATABASE_URL": "nonsense"}, "DETENTION_DATABASE_URL: it is no address of a database"),
        ({"DETENTION_DATABASE_URL": "postgresql://u:p@h:port/d"}, "it is no address of a database"),
        ({"DETENTION_DATABASE_URL": "mysql://u@h/d"}, "'mysql' is not an engine of this register"),
        ({"DETENTION_DATABASE_URL": "sqlite:////missing/folder/x.db"}, "/missing/folder"),
        ({"DETENTION_DATABASE_URL": "sqlite:////"}, "it cannot be opened"),
        ({"DETENTION_DATABASE_URL": "sqlite:///damaged.db"}, "it is not a SQLite file"),
        ({"DETENTION_DATABASE_URL": "postgresql://u:secret@127.0.0.1:1/d"}, "Connection refused"),
        ({"DETENTION_DATABASE_URL": "postgresql://u:secret@nowhere.invalid/d"}, "nowhere.invalid"),
    ],
)
@pytest.mark.parametrize("command", [["migrate"], ["serve", "--port", "0"]], ids=" ".join)
def test_a_setting_that_cannot_be_used_is_told(
    bare: Installed, command: list[str], settings: dict[str, str], message: str
) -> None:
    (bare.folder / "damaged.db").write_bytes(b"no database " * 1000)
    bare.settings |= settings
    said = bare.refused(*command)
    assert message in said
    assert said.count("\n") == 1
    assert "secret" not in said


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("serve --port 70000", "Invalid value for '--port'"),
        ("serve --workers 0", "Invalid value for '--workers'"),
        ("serve --host 300.1.1.1", "cannot be listened on"),
        ("migrate foo", "'foo' is not a version of the schema"),
        ("migrate base", "Make a backup, then say --discard."),
        ("export figures --out x.pdf", "'.pdf' is not a format of figures."),
        ("export all --out x.pdf", "'.pdf' is not a format of all."),
        ("export figures --out missing/x.csv", "missing/x.csv.part: no such file or directory."),
        ("export figures --out /proc/x.csv", "/proc/x.csv.part: "),
        ("export figures --out .", "is a folder; name a file."),
        ("export figures --where x", "is no parameter of a list"),
        ("import x.csv --mapping guantanamo --report missing/x.json", "missing/x.json: no such file or directory."),
        ("mapping show foo", "'foo' is not a shipped mapping."),
        ("mapping draft places.csv --out missing/x.yaml", "missing/x.yaml: no such file or directory."),
        ("keys create x --scope foo", "'foo' is not a scope"),
        ("keys create x --scope write --expires 0", "Invalid value for '--expires'"),
        ("keys create x --scope write --expires 99999999", "Invalid value for '--expires'"),
        ("health --port 70000", "Invalid value for '--port'"),
        ("bench nope", "The benchmarks come with the source code"),
        ("facilities merge a b", "Missing option '--reason'"),
        ("nope", "No such command 'nope'."),
    ],
)
def test_a_command_that_is_misused_says_so(bare: Installed, embedded: Databases, command: str, message: str) -> None:
    bare.settings["DETENTION_DATABASE_URL"] = embedded.with_reference()
    (bare.folder / "places.csv").write_text("id,name\n1,North Camp\n", "utf-8")
    assert message in one_line(bare.refused(*command.split()))
    assert [path.name for path in bare.folder.iterdir()] == ["places.csv"]


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("import missing.yaml", "the file cannot be read"),
        ("import folder.yaml", "the file cannot be read"),
        ("import binary.yaml", "the file is not UTF-8 text"),
        ("import binary.ndjson", "the file is not UTF-8 text"),
        ("import missing.csv --mapping guantanamo", "missing.csv"),
        ("import binary.xlsx --mapping guantanamo", "binary.xlsx"),
        ("import binary.yaml --mapping nope", "'nope' is not a shipped mapping."),
        ("import binary.csv --mapping missing.yaml", "there is no such mapping file"),
        ("import binary.csv --mapping binary.yaml", "the mapping cannot be read"),
        ("mapping draft missing.csv", "missing.csv: there is no such file"),
        ("mapping draft .", ".: it is a folder; name the files in it"),
        ("mapping draft binary.xlsx", "the file is not an XLSX workbook"),
        ("facilities merge nowhere al-sina-prison --reason x", "There is no facility with that key."),
        ("facilities split nowhere --reason x", "No facility called 'nowhere' was merged into another."),
        ("export figures --where nope=1", "'nope' is not a parameter here."),
        ("health --port 1", "not ready"),
    ],
)
def test_a_file_or_a_record_at_fault_is_told(bare: Installed, embedded: Databases, command: str, message: str) -> None:
    bare.settings["DETENTION_DATABASE_URL"] = embedded.with_reference()
    (bare.folder / "folder.yaml").mkdir()
    for ending in ("yaml", "ndjson", "csv", "xlsx"):
        (bare.folder / f"binary.{ending}").write_bytes(bytes(range(128, 256)) * 40)
    assert message in bare.refused(*command.split(), code=1)


def test_a_taken_port_is_told_before_anything_is_done(bare: Installed) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        output = bare.refused("serve", "--migrate", "--port", port)
    assert output == f"Port {port} of 127.0.0.1 cannot be listened on: Address already in use.\n"
    assert list(bare.folder.iterdir()) == []


@pytest.mark.parametrize("command", ["serve --port 0", "verify", "export figures", "keys list", "import reference"])
def test_a_database_without_a_schema_is_told(bare: Installed, databases: Databases, command: str) -> None:
    bare.settings["DETENTION_DATABASE_URL"] = databases.bare()
    output = bare.refused(*command.split())
    assert output == "The database holds no register of this version: run `detention migrate`.\n"


def test_a_database_of_newer_software_is_told(bare: Installed, databases: Databases) -> None:
    url = bare.settings["DETENTION_DATABASE_URL"] = databases.empty()
    if databases.engine == "sqlite":
        with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
            connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.close()
    else:
        with psycopg.connect(_plain(url)) as other:
            other.execute("UPDATE alembic_version SET version_num = '9999'")
    output = bare.refused("migrate")
    assert output.startswith("The database is at version 9999 of the schema, which this software does not know")


def test_a_database_that_may_only_be_read_is_told(bare: Installed, databases: Databases) -> None:
    url = databases.with_reference()
    if databases.engine == "sqlite":
        url = f"sqlite:///file:{url.removeprefix('sqlite:///')}?mode=ro&uri=true"
    else:
        name = make_url(url).database
        with psycopg.connect(_plain(url), autocommit=True) as owner:
            owner.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    bare.settings["DETENTION_DATABASE_URL"] = url
    output = bare.refused("keys", "create", "x", "--scope", "write")
    assert output.endswith("cannot be used: it can be read only.\n")


def test_a_login_that_is_refused_is_told(bare: Installed, databases: Databases) -> None:
    if databases.engine == "sqlite":
        pytest.skip("a file has no login")
    url = make_url(databases.empty())
    nobody = url.set(username="nobody_here", password="secret", drivername="postgresql")
    bare.settings["DETENTION_DATABASE_URL"] = nobody.render_as_string(hide_password=False)
    output = bare.refused("migrate")
    assert "nobody_here" in output
    assert "secret" not in output
    nowhere = url.set(database="no_such_database").render_as_string(hide_password=False)
    bare.settings["DETENTION_DATABASE_URL"] = nowhere
    assert '"no_such_database" does not exist' in bare.refused("verify")


def test_a_busy_database_is_no_import_with_rejected_rows(tmp_path: Path) -> None:
    first, second = (sqlite3.connect(tmp_path / "x.db", timeout=0, isolation_level=None) for _ in range(2))
    first.execute("BEGIN IMMEDIATE")
    with pytest.raises(sqlite3.OperationalError) as refused:
        second.execute("BEGIN IMMEDIATE")
    first.close()
    second.close()
    failure = failure_of(refused.value)
    assert failure is not None
    assert (failure.code, len(failure.lines)) == (2, 1)
    assert failure.lines[0].endswith("another process is writing to it; try again.")


def test_a_fault_of_ours_keeps_its_traceback() -> None:
    assert failure_of(KeyError("nobody foresaw it")) is None
    with sqlite3.connect(":memory:") as connection, pytest.raises(sqlite3.OperationalError) as wrong:
        connection.execute("SELECT nothing FROM nowhere")
    connection.close()
    assert failure_of(wrong.value) is None


def _plain(url: str) -> str:
    """A database's address as its driver takes it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def test_every_command_is_called_here() -> None:
    """Read from the tests' own text, so that it holds whichever of them were run."""
    written = Path(__file__).read_text("utf-8")
    spoken = {name for name in COMMANDS if re.search(_spelt(name), written)}
    assert set(COMMANDS) - spoken == set()


def _spelt(command: str) -> str:
    """A command's words as the tests above write them: in one text, or each in a text of its own."""
    return '"' + '(?:", "| )'.join(command.split()[1:]) + r'["\s]'
