"""The kinds of channels as people call them."""

from collections.abc import Mapping

CHANNEL_NAMES: Mapping[str, str] = {
    "wecom_robot": "企业微信群机器人",
    "wecom_application": "企业微信自建应用",
    "wecom_bot": "企业微信智能机器人",
    "dingtalk_robot": "钉钉群机器人",
    "feishu_robot": "飞书群机器人",
    "zhezhengding": "浙政钉",
    "mail": "邮件",
    "webhook": "其他系统",
    "console": "控制台（只打印，不外发）",
    "apprise": "Apprise",
}
