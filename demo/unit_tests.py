"""The unit tests of the service, run against the files of one image: ``python -I -S unit_tests.py ROOT REPORT``.

ROOT is an image's root directory, unpacked; REPORT is the JUnit XML to write. Nothing outside ROOT and the
standard library is imported, so what passes here passes because of what the image holds.
"""

import base64
import csv
import hashlib
import importlib
import importlib.util
import sys
import time
import unittest
from pathlib import Path
from types import ModuleType, SimpleNamespace, TracebackType
from typing import Any
from unittest.mock import patch
from xml.etree import ElementTree

SITE = "usr/lib/python3/dist-packages"
SUITE = "unit"

_Failure = tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None]

root = Path()


class InstalledFiles(unittest.TestCase):
    def test_every_file_is_the_one_that_its_wheel_recorded(self) -> None:
        records = sorted((root / SITE).glob("*.dist-info/RECORD"))
        self.assertGreater(len(records), 5)
        for record in records:
            with record.open(newline="") as lines:
                for name, stated, _ in csv.reader(lines):
                    if stated.startswith("sha256="):
                        self.assertEqual(stated, _recorded(root / SITE / name), name)

    def test_every_package_says_its_name_and_version(self) -> None:
        for metadata in sorted((root / SITE).glob("*.dist-info/METADATA")):
            heads = [line.partition(":")[0] for line in metadata.read_text().split("\n\n")[0].splitlines()]
            self.assertLessEqual({"Name", "Version"}, set(heads), metadata.parent.name)


class Packages(unittest.TestCase):
    def test_what_is_shown_is_escaped(self) -> None:
        self.assertEqual(str(_package("markupsafe").escape("<b>")), "&lt;b&gt;")

    def test_a_changed_cookie_is_refused(self) -> None:
        itsdangerous = _package("itsdangerous")
        signer = itsdangerous.Signer("a key of this test")
        self.assertEqual(signer.unsign(signer.sign(b"box 7")), b"box 7")
        self.assertRaises(itsdangerous.BadSignature, signer.unsign, signer.sign(b"box 7").replace(b"7", b"8", 1))

    def test_a_host_may_have_an_international_name(self) -> None:
        self.assertEqual(_package("idna").encode("bücher.example"), b"xn--bcher-kva.example")


class Service(unittest.TestCase):
    def test_the_price_of_a_box_is_shown(self) -> None:
        page = _page("7", "12 EUR")
        self.assertIn("<h1>7</h1><p>12 EUR to ship</p>", page)

    def test_a_box_with_markup_in_its_name_does_no_harm(self) -> None:
        self.assertIn("&lt;i&gt;", _page("<i>", "0"))


def _package(name: str) -> Any:
    """Return a package of the image; this repository's type checker has never seen it."""
    return importlib.import_module(name)


def _page(box: str, price: str) -> str:
    """Return the page of one box, with an answer of the rates service that is known beforehand."""
    shop = _load_shop()
    answer = SimpleNamespace(json=lambda: {"price": price})
    with patch.object(shop.requests, "get", lambda *_, **__: answer), shop.app.test_client() as client:
        page: str = client.get(f"/boxes/{box}").get_data(as_text=True)
    return page


def _load_shop() -> Any:
    spec = importlib.util.spec_from_file_location("shop", root / "app" / "shop.py")
    assert spec
    assert spec.loader
    module: ModuleType = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except (ImportError, AttributeError) as error:
        version = ".".join(map(str, sys.version_info[:2]))
        raise unittest.SkipTest(f"these packages are too old to run on Python {version}") from error
    return module


def _recorded(path: Path) -> str:
    digest = hashlib.sha256(path.read_bytes()).digest()
    return f"sha256={base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


class JUnitResult(unittest.TestResult):
    """Keeps one ``testcase`` element for every test that ran."""

    def __init__(self) -> None:
        super().__init__()
        self.cases: list[ElementTree.Element] = []
        self._start = 0.0

    def startTest(self, test: unittest.TestCase) -> None:
        super().startTest(test)
        _, kind, name = test.id().rsplit(".", 2)
        self._start = time.monotonic()
        self.cases.append(ElementTree.Element("testcase", classname=kind, name=name))

    def stopTest(self, test: unittest.TestCase) -> None:
        super().stopTest(test)
        self.cases[-1].set("time", f"{time.monotonic() - self._start:.3f}")

    def addSkip(self, test: unittest.TestCase, reason: str) -> None:
        super().addSkip(test, reason)
        ElementTree.SubElement(self.cases[-1], "skipped", message=reason)

    def addFailure(self, test: unittest.TestCase, err: _Failure) -> None:
        super().addFailure(test, err)
        ElementTree.SubElement(self.cases[-1], "failure", message=str(err[1]))

    def addError(self, test: unittest.TestCase, err: _Failure) -> None:
        super().addError(test, err)
        ElementTree.SubElement(self.cases[-1], "error", message=str(err[1]))

    def report(self) -> bytes:
        """Return the JUnit XML of everything that ran."""
        suite = ElementTree.Element(
            "testsuite",
            name=SUITE,
            tests=str(self.testsRun),
            failures=str(len(self.failures)),
            errors=str(len(self.errors)),
            skipped=str(len(self.skipped)),
        )
        suite.extend(self.cases)
        return bytes(ElementTree.tostring(suite, encoding="utf-8", xml_declaration=True))


def main(image: Path, report: Path) -> None:
    """Run every test on the image's files and write the report; a failed test is in it, and is no error here."""
    global root
    root = image
    sys.path.insert(0, str(image / SITE))
    sys.dont_write_bytecode = True
    result = JUnitResult()
    unittest.defaultTestLoader.loadTestsFromModule(sys.modules[__name__]).run(result)
    report.write_bytes(result.report())


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
