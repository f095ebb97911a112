"""The interface keeps to its own description: what schemathesis finds to send, with every role."""

import copy
import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from office import Office
from schemathesis.config import SchemathesisConfig
from tables import table

from api.idempotency import HEADER as KEY
from api.interface_description import describe
from engine.accounts import Role
from engine.api_tokens import Scope

# What only the office's own data can tell (a unit's id, a rule's name, a state) no schema can: a
# value that fits the schema may be refused with 422.
EXPECTED = {"expected-statuses": ["2xx", "304", "401", "403", "404", "409", "412", "422"]}
schemathesis.serializer.alias("message/rfc822", "text/plain")
CONFIG = SchemathesisConfig.from_dict({"checks": {"positive_data_acceptance": EXPECTED}})


def operations(described: dict[str, Any]) -> dict[str, Any]:
    """By method and path."""
    schema = schemathesis.openapi.from_dict(described, config=CONFIG)
    return {found.ok().label: found.ok() for found in schema.get_all_operations()}


def without_tokens(described: dict[str, Any]) -> dict[str, Any]:
    """The same for those who sign in: schemathesis only knows how to leave out a token."""
    paths = copy.deepcopy(described)
    for path in paths["paths"].values():
        for operation in path.values():
            operation["security"] = []
    return paths


DESCRIBED = copy.deepcopy(describe(Office().app))  # what is drawn is changed in place
OF_SYSTEMS, OF_PERSONS = operations(DESCRIBED), operations(without_tokens(DESCRIBED))


_RULE = ["guangyuan-2017-02", "guangyuan-2017-43"]
# What there is in the office: without it nearly everything that is sent would be refused.
KNOWN = {
    "reading": ["P1M;after=15D"],
    "decided_on": ["2026-09-24"],
    "document": ["work-2026", "gbf-2016-80"],
    "trigger": ["特别重大、重大突发事件"],
    "year": [2026],
    "region": ["510800", "CN"],
    **{name: [1, 2, 3] for name in ("obligation_id", "proposal_id", "delivery_id")},
    **{name: [1, 2] for name in ("absence_id", "silence_id", "obligation")},
    "subscription_id": [1, 2],
    "url": ["https://oa.invalid/hooks"],
    "role": ["reader"],
    "password": ["长城内外-2026年"],
    "channel": ["mail", "console"],
    "name": ["示例甲"],
    "person": ["示例甲"],
    "rule": _RULE,
    "under": ["finance", "gov-office"],
    "parent": ["finance", "gov-office"],
    "contacts": [[{"name": "赵六", "mobile": "13900000001"}]],
    "channels": [["console"]],
    "feed_id": [1, 2],
    "until": ["2026-09-29", "2026-10-09T08:00"],
    **{name: ["2026-03-02", "2026-09-30"] for name in ("date", "a", "b", "due_from", "due_to")},
    **{name: ["2026-09-24", "2026-09-25T08:00"] for name in ("at", "from", "to", "known_on")},
}
# The same name means another thing here.
_BOOK = b64encode(
    table({"责任": [("guangyuan-2017-02", "archive", "2026-10-01", "", "")]})
).decode()
KNOWN_OF: dict[str, dict[str, list[Any]]] = {
    "/documents": {"id": ["work-2026", "gbf-2016-80"]},
    "/rules": {"id": _RULE},
    "/units": {
        "id": ["museum", "archive", "finance", "library"],
        "name": ["广元市博物馆", "广元市图书馆"],
        "aliases": [[]],
    },
    "/duties": {"from": ["2026-09-01"], "until": ["2026-12-31"], "ladder": ["", "default"]},
    "/import": {"name": ["表.xlsx"], "content": [_BOOK]},
    "/statistics": {"from": ["2026-01-01"], "to": ["2026-12-31"]},
}


def strategy(operation: Any, unit: str) -> st.SearchStrategy[schemathesis.Case]:
    """What fits the schema, with values of the office put in, or as it comes; and what does not."""
    fits = operation.as_strategy(generation_mode=schemathesis.GenerationMode.POSITIVE)
    breaks = operation.as_strategy(generation_mode=schemathesis.GenerationMode.NEGATIVE)
    noun = operation.path.removeprefix("/api/v1").partition("/{")[0].partition(".")[0]
    of_noun = KNOWN_OF.get(f"/{noun.split('/')[1]}", {})
    known = {**KNOWN, "unit": [unit, "finance", "all"], **of_noun}

    @st.composite
    def of_the_office(draw: st.DrawFn) -> schemathesis.Case:
        case = draw(fits)
        for values in (case.path_parameters, case.query, case.body):
            if isinstance(values, dict):
                for name in values.keys() & known.keys():
                    values[name] = draw(st.sampled_from(known[name]))
        if KEY in (case.headers or {}):  # a new request, but for the few that draw the same
            case.headers[KEY] = draw(st.uuids()).hex
        return case

    return st.one_of(of_the_office(), fits, breaks) if has_input(operation) else fits


def has_input(operation: Any) -> bool:
    """Is there anything that a request could have wrong?"""
    return bool(list(operation.iter_parameters()) or operation.body)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Office, str]]:
    """An office behind a real server on loopback."""
    file = tmp_path_factory.mktemp("served") / "qixian.db"  # in memory all threads share one
    office = Office(url=f"sqlite:///{file}").at("2026-09-28 09:00")
    text = "政务公开工作要点（2026年）\n市财政局要按月公开财政收支情况。"
    loaded = {"name": "a.txt", "id": "work-2026", "title": "要点", "year": 2026, "text": text}
    assert office.post("/documents", loaded).status_code == 201
    archive = {
        "id": "archive",
        "name": "广元市档案馆",
        "parent": "finance",
        "channels": ["console"],
    }
    assert office.post("/units", {**archive, "reason": "机构新设"}).status_code == 201
    interpreted = {"reading": "P1M", "decided_by": "办公室", "decided_on": "2026-09-24"}
    decided = {**interpreted, "reason": "口径", "apply": True}
    assert office.post(f"/rules/{_RULE[1]}/interpretation", decided).status_code == 201
    assert office.post("/feeds", {"unit": "finance"}).status_code == 201
    office.tick()
    office.clock.last_tick = office.now
    config = uvicorn.Config(office.app, port=0, log_level="error", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield office, f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("label", list(OF_PERSONS))
def test_an_operation_answers_persons_as_it_says(
    served: tuple[Office, str], label: str, role: Role
) -> None:
    office, url = served
    unit = "" if role is Role.ADMINISTRATOR else "finance"
    headers = dict(office.person(role, unit, f"{role}{label}").headers) | {"origin": url}
    send(OF_PERSONS[label], unit, url, headers)


@pytest.mark.parametrize("scope", list(Scope))
@pytest.mark.parametrize("label", list(OF_SYSTEMS))
def test_an_operation_answers_systems_as_it_says(
    served: tuple[Office, str], label: str, scope: Scope
) -> None:
    office, url = served
    token = office.token(f"{scope} {list(OF_SYSTEMS).index(label)}", scope)
    send(OF_SYSTEMS[label], "", url, {"Authorization": f"Bearer {token}"})


def send(operation: Any, unit: str, url: str, headers: dict[str, str]) -> None:
    """Some requests, each with all checks."""

    @given(case=strategy(operation, unit or "statistics"))
    @settings(
        max_examples=4,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def ask(case: schemathesis.Case) -> None:
        case.call_and_validate(base_url=url, headers=headers)

    ask()
