"""A scanner is described by its table in ``pratique.toml``; each mistake is named with its line."""

from pathlib import Path

import pytest

from pratique.config.load import load
from pratique.errors import Malformed
from pratique.scan.interface import Limits, Yields
from pratique.scan.ready import READY
from pratique.scan.settings import AdapterSettings, PluginSettings, ProgramSettings, ScannerSettings, ready_scanner

BASE = 'origin = "ledger.example/shop"\nverifier = "https://pratique.example/verifier/shop"\n'


def read(folder: Path, more: str) -> ScannerSettings:
    (folder / "pratique.toml").write_text(BASE + more)
    (settings,) = load(folder, {}).scanners
    return settings


def test_a_program_is_described_by_its_words(tmp_path: Path) -> None:
    text = """
        [scanner.house]
        argv = ["/opt/scan", "--in", "{layout}"]
        version = ["/opt/scan", "-V"]
        environment = ["HOME", "UPDATES=no"]
        exit_codes = [0, 3]
        yields = "packages"
        producer = "acme"
        seconds = 30
        memory_mib = 512
        output_mib = 1
        """
    assert read(tmp_path, text) == ProgramSettings(
        name="house",
        producer="acme",
        yields=Yields.PACKAGES,
        limits=Limits(30, 512 << 20, 1 << 20),
        argv=("/opt/scan", "--in", "{layout}"),
        version=("/opt/scan", "-V"),
        environment=("HOME", "UPDATES=no"),
        exit_codes=(0, 3),
    )


def test_a_ready_entry_needs_no_words_and_each_of_them_may_be_replaced(tmp_path: Path) -> None:
    assert read(tmp_path, "[scanner.trivy]\nseconds = 600\n") == ready_scanner("trivy")
    own = read(tmp_path, '[scanner.nightly]\nready = "grype"\nproducer = "grype"\nenvironment = ["HOME"]\n')
    assert isinstance(own, ProgramSettings)
    assert (own.name, own.producer, own.environment) == ("nightly", "grype", ("HOME",))
    assert own.argv == READY["grype"]["argv"]


@pytest.mark.parametrize("name", READY)
def test_every_ready_entry_examines_one_image_and_says_its_version(name: str) -> None:
    settings = ready_scanner(name)
    assert settings
    assert settings.version[0] == settings.argv[0] == name
    assert any("{layout}" in word or "{archive}" in word for word in settings.argv)


def test_an_adapter_is_described_by_where_it_is(tmp_path: Path) -> None:
    text = """
        [scanner.clair]
        url = "http://clair-adapter:8080"
        insecure = true
        authorization_env = "CLAIR"
        registry_url = "http://registry:5000"
        registry_authorization_env = "ROBOT"
        """
    assert read(tmp_path, text) == AdapterSettings(
        name="clair",
        producer="clair",
        yields=Yields.VULNERABILITIES,
        limits=Limits(),
        url="http://clair-adapter:8080",
        authorization_env="CLAIR",
        registry_url="http://registry:5000",
        registry_authorization_env="ROBOT",
        insecure=True,
    )


def test_a_python_class_is_described_by_the_name_that_its_package_declares(tmp_path: Path) -> None:
    settings = read(tmp_path, '[scanner.acme]\nentry_point = "acme-scan"\n')
    assert isinstance(settings, PluginSettings)
    assert settings.entry_point == "acme-scan"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ('[scanner.x]\nargw = ["x"]', r"pratique\.toml:4: unknown key 'argw'; did you mean 'argv'"),
        ('[scanner.x]\nargv = "x {layout}"', r":4: argv: expected list, found str"),
        ("scanner = 7", r":3: scanner: expected dict, found int"),
        ("[scanner]\nx = 7", r"\[scanner\.x\]: expected a table"),
        (
            "[scanner.x]\nseconds = 5",
            r":3: \[scanner\.x\]: expected one of argv, url, entry_point and ready, found none",
        ),
        ('[scanner.x]\nargv = ["x", "{layout}"]\nurl = "https://x"', r"found argv and url"),
        ('[scanner.x]\nready = "clair"', r"ready: expected one of trivy, grype, syft, osv-scanner, found 'clair'"),
        ("[scanner.x]\nargv = []", r"argv: expected a program"),
        ('[scanner.x]\nargv = ["{layout}"]', r"argv: expected a program"),
        ('[scanner.x]\nargv = ["x", 7, "{layout}"]', r"argv: expected a list of texts"),
        ('[scanner.x]\nargv = ["x", "{tag}", "{layout}"]', r"argv: unknown \{tag\}; known are"),
        ('[scanner.x]\nargv = ["x", "{output}"]', r"or it examines nothing"),
        ('[scanner.x]\nargv = ["x", "{layout}"]\nexit_codes = [true]', r"exit_codes: expected numbers"),
        ('[scanner.x]\nargv = ["x", "{layout}"]\nexit_codes = []', r"exit_codes: expected numbers"),
        (
            '[scanner.x]\nargv = ["x", "{layout}"]\nenvironment = ["a b"]',
            r"expected NAME or NAME=VALUE, found 'a b'",
        ),
        ('[scanner.x]\nargv = ["x", "{layout}"]\nseconds = 0', r"seconds: expected 1 to 86400, found 0"),
        (
            '[scanner.x]\nargv = ["x", "{layout}"]\nyields = "all"',
            r"expected vulnerabilities or packages, found 'all'",
        ),
        ('[scanner.x]\nargv = ["x", "{layout}"]\ninsecure = true', r"insecure: means nothing for this kind"),
        ('[scanner.x]\nurl = "ftp://x"', r"url: expected https://"),
        ('[scanner.x]\nurl = "http://x"', r"or http://… together with insecure = true"),
        ('[scanner.x]\nurl = "https://x"\ninsecure = true', r"or http://… together with insecure = true"),
        ('[scanner.x]\nurl = "https://x"\nmemory_mib = 5', r"memory_mib: means nothing for this kind"),
        ('[scanner."A B"]\nurl = "https://x"', r"expected a name of a-z"),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, more: str, said: str) -> None:
    (tmp_path / "pratique.toml").write_text(BASE + more)
    with pytest.raises(Malformed, match=said):
        load(tmp_path, {})


def test_the_line_is_that_of_the_own_table(tmp_path: Path) -> None:
    more = '[scanner.a]\nargv = ["a", "{layout}"]\nseconds = 5\n[scanner.b]\nargv = ["b", "{layout}"]\nseconds = "5"\n'
    with pytest.raises(Malformed, match=r"pratique\.toml:8: seconds: expected int, found str"):
        read(tmp_path, more)
