"""Every table of the service, so that ``Base.metadata`` is complete once this is imported."""

from service.accounts import consent_models as consents
from service.accounts import emergency_models as emergencies
from service.accounts import kept_models as kept
from service.accounts import models as accounts
from service.accounts import passkey_models as passkeys
from service.accounts import session_models as sessions
from service.accounts import sso_models as single_sign_on
from service.alerts import models as alerts
from service.audit import models as audit
from service.care import models as care
from service.content import models as content
from service.db import db
from service.erasures import models as erasures
from service.exports import models as exports
from service.journey import models as journey
from service.measures import models as measures
from service.notify import models as notify
from service.notify import webhook_models as webhooks
from service.panel import models as panel
from service.reminders import models as reminders
from service.rulebook import models as rulebook
from service.studies import models as studies
from service.support import models as support
from service.symptoms import models as symptoms
from service.treatments import models as treatments
from service.wellbeing import models as wellbeing

MODULES = (
    accounts, consents, emergencies, kept, passkeys, sessions, single_sign_on, alerts, audit, care,
    content, erasures, exports, journey, measures, notify, panel, reminders, rulebook, studies,
    support, symptoms, treatments, webhooks, wellbeing,
)  # fmt: skip

metadata = db.metadata
