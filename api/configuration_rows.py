"""The configuration as people may see it: what is listed here, and so never a secret."""

from collections.abc import Iterator
from dataclasses import dataclass

from api.configuration import Configuration
from engine.agency import Agency
from engine.ladder import Ladder


@dataclass(frozen=True)
class Setting:
    """One line: the table of the file, the key, and the value in words."""

    table: str
    key: str
    value: str


def settings_of(configuration: Configuration, agency: Agency) -> Iterator[Setting]:
    """Every line; channels by their kind only, for their other keys hold secrets and addresses."""
    server = configuration.server
    yield Setting("[server]", "监听", f"{server.host}:{server.port}")
    yield Setting("[server]", "public_url", server.public_url or "没有填写，消息里没有签收链接")
    yield Setting("[rules]", "规则文件", f"{len(configuration.files)} 个")
    hours = agency.hours
    yield Setting("[reminders]", "提醒时段", f"{hours.begin:%H:%M} 至 {hours.end:%H:%M}")
    yield Setting("[reminders]", "提前推算", f"{agency.horizon_days} 天")
    yield Setting("[reminders]", "错开发送", "是" if agency.spread else "否")
    yield Setting("[calendar]", "适用地区", configuration.region)
    folder = configuration.notice_folder
    yield Setting("[calendar]", "放假通知文件夹", str(folder) if folder else "没有填写")
    yield from _people(configuration, agency)
    yield from map(_ladder, sorted(agency.ladders, key=lambda one: one.id))
    for id_, notifier in agency.channels.items():
        policy = agency.policy(id_)
        after = f"，备用渠道 {policy.fallback}" if policy.fallback else ""
        yield Setting("[[channel]]", id_, f"{notifier.kind}{after}")
    yield Setting("[[unit]]", "单位", f"{len(agency.units)} 个")
    yield Setting("[[duty]]", "责任", f"{len(agency.duties)} 项")
    yield Setting("[[interpretation]]", "口径", f"{len(agency.interpretations)} 条")
    yield Setting("[[season]]", "时段", f"{len(agency.seasons)} 段")


def _people(configuration: Configuration, agency: Agency) -> Iterator[Setting]:
    told = agency.administrator
    words = f"{told.name}，渠道 {'、'.join(told.channels) or '没有填写'}" if told else "没有填写"
    yield Setting("[administrator]", "系统管理员", words)
    minutes = int(configuration.missed_after.total_seconds()) // 60
    heartbeat = "，一切正常时呼叫心跳地址" if configuration.heartbeat else ""
    yield Setting("[watch]", "巡查", f"迟 {minutes} 分钟算漏发{heartbeat}")
    oidc = configuration.oidc
    yield Setting("[oidc]", "统一身份认证", oidc.issuer if oidc else "没有填写")
    wecom = configuration.wecom_sign_in
    said = f"由渠道 {wecom.channel} 的应用" if wecom else "没有填写"
    yield Setting("[wecom_sign_in]", "企业微信登录", said)


def _ladder(ladder: Ladder) -> Setting:
    before = "、".join(map(str, ladder.before)) or "无"
    every = f"逾期后每 {ladder.every} 个工作日" if ladder.every else "逾期后不再提醒"
    return Setting("[[ladder]]", ladder.id, f"宜办日前 {before} 个工作日，{every}")
