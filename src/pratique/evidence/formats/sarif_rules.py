"""Which rule a SARIF result speaks of, and at which level that rule reports where the result does not say.

Source: SARIF 2.1.0, sections 3.27.5 to 3.27.7, 3.50 ("reportingConfiguration"), 3.51 ("configurationOverride") and
3.52 ("reportingDescriptorReference"); an identifier such as ``CA1000/1`` belongs to the rule ``CA1000``.
"""

from typing import Any

from pratique.evidence.lookup import Notes, table_at, tables_at, text_at

Table = dict[str, Any]
_MAX_LEVELS = 16  # of an identifier; none of 151 real ones has more than 2


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
        self._every = {name: rule for names in reversed(self._names) for name, rule in names.items()}
        self._places = {
            (key, said): place
            for place, extension in reversed(tuple(enumerate(self._extensions, 1)))
            for key in ("guid", "name")
            if (said := text_at(extension, key))
        }
        self._invocations = tables_at(run, "invocations", notes)
        self._overrides: dict[int, dict[int, str | None]] = {}
        self._notes = notes

    def of(self, result: Table) -> tuple[str | None, Table]:
        """Return the identifier that a result gives and the rule itself, empty where there is none."""
        reference = table_at(result, "rule")
        identifier = text_at(result, "ruleId") or text_at(reference, "id") or text_at(result, "ruleKey")
        index = result.get("ruleIndex", reference.get("index"))
        where = self._component(table_at(reference, "toolComponent")) if reference else 0
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
        named = ((key, text_at(reference, key)) for key in ("guid", "name"))
        return min((self._places[each] for each in named if each in self._places), default=0)

    def _called(self, identifier: str | None, where: int) -> Table:
        for _ in range(_MAX_LEVELS):
            if not identifier:
                break
            for names in (self._names[where], self._every):
                if identifier in names:
                    return names[identifier]
            identifier = identifier.rpartition("/")[0]
        return {}

    def _override(self, result: Table, rule: Table) -> str | None:
        index = table_at(result, "provenance").get("invocationIndex")
        if type(index) is not int or not 0 <= index < len(self._invocations):
            return None
        if index not in self._overrides:
            self._overrides[index] = self._levels(self._invocations[index])
        return self._overrides[index].get(id(rule))

    def _levels(self, invocation: Table) -> dict[int, str | None]:
        """Return what an invocation overrides by the identity of a rule; of several, the first holds."""
        found: dict[int, str | None] = {}
        for override in tables_at(invocation, "ruleConfigurationOverrides", self._notes):
            _, meant = self.of({"rule": table_at(override, "descriptor")})
            if meant:
                found.setdefault(id(meant), text_at(table_at(override, "configuration"), "level"))
        return found


def _listed(component: Table, notes: Notes) -> list[Table]:
    return tables_at(component, "rules", notes)


def _named(rules: list[Table]) -> dict[str, Table]:
    return {name: rule for rule in reversed(rules) if (name := text_at(rule, "id"))}


def _belongs(identifier: str, rule: str | None) -> bool:
    return rule is not None and (identifier == rule or identifier.startswith(f"{rule}/"))
