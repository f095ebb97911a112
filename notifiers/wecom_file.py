"""A text too long for one message of a WeCom robot, as a file: developer.work.weixin.qq.com/document/path/91770."""

from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from zoneinfo import ZoneInfo

import httpx

from notifiers.coded_answer import judge_coded, not_theirs, parse
from notifiers.http_client import Answer, exchange, redact
from notifiers.message import Outcome, OutcomeKind
from notifiers.wecom_answer import ROBOT

PATH = "/cgi-bin/webhook/upload_media"
MEDIA_GONE = ("40007", "41006")  # not this robot's, run out, or missing
_ZONE = ZoneInfo("Asia/Shanghai")
_MORE = "\n……\n全部事项见随后的文件。"


@dataclass(frozen=True)
class File:
    """A file as it is uploaded: more than 5 bytes, and at most 20 MB."""

    name: str
    content: bytes

    @property
    def boundary(self) -> str:
        """The line around the content, which cannot hold its own hash."""
        return sha256(self.content).hexdigest()

    @property
    def request(self) -> bytes:
        """The body of the upload."""
        # The name in bare UTF-8: what httpx makes of it (filename*=) the vendor does not read.
        head = (
            f"--{self.boundary}\r\n"
            f'Content-Disposition: form-data; name="media"; filename="{self.name}"; '
            f"filelength={len(self.content)}\r\n"
            "Content-Type: application/octet-stream\r\n\r\n"
        )
        return head.encode() + self.content + f"\r\n--{self.boundary}--\r\n".encode()


def heading_of(body: str, limit: int) -> str:
    """As many whole lines of a text as fit into `limit` bytes together with the way to the rest."""
    room = limit - len(_MORE.encode())
    kept = body.encode()[: room + 1].decode(errors="ignore")
    return kept.rpartition("\n")[0].rstrip() + _MORE


def file_of(body: str, now: datetime) -> File:
    """A text for every Notepad: with a byte order mark and line ends of Windows."""
    name = f"期限提醒-{now.astimezone(_ZONE):%Y%m%d-%H%M}.txt"
    return File(name, "\r\n".join(body.splitlines()).encode("utf-8-sig"))


async def upload(
    client: httpx.AsyncClient, base: str, key: str, file: File, now: datetime
) -> str | Outcome:
    """The media_id of a file, or why there is none. Nobody has seen anything then, so what is
    unknown is to be tried again."""
    body = file.request
    headers = {"Content-Type": f"multipart/form-data; boundary={file.boundary}"}
    url = f"{base}{PATH}?key={key}&type=file"
    answer = await exchange(client, "POST", url, body, headers)
    outcome = answer if isinstance(answer, Outcome) else judge_coded(answer, now, ROBOT)
    if isinstance(answer, Answer) and outcome.kind is OutcomeKind.ACCEPTED:
        media = parse(answer.body).get("media_id")
        if isinstance(media, str) and media:
            return media
        outcome = not_theirs(answer, ROBOT.name)
    if outcome.kind is OutcomeKind.UNKNOWN:
        outcome = replace(outcome, kind=OutcomeKind.RETRY)
    status = answer.status if isinstance(answer, Answer) else None
    return replace(
        outcome,
        provider="wecom_robot",
        http_status=status,
        detail=redact(outcome.detail, [key]),
        size=len(body),
    )
