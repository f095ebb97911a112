"""The recorded answers of the tests, given to Apprise and to Qixian: where Apprise reports success and
the message was not taken over for certain. Needs Apprise, which is no part of Qixian. Run: make bench"""

import logging
import sys
from importlib.metadata import version
from pathlib import Path
from unittest.mock import patch

import apprise
import requests

sys.path.insert(0, str(Path(__file__).parents[1]))

from notifiers.message import OutcomeKind
from tests.notifiers.test_outcomes import ROWS

ADDRESSES = {
    "wecom_robot": "wecombot://5a8c3e1f-94b7-4d20-8e6a-c1f7b2d90e43",
    "wecom_application": f"wechat://ww1:{'s' * 43}@1000002/zhang",
    "dingtalk_robot": "dingtalk://3f2c9d1e7b60a8c4",
    "feishu_robot": f"feishu://{'a' * 36}",
    "webhook": "jsons://oa.agency.gov.cn/hooks",
}
TOKEN = b'{"errcode":0,"errmsg":"ok","access_token":"token","expires_in":7200}'


def apprise_says(kind: str, status: int, body: str) -> bool:
    """Does Apprise report success where every message is answered so?"""

    def answer(_session: object, request: requests.PreparedRequest, **_: object) -> object:
        response = requests.Response()
        token = "gettoken" in (request.url or "")
        response.status_code = 200 if token else status
        response._content = TOKEN if token else body.encode()
        response.request, response.url = request, request.url or ""
        return response

    sender = apprise.Apprise()
    assert sender.add(ADDRESSES[kind]), kind
    with patch("requests.Session.send", answer):
        return bool(sender.notify(body="今日到期 2 项"))


def main() -> None:
    logging.disable(logging.CRITICAL)  # Apprise logs each refusal
    print(f"recorded answers through Apprise {version('apprise')}")
    print(f"{'channel':20}{'answers':>8}{'not accepted':>14}{'Apprise: success':>18}")
    wrong = total = 0
    for kind in ADDRESSES:
        rows = [row for row in ROWS if row[0] == kind]
        refused = [row for row in rows if row[3] is not OutcomeKind.ACCEPTED]
        said = sum(apprise_says(kind, status, body) for _, status, body, *_ in refused)
        print(f"{kind:20}{len(rows):8}{len(refused):14}{said:18}")
        wrong, total = wrong + said, total + len(refused)
    print(f"{wrong} of {total} answers that are no acceptance count as success with Apprise")


if __name__ == "__main__":
    main()
