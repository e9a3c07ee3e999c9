"""Programs that serve whoever got into a container, by the names under which they are installed."""

import re
from enum import StrEnum
from typing import Final


class Use(StrEnum):
    """What a program is good for; the value is the report's key."""

    SHELL = "shells"
    PACKAGE_MANAGER = "package_managers"
    NETWORK = "net_tools"
    INTERPRETER = "interpreters"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_NAMES: Final = {
    Use.SHELL: _words("sh ash bash dash zsh ksh ksh93 mksh csh tcsh fish busybox toybox rbash pwsh nu"),
    Use.PACKAGE_MANAGER: _words(
        """apt apt-get aptitude dpkg apk yum dnf dnf5 microdnf tdnf rpm zypper pacman emerge opkg ipkg xbps-install nix
        nix-env snap brew pip pip3 pipx uv poetry conda mamba npm npx yarn pnpm corepack gem bundle composer cargo
        cpan cpanm luarocks"""
    ),
    Use.NETWORK: _words(
        """curl wget wget2 aria2c nc nc.openbsd nc.traditional ncat netcat socat telnet ftp tftp lftp ssh sshd scp sftp
        dropbear rsync nmap masscan tcpdump tshark ngrep dig nslookup host ping traceroute mtr iperf iperf3 lynx
        links w3m proxychains proxychains4"""
    ),
    Use.INTERPRETER: _words(
        "node nodejs deno bun java jshell tclsh wish guile osascript Rscript erl elixir julia"
    ),
}
_VERSIONED: Final = {
    Use.INTERPRETER: re.compile(r"(?:python|pypy|perl|ruby|php|lua|luajit|java)(?:-?\d+(?:\.\d+)*)?m?"),
    Use.PACKAGE_MANAGER: re.compile(r"(?:pip|gem)-?\d+(?:\.\d+)*"),
}
_BY_NAME: Final = {name: use for use, names in _NAMES.items() for name in names}


def use_of(name: str) -> Use | None:
    """Return what a program of this name is good for, if it is one of these."""
    if name in _BY_NAME:
        return _BY_NAME[name]
    if name[:1] not in "pgrlj":
        return None
    return next((use for use, pattern in _VERSIONED.items() if pattern.fullmatch(name)), None)
