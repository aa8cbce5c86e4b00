"""The page for administrators."""

from tests.dashboard.conftest import browse  # noqa: F401 - a fixture


def test_an_administrator_adds_an_endpoint_and_sees_its_secret_once(browse):  # noqa: F811
    ada = browse("ada")
    form = {"url": "https://hooks.harbor.example/x", "types": "alert.opened"}
    assert "whsec_" in ada.post("/webhooks", form).get_data(as_text=True)
    page = ada.get("/webhooks").get_data(as_text=True)
    assert "hooks.harbor.example" in page
    assert "whsec_" not in page
