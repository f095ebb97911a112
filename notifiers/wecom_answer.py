"""What WeCom's error codes mean, to a group robot, to an application and to an intelligent robot."""

from collections.abc import Mapping

from notifiers.coded_answer import ACCEPTED, Vendor, rejected, wait
from notifiers.message import Fault, Outcome
from notifiers.robot_refusals import GONE

_NAME = "企业微信"
_BUSY = "企业微信繁忙，稍后会再发。"
_TOO_LONG = rejected(
    Fault.CONTENT, "消息超过企业微信的长度限制，请缩短正文，或减少合并的事项后重发。"
)
_MALFORMED = rejected(Fault.CONTENT, "企业微信不接受消息的格式，请把错误码告诉系统管理员。")
_NO_MEDIA = rejected(Fault.CONTENT, "消息引用的文件已失效或不存在，请重新上传后重发。")
_NOT_IN_ROBOTS_COMPANY = rejected(
    Fault.RECIPIENT, "要提醒的人不在企业通讯录中，请核对其手机号，或去掉点名后重发。"
)
NOBODY = rejected(
    Fault.RECIPIENT, "收件人不在企业通讯录或应用的可见范围内，请核对账号，并请管理员调整可见范围。"
)
_NO_TOKEN = rejected(
    Fault.CONFIG, "企业微信不认可应用的凭证，请核对配置中的 corp_id、secret 和 agent_id。"
)
_NO_RIGHT = rejected(
    Fault.CONFIG, "应用没有发送消息的权限，请企业微信管理员在应用管理中开通后重发。"
)
NO_LOGIN = rejected(
    Fault.CONFIG,
    "企业微信不认可智能机器人的凭证，请从管理后台该机器人的“API模式－长连接”中重新复制 bot_id 和 secret。",
)

_SHARED: Mapping[int, Outcome] = {
    0: ACCEPTED,
    -1: wait(30, _BUSY),  # system busy
    45033: wait(5, _BUSY, hold=True),  # concurrent calls: not the message has to wait, but all
    40007: _NO_MEDIA,
    41006: _NO_MEDIA,
    40008: _MALFORMED,  # msgtype
    40033: rejected(Fault.CONTENT, "消息含有企业微信不接受的字符，请检查事项名称和正文后重发。"),
    40035: _MALFORMED,  # parameter
    40058: _TOO_LONG,  # "exceed max length 4096"
    40063: _MALFORMED,  # empty parameter
    44004: rejected(Fault.CONTENT, "消息正文为空，请补写正文后重发。"),
    45002: _TOO_LONG,
    45008: _TOO_LONG,  # more than eight articles
    45034: rejected(Fault.CONTENT, "消息里的链接不完整，请以 https:// 开头写全后重发。"),
}
_ROBOT: Mapping[int, Outcome] = {
    **_SHARED,
    # The block is lifted after about a minute.
    45009: wait(60, "超过每分钟20条的限制，约一分钟后会再发。", hold=True),
    40001: GONE,  # bad key
    40003: _NOT_IN_ROBOTS_COMPANY,
    46004: _NOT_IN_ROBOTS_COMPANY,
}
_APPLICATION: Mapping[int, Outcome] = {
    **_SHARED,
    45009: wait(60, "超过企业微信的发送频率，约一分钟后会再发。", hold=True),
    40001: _NO_TOKEN,  # secret, or a token that is not the latest
    40013: _NO_TOKEN,  # corpid
    40014: _NO_TOKEN,  # token
    42001: _NO_TOKEN,  # token has run out
    48002: _NO_RIGHT,
    60020: rejected(
        Fault.CONFIG,
        "本机的出口地址不在应用的企业可信IP中，请企业微信管理员添加，约一分钟后生效。",
    ),
    40003: NOBODY,
    46004: NOBODY,
    50002: NOBODY,  # out of the application's scope
    60111: NOBODY,
    81013: NOBODY,  # every recipient is invalid
    60140: rejected(Fault.CONTENT, "卡片已过期或已更新过，不用再改。"),  # response_code
}
_BOT: Mapping[int, Outcome] = {
    **_SHARED,
    45009: wait(60, "超过企业微信的频率限制（一个会话每分钟30条），约一分钟后会再试。", hold=True),
    40003: NOBODY,
    46004: NOBODY,
    60111: NOBODY,
    846609: wait(30, "机器人的长连接已断开，接通后会再发。"),  # not subscribed any more
    853000: NO_LOGIN,  # invalid bot_id or secret
}


def _judge_robot(code: int, _words: str) -> Outcome | None:
    # 93000 is "invalid webhook url"; its unknown neighbours are about the robot as well.
    return GONE if 93000 <= code <= 93999 else _ROBOT.get(code)


def _judge_application(code: int, _words: str) -> Outcome | None:
    return _APPLICATION.get(code)


def _judge_bot(code: int, _words: str) -> Outcome | None:
    return _BOT.get(code)


ROBOT = Vendor(_NAME, _judge_robot)
APPLICATION = Vendor(_NAME, _judge_application)
BOT = Vendor(_NAME, _judge_bot)
