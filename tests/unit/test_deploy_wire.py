"""What two machines say to each other in a deployment."""

from __future__ import annotations

import io
import json
import tarfile
from dataclasses import asdict
from pathlib import Path

import pytest

from nbstage.bundle import open_bundle
from nbstage.deploy.fulfil import receive
from nbstage.deploy.nouns import Check, Deployed, Differing, Failed, Shadowed, Share, Site
from nbstage.deploy.wire import (
    Reply,
    Request,
    as_line,
    read_bundle,
    read_reply,
    read_request,
    write_request,
)
from nbstage.errors import UserError
from tests.deploying import paper_bundle

REQUEST = Request("deploy", Site(Path("/srv/model"), ":80", "churn", 2, 0.5), "ada@laptop", 7.0)


def test_a_request_arrives_with_its_bundle(tmp_path: Path) -> None:
    bundle = paper_bundle(tmp_path / "bundle")
    sent = io.BytesIO()
    write_request(REQUEST, bundle, sent)
    sent.seek(0)
    assert read_request(sent) == REQUEST
    read_bundle(sent, tmp_path / "arrived")
    arrived = asdict(open_bundle(tmp_path / "arrived"))
    assert arrived == asdict(bundle) | {"folder": tmp_path / "arrived"}


@pytest.mark.parametrize("text", [b"", b"{}\n", b"[1]\n", b'{"format": 1}\n', b"\xff\n", b"7\n"])
def test_what_is_no_request_is_refused(text: bytes) -> None:
    with pytest.raises(UserError, match="this is no request of a deployment"):
        read_request(io.BytesIO(text))


def test_another_version_of_nbstage_is_refused() -> None:
    with pytest.raises(UserError, match="don't understand each other"):
        read_request(io.BytesIO(b'{"format": 2}\n'))


def test_a_bundle_that_arrives_in_part_is_refused(tmp_path: Path) -> None:
    sent = io.BytesIO()
    write_request(REQUEST, paper_bundle(tmp_path / "bundle"), sent)
    text = sent.getvalue()
    half = io.BytesIO(text[: text.index(b"\n") + 600])
    read_request(half)
    with pytest.raises(UserError, match="the bundle did not arrive"):
        read_bundle(half, tmp_path / "arrived")


@pytest.mark.parametrize("name", ["../out", "/tmp/nbstage-out", "a/../../out"])
def test_a_file_that_would_lie_elsewhere_is_refused(name: str, tmp_path: Path) -> None:
    sent = io.BytesIO()
    with tarfile.open(fileobj=sent, mode="w|") as tar:
        tar.addfile(tarfile.TarInfo(name), io.BytesIO())
    sent.seek(0)
    with pytest.raises(UserError, match="is no file of a bundle"):
        read_bundle(sent, tmp_path / "arrived")
    assert not (tmp_path / "out").exists()


def test_a_link_is_no_file_of_a_bundle(tmp_path: Path) -> None:
    sent = io.BytesIO()
    with tarfile.open(fileobj=sent, mode="w|") as tar:
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    sent.seek(0)
    with pytest.raises(UserError, match="is no file of a bundle"):
        read_bundle(sent, tmp_path / "arrived")


def test_a_reply_arrives_whatever_was_printed_before() -> None:
    checks = (Check("health", True, "ready"), Check("latency", False, "slow"))
    shares = (Share(10, 20, 1, 0.5),)
    done = Deployed("deployed", "churn", "v1", "v0", ":80", checks, shares, 1.5, notes=("a",))
    assert read_reply(f"a word of the shell's\n{as_line(Reply(done))}\n") == Reply(done)
    assert read_reply(as_line(Reply(checks=checks))) == Reply(checks=checks)
    fields = (Differing("score", 3, 0.5), Differing("class", 2))
    shade = Shadowed("churn", "v1", "v0", 60.0, checks, requests=9, rows=9, fields=fields)
    assert read_reply(as_line(Reply(shadowed=shade))) == Reply(shadowed=shade)


@pytest.mark.parametrize("kind", [Failed, UserError])
def test_what_was_raised_there_is_raised_here(kind: type[UserError]) -> None:
    with pytest.raises(UserError) as caught:
        read_reply(as_line(kind("it failed", "mend it")))
    assert type(caught.value) is kind
    assert (caught.value.message, caught.value.hint) == ("it failed", "mend it")


@pytest.mark.parametrize("text", ["", "Permission denied", "{}", '{"format": 1}', "[]", "7"])
def test_what_is_no_reply_is_none(text: str) -> None:
    assert read_reply(text) is None


def test_the_other_end_replies_also_to_what_it_cant_do() -> None:
    for text in (b"nonsense\n", json.dumps({"format": 9}).encode() + b"\n"):
        out = io.StringIO()
        receive(io.BytesIO(text), out)
        with pytest.raises(UserError):
            read_reply(out.getvalue())
