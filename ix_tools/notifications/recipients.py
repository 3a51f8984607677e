"""Recipients: who is told of an approval, by the settings and by what the policy requires."""

from collections.abc import Sequence

from ix_tools.approvals.requirements import ApprovalRequirement
from ix_tools.config.mail_settings import MailAddress, parse_mail_address
from ix_tools.config.settings import Settings


def choose_recipients(
    settings: Settings, requirement: ApprovalRequirement, asker: str
) -> Sequence[MailAddress]:
    """Return who is told: the approvers whom the policy names, or everybody; never the asker if they may not approve.

    If none of the named approvers has an address, everybody is told, so that somebody can fetch them.
    """
    everybody = [parse_mail_address(one) for one in settings.mail_to]
    if not requirement.asker:
        asking = requirement.find_people(f"principal:{asker}")
        everybody = [one for one in everybody if not one.name or not _identify(one, requirement) & asking]
    named = requirement.find_people(*requirement.approvers)
    approvers = [one for one in everybody if one.name and _identify(one, requirement) & named]
    return approvers or everybody


def _identify(one: MailAddress, requirement: ApprovalRequirement) -> frozenset[str]:
    """Return the people whom a name of the settings may mean: the policy's name, or one of its identities."""
    return requirement.find_people(one.name, f"page:{one.name}")
