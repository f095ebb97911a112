"""What a WeCom robot's answer means. HTTP is 200 for errors too: the errcode decides."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from notifiers.http_client import Answer
from notifiers.message import Fault, Outcome, OutcomeKind


def _wait(seconds: int, hold: bool = False, advice: str = "企业微信繁忙，稍后会再发。") -> Outcome:
    wait = timedelta(seconds=seconds)
    return Outcome(OutcomeKind.RETRY, retry_after=wait, hold=hold, advice=advice)


def _rejected(fault: Fault, advice: str) -> Outcome:
    return Outcome(OutcomeKind.REJECTED, fault, advice=advice)


_TOO_LONG = _rejected(
    Fault.CONTENT, "消息超过企业微信的长度限制，请缩短正文，或减少合并的事项后重发。"
)
_MALFORMED = _rejected(Fault.CONTENT, "企业微信不接受消息的格式，请把错误码告诉系统管理员。")
_ILLEGAL = _rejected(Fault.CONTENT, "消息含有企业微信不接受的字符，请检查事项名称和正文后重发。")
_NO_MEDIA = _rejected(Fault.CONTENT, "消息引用的文件已失效或不存在，请重新上传后重发。")
_NO_MEMBER = _rejected(
    Fault.RECIPIENT, "要提醒的人不在企业通讯录中，请核对其手机号，或去掉点名后重发。"
)
_NO_ROBOT = _rejected(
    Fault.CONFIG, "机器人已被移除或地址无效，请群主重建机器人并把新地址填入配置。"
)
_NOT_WECOM = Outcome(
    OutcomeKind.UNKNOWN,
    advice="回应不是企业微信的格式，可能被网关或登录页拦截，请检查服务器的出口网络。",
)

CODES: Mapping[int, Outcome] = {
    0: Outcome(OutcomeKind.ACCEPTED),
    -1: _wait(30),  # system busy
    45009: _wait(
        60, True, "超过每分钟20条的限制，约一分钟后会再发。"
    ),  # frequency: the block is lifted after about a minute
    45033: _wait(5, hold=True),  # concurrent calls: the robot, not the message, has to wait
    40001: _NO_ROBOT,  # bad key
    40003: _NO_MEMBER,
    46004: _NO_MEMBER,
    40007: _NO_MEDIA,
    41006: _NO_MEDIA,
    40008: _MALFORMED,  # msgtype
    40033: _ILLEGAL,
    40035: _MALFORMED,  # parameter
    40058: _TOO_LONG,  # "exceed max length 4096"
    40063: _MALFORMED,  # empty parameter
    44004: _rejected(Fault.CONTENT, "消息正文为空，请补写正文后重发。"),
    45002: _TOO_LONG,
    45008: _TOO_LONG,  # more than eight articles
    45034: _rejected(Fault.CONTENT, "消息里的链接不完整，请以 https:// 开头写全后重发。"),
}

# A refusal in the provider's own words cannot become a duplicate, whatever its reason. A reminder
# is raised only once: a wrong “rejected” would lose it, a wrong “retry” costs a few calls until
# the engine's own limit ends them.
_UNLISTED = replace(_wait(600), advice="企业微信返回了未收录的错误码，请把错误码告诉系统管理员。")


def judge_answer(answer: Answer) -> Outcome:
    """The outcome for a status of 2xx, or of 4xx without a meaning of its own."""
    told = _parse(answer.body)
    code = told.get("errcode")
    if isinstance(code, int) and not isinstance(code, bool):
        if code == 0 and answer.status >= 400:
            return replace(_NOT_WECOM, code=str(answer.status), detail=answer.text)
        return replace(_judge_code(code), code=str(code), detail=str(told.get("errmsg", "")))
    if answer.status >= 400:
        return _refused_before_wecom(answer)
    return replace(_NOT_WECOM, detail=answer.text)


def _parse(body: bytes) -> dict[str, Any]:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _judge_code(code: int) -> Outcome:
    # 93000 is "invalid webhook url"; its unknown neighbours are about the robot as well.
    if 93000 <= code <= 93999:
        return _NO_ROBOT
    return CODES.get(code, _UNLISTED)


def _refused_before_wecom(answer: Answer) -> Outcome:
    """WeCom itself answers 200: a 4xx comes from a gateway or from a wrong api_base."""
    return Outcome(
        OutcomeKind.REJECTED,
        Fault.CONFIG,
        code=str(answer.status),
        detail=answer.text,
        advice="请求没有到达企业微信，请检查配置中的 api_base 和服务器的出口网络。",
    )
