"""Amazon ECR: a password of twelve hours, which AWS gives to whoever may use a registry.

Source: GetAuthorizationToken of the ECR API. Needs boto3, which the extra ``ecr`` brings: it alone knows every way
in which a machine at AWS can say who it is.
"""

import base64
import re
import threading
import time
from typing import Any

from pratique.errors import Absent, Malformed, Refused, Unreachable
from pratique.registry.credentials import Credentials, Secret
from pratique.values.dataclass import dataclass

_HOST = r"\d{12}\.dkr\.ecr(?P<fips>-fips)?\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?"
_EARLY_SECONDS = 15 * 60  # so that a copy that begins now does not end with a password that no longer counts


@dataclass(frozen=True, slots=True)
class _Given:
    credentials: Credentials
    until: float  # of the system's clock, as AWS says it


class EcrCredentials:
    """A source that knows ECR's private registries; safe to share between threads."""

    def __init__(self) -> None:
        self._given: dict[tuple[str, bool], _Given] = {}
        self._guard = threading.Lock()

    def __call__(self, host: str) -> Secret | None:
        """Give the password for an ECR host, ``None`` for every other host.

        Raises:
            Absent: boto3 is not installed, or no AWS credentials are found.
            Refused: AWS does not give these credentials a password.
            Unreachable: AWS does not answer.
        """
        named = (
            re.fullmatch(_HOST, host) if ".ecr" in host else None
        )  # most never meet one: compiled when one comes
        if named is None:
            return None
        place = (named["region"], named["fips"] is not None)
        with self._guard:
            given = self._given.get(place)
            if given is None or given.until - _EARLY_SECONDS < time.time():
                given = self._given[place] = _ask(*place, host)
            return given.credentials


def _ask(region: str, fips: bool, host: str) -> _Given:
    try:
        import boto3
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError
    except ImportError as error:
        raise Absent(f"{host}: Amazon ECR needs boto3; install pratique[ecr], or log in with docker") from error
    try:
        config = Config(use_fips_endpoint=fips, connect_timeout=10, read_timeout=30)
        client = boto3.session.Session().client("ecr", region_name=region, config=config)
        answer = client.get_authorization_token()
    except NoCredentialsError as error:
        raise Absent(f"{host}: no AWS credentials are found; configure them, or log in with docker") from error
    except ClientError as error:
        raise _refusal(error.response, host) from error
    except BotoCoreError as error:
        raise Unreachable(f"{host}: AWS fails ({type(error).__name__}); try again") from error
    return _read(answer, host)


def _refusal(response: Any, host: str) -> Refused | Unreachable:
    code = str(response.get("Error", {}).get("Code", ""))[:60]
    if response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= 500:
        return Unreachable(f"{host}: AWS fails ({code}); try again")
    return Refused(f"{host}: AWS gives no password for ECR ({code}); see ecr:GetAuthorizationToken")


def _read(answer: Any, host: str) -> _Given:
    from datetime import datetime

    try:
        data = answer["authorizationData"][0]
        user, colon, password = base64.b64decode(data["authorizationToken"], validate=True).decode().partition(":")
        until = data["expiresAt"]
    except (LookupError, TypeError, ValueError):
        raise Malformed(f"{host}: AWS answers without a password") from None
    if not (colon and isinstance(until, datetime)):
        raise Malformed(f"{host}: AWS answers without a password and its end")
    return _Given(Credentials(user, password), until.timestamp())
