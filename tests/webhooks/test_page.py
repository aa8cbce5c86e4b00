"""The page for administrators."""

from tests.dashboard.conftest import browse  # noqa: F401 - a fixture


def test_an_administrator_adds_an_endpoint_and_sees_its_secret_once(browse):  # noqa: F811
    ada = browse("ada")
    form = {"url": "https://hooks.harbor.example/x", "types": "alert.opened"}
    assert "whsec_" in ada.post("/webhooks", form).get_data(as_text=True)
    page = ada.get("/webhooks").get_data(as_text=True)
    assert "hooks.harbor.example" in page
    assert "whsec_" not in page


def test_what_is_missing_is_said_in_a_persons_words_and_what_was_typed_stays(browse):  # noqa: F811
    answer = browse("ada").post("/webhooks", {"url": "https://hooks.harbor.example/x"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "Choose at least one." in page
    assert "https://hooks.harbor.example/x" in page


def test_a_system_that_was_switched_off_says_why_and_how_it_goes_on(
    browse, add, report, round_, receiver  # noqa: F811
):  # fmt: skip
    hook = add("report.created")
    receiver.status = 410
    report()
    round_()
    page = browse("ada").get(f"/webhooks/{hook['id']}").get_data(as_text=True)
    assert "it answered that it wants no more" in page
    assert "Switch it on" in page
    assert "Gone" not in page  # a word of ours
