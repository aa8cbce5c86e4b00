"""A database on another machine has to prove its name before patients' words go there."""

import logging

import pytest

from service.cli import startup
from service.config import Config
from service.config_checks import speaks_openly
from service.environment import BadConfig
from tests.conftest import MASTER_KEYS, SECRET

ELSEWHERE = "postgresql://waymark:hunter-two@db.harbor.example/waymark"


@pytest.fixture(autouse=True)
def no_places_of_libpq(monkeypatch):
    for name in ("PGHOST", "PGHOSTADDR", "PGSERVICE"):
        monkeypatch.delenv(name, raising=False)


def config(url, **env):
    secrets = {"SECRET_KEY": SECRET, "MASTER_KEYS": MASTER_KEYS}
    return Config.from_env({**secrets, "DATABASE_URL": url, **env})


@pytest.mark.parametrize(
    "url",
    [
        ELSEWHERE, f"{ELSEWHERE}?sslmode=disable", f"{ELSEWHERE}?sslmode=prefer",
        f"{ELSEWHERE}?sslmode=require", f"{ELSEWHERE}?sslmode=verify-ca",
        f"{ELSEWHERE}?sslmode=verify-full&sslmode=disable",
        "postgres://waymark@10.0.0.7/waymark", "postgresql://waymark@[2001:db8::7]:5433/waymark",
        "postgresql://waymark@/waymark?host=db.harbor.example",
        "postgresql://waymark@/waymark?host=localhost&host=db.harbor.example:5433",
        "postgresql://waymark@/waymark?host=/run/postgresql,db.harbor.example",
        "postgresql://waymark@localhost/waymark?hostaddr=10.0.0.7",
        "postgresql://waymark@localhost.harbor.example/waymark",
        "postgresql://waymark@/waymark?service=harbor",
    ],
)  # fmt: skip
def test_s50_a_start_without_proof_of_the_databases_name_is_refused(url):
    with pytest.raises(BadConfig, match="DATABASE_URL") as refused:
        config(url)
    assert "sslmode=verify-full" in str(refused.value)
    assert not any(word in str(refused.value) for word in ("harbor", "hunter", "10.0.0.7"))


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:///waymark.sqlite", f"{ELSEWHERE}?sslmode=verify-full",
        f"{ELSEWHERE}?sslmode=verify-full&sslrootcert=/etc/waymark/ca.pem",
        "postgresql://waymark@127.0.0.1:5433/waymark", "postgresql://waymark@localhost/waymark",
        "postgresql://waymark@[::1]/waymark", "postgresql://waymark@/waymark",
        "postgresql://waymark@/waymark?host=/run/postgresql",
        "postgresql://waymark@/waymark?host=localhost:5433",
    ],
)  # fmt: skip
def test_s50_a_database_that_is_here_or_proves_its_name_is_spoken_to(url):
    assert not speaks_openly(config(url).SQLALCHEMY_DATABASE_URI)


@pytest.mark.parametrize("name", ["PGHOST", "PGHOSTADDR", "PGSERVICE"])
def test_s50_what_libpq_reads_beside_the_address_counts(monkeypatch, name):
    monkeypatch.setenv(name, "10.0.0.7")
    with pytest.raises(BadConfig, match="DATABASE_URL"):
        config("postgresql://waymark@/waymark")


def test_s50_a_site_may_say_no_and_its_log_says_so_at_every_start(app, caplog, monkeypatch):
    caplog.set_level(logging.WARNING)
    startup.warn_of_open_lines(app)
    assert caplog.text == ""

    open_line = config(ELSEWHERE, DATABASE_TLS="off").SQLALCHEMY_DATABASE_URI
    monkeypatch.setitem(app.config, "SQLALCHEMY_DATABASE_URI", open_line)
    startup.warn_of_open_lines(app)

    assert "DATABASE_TLS is off" in caplog.text
    assert "harbor" not in caplog.text
