"""Credentials that the settings name: a user, and the variable or file that holds the password."""

import os
from collections.abc import Mapping
from pathlib import Path

from pratique.errors import Absent, Malformed
from pratique.registry.credentials import Credentials, CredentialSource, Secret
from pratique.values.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Named:
    """Who we are at one host; exactly one of variable and file holds the password."""

    host: str
    user: str
    variable: str | None = None
    file: Path | None = None


def named_credentials(every: tuple[Named, ...], environment: Mapping[str, str] = os.environ) -> CredentialSource:
    """Return the source that these are; a password is read anew for each question, so that it may be changed.

    The source raises ``Absent`` where the variable is not set or the file cannot be read.
    """
    by_host = {each.host: each for each in every}

    def find(host: str) -> Secret | None:
        named = by_host.get(host)
        return None if named is None else Credentials(named.user, _password(named, environment))

    return find


def _password(named: Named, environment: Mapping[str, str]) -> str:
    if named.variable is not None:
        value = environment.get(named.variable)
        if not value:
            raise Absent(f"registry {named.host}: the variable {named.variable} is not set; it holds the password")
        return value
    if named.file is None:
        raise Malformed(f"registry {named.host}: expected a variable or a file that holds the password")
    try:
        return named.file.read_text().rstrip("\r\n")
    except OSError as error:
        raise Absent(f"registry {named.host}: {named.file} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError:
        raise Malformed(f"registry {named.host}: {named.file}: expected a password in UTF-8") from None
