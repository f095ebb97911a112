"""Every channel there is. A new channel is one file, one line here, one test."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import httpx

from notifiers.apprise_channel import AppriseChannel
from notifiers.channel import Configurable, Notifier
from notifiers.console import Console
from notifiers.dingtalk_robot import DingtalkRobot
from notifiers.errors import ChannelConfigError
from notifiers.feishu_robot import FeishuRobot
from notifiers.mail import Mail
from notifiers.webhook import Webhook
from notifiers.wecom_application import WecomApplication
from notifiers.wecom_bot import WecomBot
from notifiers.wecom_robot import WecomRobot
from notifiers.zhezhengding import Zhezhengding

NOTIFIERS: dict[str, type[Configurable]] = {
    "wecom_robot": WecomRobot,
    "wecom_application": WecomApplication,
    "wecom_bot": WecomBot,
    "dingtalk_robot": DingtalkRobot,
    "feishu_robot": FeishuRobot,
    "zhezhengding": Zhezhengding,
    "mail": Mail,
    "webhook": Webhook,
    "console": Console,
    "apprise": AppriseChannel,
}


def build(kind: str, settings: Mapping[str, Any], client: httpx.AsyncClient) -> Notifier:
    """The channel ready to send. Raises ChannelConfigError that names the key at fault."""
    if kind not in NOTIFIERS:
        raise ChannelConfigError(f"没有名为“{kind}”的渠道，可以用的有：{'、'.join(NOTIFIERS)}。")
    return NOTIFIERS[kind].from_settings(settings, client)


def over(notifier: Notifier, client: httpx.AsyncClient) -> Notifier:
    """The same channel over another client, such as one of another event loop; one that speaks no
    HTTP stays as it is, or opens a line for the one message."""
    if isinstance(notifier, WecomApplication):
        return notifier.over(client)  # its token has a client too
    if isinstance(notifier, WecomBot):
        return notifier.by_itself()
    if isinstance(notifier, WecomRobot | DingtalkRobot | FeishuRobot | Zhezhengding | Webhook):
        return replace(notifier, client=client)
    return notifier
