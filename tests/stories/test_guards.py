"""What changes between two steps stops the next one: the tag stays where it was until it has been judged again."""

from collections.abc import Callable

import pytest
from tests.stories.shop import Shop

from pratique.promotion.plan import Step
from pratique.service.work import run_effect
from pratique.wire import open_workspace


def work_until(shop: Shop, step: Step) -> None:
    """Do everything up to this step, and not the step itself."""
    with open_workspace(str(shop.workspace)) as workspace:
        while due := workspace.store.read(lambda view: view.effects.due()):
            if any(effect.step == step for effect in due):
                return
            for effect in due:
                run_effect(workspace, effect.id, effect.attempt)
    pytest.fail(f"there was no {step} to be done")


def change_rules(shop: Shop) -> None:
    """From now on a suite that nobody has run is asked for, in dev already."""
    gate = shop.folder / "policy" / "gate.yaml"
    smoke = '- {id: smoke, check: tests, required_suites: [smoke], keys: ["service:ci"]}'
    gate.write_text(gate.read_text().replace("    checks:\n", f"    checks:\n      {smoke}\n", 1))
    shop.done("policy", "publish", gate.parent, "--root", f"person:ann={shop.key('person:ann')}")


def change_directory(shop: Shop) -> None:
    """From now on nobody believes what CI says of an image."""
    people = shop.folder / "people" / "people.yaml"
    people.write_text(people.read_text().replace("uses: [request, evidence, source]", "uses: [request]"))
    shop.done("directory", "publish", people, "--root", f"person:ann={shop.key('person:ann')}")


CHANGES = [
    pytest.param(change_rules, "the rules of the environment are now", id="rules"),
    pytest.param(change_directory, "the directory is now", id="directory"),
]


@pytest.mark.parametrize("step", [Step.COPY, Step.SEAL, Step.ATTACH, Step.POINT])
@pytest.mark.parametrize(("change", "because"), CHANGES)
def test_what_changes_before_a_step_is_judged_first(
    shop: Shop, step: Step, change: Callable[[Shop], None], because: str
) -> None:
    promotion = shop.request("clean", "dev").promotion
    work_until(shop, step)
    change(shop)
    shop.work()
    shown = shop.show(promotion)
    assert shown["state"] == "remediation"
    assert because in shown["turns"][0]["text"]
    assert shop.repository("dev").resolve("clean") is None
    assert shop.done("status", "--json").value["holding"] == []
    told = shop.types(promotion)
    done_after = {Step.COPY: "copied", Step.SEAL: "sealed", Step.ATTACH: "attached", Step.POINT: "pointed"}
    assert f"promotion.{done_after[step]}/1" not in told


@pytest.mark.parametrize("step", [Step.ATTACH, Step.POINT])
def test_what_is_judged_again_and_passes_arrives_with_a_second_seal(shop: Shop, step: Step) -> None:
    promotion = shop.request("clean", "dev").promotion
    work_until(shop, step)
    gate = shop.folder / "policy" / "gate.yaml"
    gate.write_text(gate.read_text().replace("formats: [cyclonedx]", "formats: [cyclonedx, spdx]"))
    shop.done("policy", "publish", gate.parent, "--root", f"person:ann={shop.key('person:ann')}")
    shop.work()
    assert shop.state(promotion) == "promoted"
    assert shop.types(promotion).count("promotion.sealed/1") == 2
    assert shop.repository("dev").resolve("clean") == shop.repository("build").resolve("clean")
