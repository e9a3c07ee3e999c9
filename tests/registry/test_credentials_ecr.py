"""Amazon ECR: AWS's own client, asked over loopback."""

import base64
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.registry.scripted_server import Asked, Reply, Server, scripted_server

from pratique.errors import Absent, Malformed, PratiqueError, Refused, Unreachable
from pratique.registry.credentials import Credentials
from pratique.registry.ecr import EcrCredentials

HOST = "123456789012.dkr.ecr.eu-central-1.amazonaws.com"
PASSWORD = "password-of-twelve-hours"


def given(lasts_seconds: float = 12 * 3600) -> Reply:
    token = base64.b64encode(f"AWS:{PASSWORD}".encode()).decode()
    data = {
        "authorizationToken": token,
        "expiresAt": time.time() + lasts_seconds,
        "proxyEndpoint": f"https://{HOST}",
    }
    return answer({"authorizationData": [data]})


def answer(body: object, status: int = 200) -> Reply:
    return Reply(status, (("Content-Type", "application/x-amz-json-1.1"),), json.dumps(body).encode())


class Aws:
    """The endpoint of a test; ``reply`` is what it says next."""

    def __init__(self) -> None:
        self.reply = given()
        self.server = Server("")

    def __call__(self, asked: Asked) -> Reply:
        return self.reply


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Aws]:
    pytest.importorskip("boto3", reason="the extra ecr is not installed: boto3 is missing")
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    script = Aws()
    with scripted_server(script) as server:
        script.server = server
        monkeypatch.setenv("AWS_ENDPOINT_URL_ECR", f"http://{server.host}")
        yield script


@pytest.fixture
def keys(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIATEST")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "aws-secret-of-the-test")


@pytest.mark.usefixtures("keys")
def test_the_password_of_a_region_is_asked_for_once(aws: Aws) -> None:
    find = EcrCredentials()
    assert find(HOST) == find(HOST.replace("1", "2", 1)) == Credentials("AWS", PASSWORD)
    asked = [asked.headers["x-amz-target"] for asked in aws.server.asked]
    assert asked == ["AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken"]


@pytest.mark.usefixtures("keys")
def test_a_password_that_is_about_to_end_is_asked_for_again(aws: Aws) -> None:
    aws.reply, find = given(lasts_seconds=600), EcrCredentials()
    assert find(HOST) == find(HOST)
    assert len(aws.server.asked) == 2


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (answer({"__type": "AccessDeniedException", "message": "no"}, 400), Refused),
        (answer({"__type": "ServerException", "message": "oops"}, 500), Unreachable),
        (Reply(0), Unreachable),
        (answer({}), Malformed),
        (answer({"authorizationData": []}), Malformed),
        (answer({"authorizationData": [{"authorizationToken": "????", "expiresAt": 1}]}), Malformed),
        (answer({"authorizationData": [{"authorizationToken": "QVdT", "expiresAt": 1}]}), Malformed),
        (answer({"authorizationData": [{"authorizationToken": "QVdTOng="}]}), Malformed),
    ],
)
def test_an_answer_without_a_password_is_named(aws: Aws, reply: Reply, error: type[PratiqueError]) -> None:
    aws.reply = reply
    with pytest.raises(error, match=HOST) as raised:
        EcrCredentials()(HOST)
    assert "aws-secret" not in str(raised.value)


def test_a_machine_without_aws_credentials_is_told_so(aws: Aws) -> None:
    with pytest.raises(Absent, match="no AWS credentials"):
        EcrCredentials()(HOST)


@pytest.mark.parametrize(
    "host",
    [
        "registry.example",
        "public.ecr.aws",
        "ecr.eu-central-1.amazonaws.com",
        f"{HOST}.evil.example",
        f"evil.example.{HOST}",
        f"x{HOST}",
        f"{HOST}:443",
    ],
)
def test_a_host_that_is_no_private_ecr_is_none_of_aws_s_business(host: str) -> None:
    assert EcrCredentials()(host) is None


def test_without_boto3_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(Absent, match=r"install pratique\[ecr\]"):
        EcrCredentials()("123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com")
