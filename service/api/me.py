"""One's own account, and the phones and browsers that ring for it."""

from typing import Any
from uuid import UUID

from flask import current_app, g, request

from service.accounts import actions
from service.accounts.access import Do, Topic
from service.accounts.account_queries import profile_of
from service.accounts.schemas import MeIn, MeOut
from service.api.call import Call, allow
from service.api.problems import ApiBlueprint
from service.audit.actions import log_access
from service.care.status import follow_her
from service.notify.device_actions import put_device, retire_device
from service.notify.device_schemas import DeviceIn, DeviceOut, PushKeyOut
from service.notify.push.vapid import NoWebPush, VapidKey
from service.panel import actions as panel

blp = ApiBlueprint("me", __name__, description="One's own account")


@blp.route("/me", methods=["GET"])
@allow(Topic.ACCOUNT, Do.READ)
@blp.response(200, MeOut)
def show_me(*, call: Call) -> Any:
    """Show one's own account."""
    return profile_of(call.session, call.viewer.account_id)


@blp.route("/me", methods=["PATCH"])
@allow(Topic.ACCOUNT, Do.WRITE)
@blp.arguments(MeIn)
@blp.response(200, MeOut)
def change_me(changes: dict[str, Any], *, call: Call) -> Any:
    """Change how one is addressed and reached; what is left out stays."""
    patient = actions.change_profile(call.session, call.viewer, changes)
    if patient is not None:
        if "display_name" in changes:
            panel.rename(call.session, patient.id, changes["display_name"])
        if "time_zone" in changes:
            follow_her(call.session, patient, changes["time_zone"], change=call.change_of(patient))
        log_access(
            call.session, call.viewer, patient, Topic.PROFILE, Do.WRITE,
            route=request.endpoint or "", request_id=g.request_id, now=call.now,
        )  # fmt: skip
    call.session.flush()
    return profile_of(call.session, call.viewer.account_id)


@blp.route("/me/push-key")
@allow(Topic.ACCOUNT, Do.READ)
@blp.response(200, PushKeyOut)
def show_push_key(*, call: Call) -> Any:
    """Show the key a browser subscribes to pushes with."""
    private = current_app.config["VAPID_PRIVATE_KEY"]
    if private is None:
        raise NoWebPush
    return {"public_key": VapidKey.from_text(private).public_text}


@blp.route("/me/devices/<uuid:device_id>", methods=["PUT"])
@allow(Topic.ACCOUNT, Do.WRITE)
@blp.arguments(DeviceIn)
@blp.response(200, DeviceOut)
@blp.alt_response(201, schema=DeviceOut, description="It rings from now on")
def put_my_device(body: dict[str, Any], device_id: UUID, *, call: Call) -> Any:
    """Let a phone or browser ring for one's reminders; several may."""
    address = body["subscription"] if "subscription" in body else {"token": body["token"]}
    device, is_new = put_device(
        call.session, device_id, account_id=call.viewer.account_id,
        platform=body["platform"], address=address, now=call.now,
    )  # fmt: skip
    return device, 201 if is_new else 200


@blp.route("/me/devices/<uuid:device_id>", methods=["DELETE"])
@allow(Topic.ACCOUNT, Do.WRITE)
@blp.response(204)
def retire_my_device(device_id: UUID, *, call: Call) -> None:
    """Let a phone or browser ring no more."""
    retire_device(call.session, device_id, account_id=call.viewer.account_id, now=call.now)
