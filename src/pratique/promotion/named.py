"""Whether the directory knows everybody that a policy names.

A role that nobody holds, and a misspelt service, would lock an environment without a word.
"""

from pratique.errors import Refused
from pratique.policy.document import Bundle
from pratique.policy.naming import names
from pratique.policy.role import RoleRules
from pratique.policy.schema import dotted, suggestion
from pratique.policy.words import Member, Owner, Role, Service
from pratique.promotion.directory import Directory
from pratique.promotion.directory_form import Status
from pratique.values.names import Actor, Group

_SIGNS = {"evidence", "source", "record"}
_NAMES = frozenset({Role, Service, Group, Owner, Member})


def check_known(bundle: Bundle, directory: Directory) -> None:
    """Return if the directory knows every role, service, group and person that the policy names.

    Raises:
        Refused: It does not, or fewer people could fill a role than the policy demands of it.
    """
    document = directory.document
    groups = {str(name) for name, _ in document.groups}
    either = ("person or group", groups | {str(name) for name, _ in document.people})
    known: dict[object, tuple[str, set[str]]] = {
        Role: ("role", {role.role for role in document.roles}),
        Service: ("service", {str(name) for name, _ in document.services}),
        Group: ("group", groups),
        Owner: either,
        Member: either,
    }
    for path, kind, name in names(bundle, _NAMES):
        what, all_of_them = known[kind]
        if name not in all_of_them:
            hint = suggestion(name, all_of_them)
            raise Refused(f"policy: {dotted(path)}: the directory has no {what} {name!r}{hint}")
        if kind is Service:
            _check_use(name, dotted(path), directory)
    for rules in bundle.environments:
        for role in rules.roles:
            for application in bundle.applications:
                _check_size(role, rules.name, application.name, directory)


def _check_use(name: str, where: str, directory: Directory) -> None:
    service = directory.service(name)
    if service is not None and not _SIGNS & set(service.uses):
        raise Refused(
            f"policy: {where}: {name} signs no evidence, so nothing of it could ever count; "
            "let it in the directory, or name another"
        )


def _check_size(role: RoleRules, environment: str, application: str, directory: Directory) -> None:
    people = fillers(role, application, environment, directory)
    if len(people) < role.min_size:
        raise Refused(
            f"policy: environments.{environment}.roles.{role.name}.min_size: expected at least {role.min_size} "
            f"people in the role {role.name} for {application} in {environment}, found {len(people)}; "
            "appoint more in the directory"
        )


def fillers(role: RoleRules, application: str, environment: str, directory: Directory) -> tuple[Actor, ...]:
    """Return who could fill a role, by the directory and as the policy narrows it; lapsed appointments count."""
    return tuple(
        name
        for name, person in directory.document.people
        if person.status is Status.ACTIVE
        and any(each.role == role.name for each in directory.appointments(name, application, environment))
        and counts_in(role, name, directory)
    )


def counts_in(role: RoleRules, person: str, directory: Directory) -> bool:
    """Tell whether the policy lets this person count in a role that the directory gives them."""
    return not role.members or any(
        member == person or directory.in_group(person, member) for member in role.members
    )
