"""Credentials by their issuers' marks: found where they are, and not where something merely looks like one."""

import pytest

from pratique.evidence.surface.secrets import WITHHELD, find_secrets, suspicious_variable, told

# In pieces, so that nobody's scanner takes this file for a leak.
FOUND = {
    "aws-access-key": "id=" + "AKIA" + "IOSFODNN7" + "EXAMPLE",
    "aws-secret-key": "aws_secret_access_key = " + "wJalrXUtnFEMI/K7MDENG/" + "bPxRfiCYEXAMPLEKEY",
    "private-key": "-----BEGIN RSA PRIVATE" + " KEY-----\n" + "MIIEowIBAAKCAQEA" * 4,
    "github-token": "ghp" + "_" + "a1B2" * 9,
    "gitlab-token": "glpat" + "-" + "abcde" * 4,
    "google-key": "AIza" + "SyA" + "b" * 32,
    "npm-token": "//registry/:_authToken=npm" + "_" + "Ab3" * 12,
    "pypi-token": "pypi" + "-AgEIcHlwaS5vcmc" + "x" * 60,
    "slack-token": "xoxb" + "-123456789012-" + "abcdefghijkl",
    "stripe-key": "sk" + "_live_" + "a1" * 12,
    "registry-login": '{"auths": {"r": {"auth": "' + "dXNlcjpwYXNzd29yZA==" + '"}}}',
}


@pytest.mark.parametrize("kind", sorted(FOUND))
def test_a_secret_is_found_and_named(kind: str) -> None:
    assert find_secrets(f"first line\n{FOUND[kind]}\nlast".encode()) == (kind,)


@pytest.mark.parametrize(
    "text",
    [
        "AKIA is how they begin",
        "XAKIA" + "IOSFODNN7" + "EXAMPLE",
        "-----BEGIN RSA PRIVATE" + " KEY-----",
        "-----BEGIN PUBLIC KEY-----\n" + "A" * 64,
        "ghp_short",
        "npm_config_registry",
        '{"auths": {"r": {}}}',
        "aws_secret_access_key = os.environ['KEY']",
    ],
)
def test_what_only_looks_like_one_is_left_alone(text: str) -> None:
    assert find_secrets(text.encode()) == ()


@pytest.mark.parametrize(
    "name",
    [
        "DB_PASSWORD",
        "PASSWORD",
        "API_KEY",
        "APIKEY",
        "GITHUB_TOKEN",
        "MYSQL_ROOT_PASSWORD",
        "AWS_ACCESS_KEY",
        "secret",
    ],
)
def test_a_variable_with_such_a_name_is_suspicious(name: str) -> None:
    assert suspicious_variable(name, "x")
    assert not suspicious_variable(name, "")


@pytest.mark.parametrize(
    "name", ["PATH", "GPG_KEY", "PWD", "DB_PASSWORD_FILE", "TOKENIZERS", "KEYBOARD", "PASSENGER", "PYTHONPATH"]
)
def test_a_variable_with_a_harmless_name_is_not(name: str) -> None:
    assert not suspicious_variable(name, "x")


@pytest.mark.parametrize("text", [*FOUND.values(), "docker run -e DB_PASSWORD=hunter2", '{"API_KEY=abc"}'])
def test_what_may_hold_a_credential_is_not_told(text: str) -> None:
    assert told(text) == WITHHELD


@pytest.mark.parametrize("text", ["", "8080/tcp", "/data", "2026-01-02T03:04:05Z", "DB_PASSWORD", "PATH=/bin"])
def test_what_holds_none_is_told_as_it_is(text: str) -> None:
    assert told(text) == text


def test_a_name_may_betray_what_it_stands_for() -> None:
    assert told("hunter2", "DB_PASSWORD") == WITHHELD
