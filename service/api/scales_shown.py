"""What stands under ``scores`` in a response, as the catalog describes it."""

from typing import Any

from service.clinical import Instrument


def scales_shown(one: Instrument) -> list[dict[str, Any]]:
    """Return the scales and parts of a questionnaire, in the order of its scores."""
    scales = [
        {
            "name": scale.name, "title": scale.title, "items": list(scale.items),
            "score": scale.score, "missing": scale.missing, "higher_is": scale.higher_is,
            "bands": [{"from": float(band.low), "name": band.name} for band in scale.bands],
            "bands_status": scale.bands_status,
            "positive_at": None if scale.positive_at is None else float(scale.positive_at),
            "status": scale.status, "source": scale.source, "loinc": scale.loinc,
        }
        for scale in one.scales
    ]  # fmt: skip
    parts = [
        {
            "name": part.name, "title": part.instrument, "items": list(part.items),
            "score": "sum", "missing": "strict", "higher_is": "worse", "bands": [],
            "bands_status": None, "positive_at": part.positive_at, "status": None,
            "source": f"as {part.instrument}", "loinc": part.loinc,
        }
        for part in one.subscales
    ]  # fmt: skip
    return scales + parts
