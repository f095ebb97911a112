"""What a group's robot refuses for its settings, in the same words whosever robot it is."""

from notifiers.coded_answer import rejected
from notifiers.message import Fault, Outcome

GONE = rejected(Fault.CONFIG, "机器人已被移除或地址无效，请群主重建机器人并把新地址填入配置。")
NO_KEYWORD = rejected(
    Fault.CONFIG, "消息里没有机器人要求的关键词，请在配置的 keyword 中填写群主设置的关键词。"
)
NOT_FROM_HERE = rejected(
    Fault.CONFIG, "本机的出口地址不在机器人的白名单中，请群主在机器人的安全设置里添加。"
)


def bad_signature(vendor: str) -> Outcome:
    """The secret is another, or a clock is wrong."""
    advice = f"{vendor}不认可签名，请核对配置中的 secret，并检查服务器时钟是否准确（NTP）。"
    return rejected(Fault.CONFIG, advice)
