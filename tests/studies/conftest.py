"""Pages of the registry, and Harbor's studies read from them."""

import json
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
PAGES = [json.loads((HERE / f"ctgov_page{number}.json").read_text()) for number in (1, 2)]


def study(nct_id: str = "NCT99000100", **sections: Any) -> dict[str, Any]:
    """A study of the registry with as little in it as it may have."""
    said = {
        "identificationModule": {"nctId": nct_id, "briefTitle": f"Study {nct_id}"},
        "statusModule": {"overallStatus": "RECRUITING"},
    }
    for name, section in sections.items():
        said[name] = {**said.get(name, {}), **section}
    return {"protocolSection": said}


def with_criteria(text: str, nct_id: str = "NCT99000100", **module: Any) -> dict[str, Any]:
    return study(nct_id, eligibilityModule={"eligibilityCriteria": text, **module})


@pytest.fixture
def imported(call: Any) -> Any:
    """Read studies in for Harbor: the two sample pages, or those given."""

    def imported(*studies: dict[str, Any]) -> Any:
        pages = [{"studies": list(studies)}] if studies else PAGES
        for page in pages:
            answer = call("eva", "POST /studies/import", page)
            assert answer.status_code in (200, 201), answer.json
        return answer.json

    return imported


@pytest.fixture
def ana_wants_studies(call: Any) -> None:
    """Ana, 55, with metastatic ER+ HER2-negative disease in the bone, wants to hear of studies."""
    tell_of(
        call, information_preferences={"trials": True}, birth_year=1970, sex="female", ecog=1,
        home={"lat": 47.6, "lon": -122.3},
    )  # fmt: skip
    diagnose(call)


def tell_of(call: Any, **said: Any) -> None:
    answer = call("ana", "PATCH /patients/me", said)
    assert answer.status_code == 200, answer.json


def diagnose(call: Any, **said: Any) -> None:
    known = {
        "recurrence": "distant", "metastatic_sites": ["bone"], "er": "positive", "pr": "positive",
        "her2": "negative", "mutations": ["ESR1"], "menopausal_status": "post", **said,
    }  # fmt: skip
    answer = call("ana", "PUT /patients/me/diagnosis", known)
    assert answer.status_code in (200, 201), answer.json


@pytest.fixture
def listed(call: Any) -> Any:
    """List her studies: ``{nct_id: item}``, in order."""

    def listed(query: str = "", name: str = "ana", pid: str = "me") -> dict[str, Any]:
        answer = call(name, f"GET /patients/{pid}/studies{query}")
        assert answer.status_code == 200, answer.json
        return {item["nct_id"]: item for item in answer.json["items"]}

    return listed
