"""Which rule a SARIF result speaks of, and at which level that rule reports where the result does not say.

Source: SARIF 2.1.0, sections 3.27.5 to 3.27.7, 3.50 ("reportingConfiguration"), 3.51 ("configurationOverride") and
3.52 ("reportingDescriptorReference"); an identifier such as ``CA1000/1`` belongs to the rule ``CA1000``.
"""

from typing import Any

from pratique.evidence.lookup import Notes, table_at, tables_at, text_at

Table = dict[str, Any]


class Rules:
    """The rules of one run: of its driver, and of each extension."""

    def __init__(self, run: Table, notes: Notes) -> None:
        tool = table_at(run, "tool")
        self._extensions = tables_at(tool, "extensions", notes)
        components = (table_at(tool, "driver"), *self._extensions)
        self._lists = [_listed(component, notes) for component in components]
        self._names = [_named(rules) for rules in self._lists]
        old = run.get("rules")  # 1.0.0: an object of the run
        if isinstance(old, dict):
            self._names.append({name: rule for name, rule in old.items() if isinstance(rule, dict)})
        self._invocations = tables_at(run, "invocations", notes)
        self._notes = notes

    def of(self, result: Table) -> tuple[str | None, Table]:
        """Return the identifier that a result gives and the rule itself, empty where there is none."""
        reference = table_at(result, "rule")
        identifier = text_at(result, "ruleId") or text_at(reference, "id") or text_at(result, "ruleKey")
        index = result.get("ruleIndex", reference.get("index"))
        where = self._component(table_at(reference, "toolComponent"))
        if type(index) is int and 0 <= index < len(self._lists[where]):
            rule = self._lists[where][index]
            # An index that contradicts the identifier is some other list's; the identifier is what people read.
            if identifier is None or _belongs(identifier, text_at(rule, "id")):
                return identifier or text_at(rule, "id"), rule
        return identifier, self._called(identifier, where)

    def default_level(self, result: Table, rule: Table) -> str:
        """Return the level that holds where a result states none."""
        override = self._override(result, rule)
        # "If theDescriptor … has defaultConfiguration.level … else … warning". 3.27.10; 1.0.0: defaultLevel
        own = table_at(rule, "defaultConfiguration")
        return override or text_at(own, "level") or text_at(rule, "defaultLevel") or "warning"

    def _component(self, reference: Table) -> int:
        """Return which list of rules is meant: 0 is the driver's."""
        index = reference.get("index")
        if type(index) is int and 0 <= index < len(self._extensions):
            return index + 1
        for place, extension in enumerate(self._extensions):
            for key in ("guid", "name"):
                if text_at(reference, key) and text_at(reference, key) == text_at(extension, key):
                    return place + 1
        return 0

    def _called(self, identifier: str | None, where: int) -> Table:
        while identifier:
            for names in (self._names[where], *self._names):
                if identifier in names:
                    return names[identifier]
            identifier = identifier.rpartition("/")[0]
        return {}

    def _override(self, result: Table, rule: Table) -> str | None:
        index = table_at(result, "provenance").get("invocationIndex")
        if type(index) is not int or not 0 <= index < len(self._invocations):
            return None
        for override in tables_at(self._invocations[index], "ruleConfigurationOverrides", self._notes):
            _, meant = self.of({"rule": table_at(override, "descriptor")})
            if meant and meant is rule:
                return text_at(table_at(override, "configuration"), "level")
        return None


def _listed(component: Table, notes: Notes) -> list[Table]:
    return tables_at(component, "rules", notes)


def _named(rules: list[Table]) -> dict[str, Table]:
    return {name: rule for rule in reversed(rules) if (name := text_at(rule, "id"))}


def _belongs(identifier: str, rule: str | None) -> bool:
    return rule is not None and (identifier == rule or identifier.startswith(f"{rule}/"))
