"""What docs/api.md shows works."""

import re
from pathlib import Path
from typing import Any

from engine.news import NewsType
from notifiers.webhook import payload, secret_bytes, sign
from tests.notifiers.scripted import NOW, SECRET

TEXT = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")


def test_the_example_verifies_what_we_sign() -> None:
    (example,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    shown: dict[str, Any] = {}
    exec(example, shown)
    secret, body = secret_bytes(SECRET), payload("obligation.done", NOW, {"x": "逾期"})
    assert secret
    headers = {
        "webhook-id": "a",
        "webhook-timestamp": str(int(NOW.timestamp())),
        "webhook-signature": f"v1,bm8= {sign(secret, 'a', NOW, body)}",
    }
    now = NOW.timestamp()
    assert shown["verify"](SECRET, headers, body, now)
    assert not shown["verify"](SECRET, headers, body + b" ", now)
    assert not shown["verify"](SECRET, headers, body, now + 301)
    assert not shown["verify"](SECRET, {**headers, "webhook-id": "b"}, body, now)


def test_every_event_and_every_metric_is_described() -> None:
    for type_ in NewsType:
        assert f"`{type_}`" in TEXT
    source = (Path(__file__).parents[2] / "api" / "metrics.py").read_text(encoding="utf-8")
    for name in re.findall(r'"(qixian_\w+)"', source):
        assert f"`{name}" in TEXT, name
