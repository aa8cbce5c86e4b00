"""What a phone shows in danger when it has no line: texts and numbers, in her language.

Every text of the levels below, not only those of rules that spoke: which one she needs, nobody
knows beforehand.
"""

from typing import Any

from sqlalchemy.orm import Session

from service.accounts import queries as people
from service.accounts.patient_ref import PatientRef
from service.care.guidance import worded
from service.clinical import knowledge

# Crisis first: who needs that one should not have to scroll.
LEVELS = ("crisis", "emergency")


def safety_card(session: Session, patient: PatientRef) -> dict[str, Any]:
    """Return the crisis and emergency texts and the numbers of her clinic."""
    texts = knowledge().guidance
    phones = people.clinic(session, patient.clinic_id).phones
    slugs = {slug: text.level for (slug, _language), text in texts.items() if text.level in LEVELS}
    items = []
    for slug in sorted(slugs, key=lambda slug: (LEVELS.index(slugs[slug]), slug)):
        said = worded(
            slugs[slug], slug, (), knowledge=knowledge(), locale=patient.locale, phones=phones,
            nobody_on_duty=False,
        )  # fmt: skip
        items.append(
            {
                "slug": slug, "level": said.level, "title": said.title, "text": said.text,
                "phone": said.phone,
            }
        )  # fmt: skip
    return {"phones": dict(phones), "items": items}
