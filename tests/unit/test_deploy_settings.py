"""`[tool.nbstage.deploy]`, and Caddy's settings that come of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nbstage.config import parse_settings
from nbstage.deploy.nouns import Site
from nbstage.deploy.proxy import settings
from nbstage.deploy.template import filled
from nbstage.deploy_settings import Target, target_at
from nbstage.errors import UserError


def targets(text: str) -> dict[str, Target]:
    return parse_settings(text).deploy.targets


def test_a_target_is_a_folder_here_or_there_or_a_command() -> None:
    found = targets(
        """
[tool.nbstage.deploy.targets.staging]
to = "local:/srv/model"
address = ":80"
workers = 3
[tool.nbstage.deploy.targets.production]
to = "ssh://me@host:2222/srv/model"
program = "/srv/venv/bin/nbstage"
[tool.nbstage.deploy.targets.image]
command = ["podman", "build", "{bundle}"]
"""
    )
    assert found["staging"] == Target("staging", "/srv/model", address=":80", workers=3)
    there = Target("production", "/srv/model", "me@host", 2222, program="/srv/venv/bin/nbstage")
    assert found["production"] == there
    assert found["image"].command == ("podman", "build", "{bundle}")


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        ('to = "/srv/x"', "'/srv/x' is none such as 'local:/srv/churn'"),
        ('to = "local:"', "is none such as"),
        ('to = "ssh://-oProxyCommand=reboot/srv"', "is none such as"),
        ('to = "ssh://host/srv; reboot"', "is none such as"),
        ('to = "ssh://host"', "is none such as"),
        ('to = "ssh://h/x"\nprogram = "a b"', "program: 'a b' is none such as"),
        ('to = "ssh://h/x"\nprogram = "-x"', "program: '-x' is none such as"),
        ('to = "local:x"\naddress = "8000"', "address: '8000' is none such as ':8000'"),
        ('to = "local:x"\nworkers = 1.5', "workers must be a whole number from 1 to 256"),
        ('to = "local:x"\nlatency = 0', "latency must be more than 0 seconds"),
        ('to = "local:x"\ncommand = ["a"]', "must have 'to', or else 'command'"),
        ("", "must have 'to', or else 'command'"),
        ('to = "local:x"\nport = 1', "has no key 'port'"),
    ],
)
def test_a_mistake_in_a_target_is_said(table: str, fault: str) -> None:
    with pytest.raises(UserError) as caught:
        targets(f"[tool.nbstage.deploy.targets.here]\n{table}\n")
    assert fault in caught.value.message


def test_a_target_is_called_like_a_word() -> None:
    with pytest.raises(UserError, match="a target is called like 'staging'"):
        targets('[tool.nbstage.deploy.targets."a b"]\nto = "local:x"\n')


def test_a_target_may_be_written_out() -> None:
    assert target_at("local:/srv/model") == Target("", "/srv/model")
    assert target_at("ssh://host/srv") == Target("", "/srv", "host")
    assert target_at("ssh://-o/srv") is None
    assert target_at("staging") is None


def test_a_command_gets_its_places_filled_as_they_are() -> None:
    command = ("build", "--tag", "churn:{version}", "{bundle}", "{other}")
    words = filled(command, "/tmp/a b; c", "churn", "v1.0.0")
    assert words == ["build", "--tag", "churn:v1.0.0", "/tmp/a b; c", "{other}"]


def test_caddys_settings_are_the_same_whatever_version_serves() -> None:
    site = Site(Path("/srv/model"), "127.0.0.1:8001")
    server = json.loads(json.dumps(settings(site)))["apps"]["http"]["servers"]["model"]
    assert server["listen"] == ["127.0.0.1:8001"]
    ((proxy,),) = (route["handle"] for route in server["routes"])
    dials = [one["dial"] for one in proxy["upstreams"]]
    assert (len(dials), dials[7]) == (100, "unix//srv/model/run/now/07")


def test_caddy_is_told_what_to_do_by_a_socket_that_only_its_user_can_open() -> None:
    told = json.loads(json.dumps(settings(Site(Path("/srv/model")))))
    assert told["admin"]["listen"] == "unix//srv/model/run/caddy.sock"
