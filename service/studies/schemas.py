"""How studies, readings of them, and her marks look on the wire."""

from marshmallow import fields, validate

from service.wire import In, Moment, Out, Query

# The most a page of the registry may have.  Source: ClinicalTrials.gov API v2, pageSize.
MOST_ON_A_PAGE = 1_000
TABS = ("treatment", "supportive", "observational")


class StudyPageIn(In):
    """One page of ClinicalTrials.gov (API v2), as the registry answers it."""

    # A study has hundreds.
    most_values = 1_000_000

    studies = fields.List(
        fields.Raw(), required=True, validate=validate.Length(max=MOST_ON_A_PAGE),
        metadata={"description": "Studies as the registry describes them"},
    )  # fmt: skip
    nextPageToken = fields.String(load_default=None, allow_none=True)  # noqa: N815 - the registry's
    totalCount = fields.Integer(load_default=None, allow_none=True)  # noqa: N815 - the registry's


class FaultOut(Out):
    """What could not be read: ``number`` counts the studies of a file from 1."""

    file = fields.String()
    number = fields.Integer(allow_none=True)
    nct_id = fields.String(allow_none=True)
    reason = fields.String()


class ImportedFile(Out):
    """One file of a reading: running, done, cut in the middle, or skipped as read before."""

    name = fields.String()
    sha256 = fields.String()
    done = fields.Integer()
    state = fields.String()


class StudyImportOut(Out):
    """One reading of the registry's pages."""

    id = fields.UUID()
    state = fields.String()
    source = fields.String()
    started_at = Moment()
    ended_at = Moment(allow_none=True)
    seen = fields.Integer()
    added = fields.Integer()
    changed = fields.Integer()
    skipped = fields.Integer()
    files = fields.List(fields.Nested(ImportedFile))
    faults = fields.List(fields.Nested(FaultOut))


class StudyImportPage(Out):
    """A page of readings, the newest first."""

    items = fields.List(fields.Nested(StudyImportOut))
    next_cursor = fields.String(allow_none=True)


class StudyFilter(Query):
    """Which studies: of phase 1 or the others, of one tab, or those she has saved."""

    phase = fields.String(load_default=None, validate=validate.Equal("1"))
    tab = fields.String(load_default=None, validate=validate.OneOf(TABS))
    saved = fields.Boolean(load_default=False, truthy={"true"}, falsy={"false"})


class BecauseOut(Out):
    """What is on file that says how a criterion stands, and the records it was seen in."""

    text = fields.String()
    records = fields.List(fields.Dict())


class CriterionOut(Out):
    """One line of a study, as the registry has it, and how it stands to her."""

    section = fields.String(
        metadata={
            "description": "registry, inclusion, exclusion, unclear, title, conditions, words"
        }
    )
    text = fields.String()
    verdict = fields.String(validate=validate.OneOf(["met", "not_met", "ask_your_doctor"]))
    because = fields.Nested(BecauseOut, allow_none=True)


class ContactOut(Out):
    """Whom to ask about a study."""

    name = fields.String(allow_none=True)
    phone = fields.String(allow_none=True)
    email = fields.String(allow_none=True)


class InterventionOut(Out):
    """What a study tries."""

    type = fields.String()
    name = fields.String()


class SiteOut(Out):
    """The nearest place that takes people; ``km`` is null where nobody knows how far it is."""

    facility = fields.String(allow_none=True)
    city = fields.String(allow_none=True)
    state = fields.String(allow_none=True)
    country = fields.String(allow_none=True)
    status = fields.String(allow_none=True)
    lat = fields.Float(allow_none=True)
    lon = fields.Float(allow_none=True)
    contacts = fields.List(fields.Nested(ContactOut))
    km = fields.Float(allow_none=True)


class StudyOut(Out):
    """One study, and how it stands to her: never more than that it may fit."""

    nct_id = fields.String()
    title = fields.String()
    summary = fields.String(allow_none=True)
    organization = fields.String(allow_none=True)
    phases = fields.List(fields.String())
    tab = fields.String(validate=validate.OneOf(TABS))
    status = fields.String()
    status_words = fields.String()
    fit = fields.String(validate=validate.OneOf(["may_fit", "ask", "probably_not"]))
    criteria = fields.List(fields.Nested(CriterionOut))
    conditions = fields.List(fields.String())
    interventions = fields.List(fields.Nested(InterventionOut))
    contacts = fields.List(fields.Nested(ContactOut))
    nearest_site = fields.Nested(SiteOut, allow_none=True)
    registry_url = fields.String()
    registry_updated_on = fields.Date(allow_none=True)
    imported_at = Moment()
    source = fields.String()
    saved_at = Moment(allow_none=True)
    question_id = fields.UUID(allow_none=True)
    has_changed = fields.Boolean(
        metadata={"description": "A saved study stands otherwise to her than when she saved it"}
    )


class StudyListOut(Out):
    """A page of studies, best first; empty with ``hidden_because`` if she does not want any."""

    items = fields.List(fields.Nested(StudyOut))
    next_cursor = fields.String(allow_none=True)
    hidden_because = fields.String(allow_none=True, validate=validate.OneOf(["trials_not_wanted"]))
    imported_at = Moment(allow_none=True)
    source = fields.String()


class StudyMarkOut(Out):
    """What she did with one study."""

    nct_id = fields.String()
    saved_at = Moment(allow_none=True)
    dismissed_at = Moment(allow_none=True)
    question_id = fields.UUID(allow_none=True)
