"""What the laboratory says no with."""

from service.errors import Conflict, Rejected


class RuleUnusable(Rejected):
    """The text is no rule: ``errors`` say what is wrong in which line, and what was meant."""

    slug = "rule-unusable"
    title = "This is not a rule that can be used."


class WindowUnusable(Rejected):
    """The days to look at do not fit: none, too many, or still to come."""

    slug = "lab-window"
    title = "These days cannot be looked at."


class OwnRule(Conflict):
    """Whoever wrote a version is not the one to bring it into force."""

    slug = "own-rule"
    title = "Somebody else has to activate what you have written."


class RuleNotDraft(Conflict):
    """Only a draft can be changed; in shadow, in force and out of use it stays as it is."""

    slug = "rule-not-draft"
    title = "This version is not a draft."


class RuleRetired(Conflict):
    """It has been taken out of use before."""

    slug = "rule-retired"
    title = "This version is out of use already."


class RuleDraftOfAnother(Conflict):
    """A draft is changed by its writer alone: who activates it must not have written in it."""

    slug = "rule-draft-of-another"
    title = "This draft is somebody else's. Write a version of your own."


class RuleNeverOff(Conflict):
    """A rule about an emergency or about suicidal thoughts stays a rule that calls for a person."""

    slug = "rule-never-off"
    title = "A rule about emergencies or suicidal thoughts cannot be switched off."


class RuleAskedByClock(Conflict):
    """A rule about silence is asked every morning, not at a report: there is nothing to replay."""

    slug = "rule-asked-by-clock"
    title = "A rule about silence is asked by the clock and cannot be tried on reports."


class LabBusy(Conflict):
    """So many runs of the clinic wait already that another would only wait longer."""

    slug = "lab-busy"
    title = "Several runs are waiting already. Please wait for them, or stop one."
