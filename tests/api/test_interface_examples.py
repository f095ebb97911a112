"""Every operation has a summary, a tag and an example, and each example is what is answered."""

from typing import Any

from interface_tour import tour
from office import Office

from api.interface_description import describe
from api.interface_examples import examples

RECORDED = dict(tour())
METHODS = {"get", "post", "put", "patch", "delete"}


def shape(value: Any) -> Any:
    """The keys of what is told, and of lists those of their first item."""
    if isinstance(value, dict):
        return {key: shape(one) for key, one in value.items()}
    return [shape(one) for one in value[:1]] if isinstance(value, list) else None


def operations(described: dict[str, Any]) -> dict[str, Any]:
    return {
        f"{method.upper()} {path}": operation
        for path, found in described["paths"].items()
        for method, operation in found.items()
        if method in METHODS
    }


def test_each_example_is_what_is_asked_and_answered() -> None:
    assert list(examples()) == list(RECORDED)
    for name, example in examples().items():
        assert shape(example) == shape(RECORDED[name]), name
        assert example["status"] == RECORDED[name]["status"], name
        assert example.get("body") == RECORDED[name].get("body"), name


def test_every_operation_is_described_in_full(office: Office) -> None:
    described = describe(office.app)
    names = {one["name"] for one in described["tags"]}
    for name, operation in operations(described).items():
        assert name in examples(), f"{name}: add a step to tests/api/interface_tour.py"
        assert set(operation["tags"]) <= names, name
        assert any("一" <= letter <= "鿿" for letter in operation["summary"]), name
        status = examples()[name]["status"]
        for answer in operation["responses"][status]["content"].values():
            assert ("example" in answer) is (answer["schema"].get("format") != "binary"), name
        if body := operation.get("requestBody", {}).get("content", {}).get("application/json"):
            assert "example" in body, name
    assert describe(office.app) == described


def test_no_example_shows_a_secret() -> None:
    text = str(examples())
    assert "qx_…" in text
    assert "whsec_…" in text
    assert "127.0.0.1" not in text
