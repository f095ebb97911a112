"""The examples of the interface's description: for each operation what is asked and answered. They
were recorded (tests/api/interface_tour.py), and a test compares them with what is answered now."""

import json
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "interface_examples.json"


@cache
def examples() -> dict[str, dict[str, Any]]:
    """By method and address."""
    found: dict[str, dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


def add_example(operation: dict[str, Any], example: dict[str, Any]) -> None:
    """Put an example into the description of its operation."""
    operation["summary"] = example["summary"]
    known = example.get("path", {}) | example.get("query", {})
    for parameter in operation.get("parameters", []):
        if parameter["name"] in known:
            parameter["example"] = _typed(parameter, known[parameter["name"]])
    if "body" in example:
        operation["requestBody"]["content"]["application/json"]["example"] = example["body"]
    if "answer" in example:  # not of a workbook
        for content in operation["responses"][example["status"]].get("content", {}).values():
            content["example"] = example["answer"]


def _typed(parameter: dict[str, Any], value: Any) -> Any:
    return int(value) if parameter["schema"].get("type") == "integer" else value
