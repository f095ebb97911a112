"""新的配置: what `qixian init` asked for, as the text of a configuration file."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

OFFICE = "office"  # the id of the agency's own unit
SECRETS = "secrets"  # the folder beside the file


@dataclass(frozen=True)
class UnitAnswer:
    """A unit, and where its mail goes, if anywhere."""

    name: str
    mail: str = ""


@dataclass(frozen=True)
class Answers:
    """`options` are the keys of the channel; `secrets` names those that go into files of their own.
    `database` is an address; one with a password is a secret too."""

    agency: UnitAnswer
    units: tuple[UnitAnswer, ...]
    administrator: str
    kind: str
    options: Mapping[str, str | int]
    secrets: frozenset[str]
    database: str
    port: int

    @property
    def channel(self) -> str:
        """The id of the channel."""
        return self.kind.replace("_", "-")

    @property
    def secret_files(self) -> dict[str, str]:
        """What stands in which file."""
        files = {
            f"{SECRETS}/{self.channel}-{key}": str(value)
            for key, value in self.options.items()
            if key in self.secrets
        }
        if not self.database.startswith("sqlite:"):
            files[f"{SECRETS}/database"] = self.database
        return files


def configuration_text(answers: Answers) -> str:
    """The file: what was answered, and a word on what comes next."""
    return "\n".join(_lines(answers)) + "\n"


def _lines(answers: Answers) -> Iterator[str]:
    yield "# 期限（Qixian）的配置，由 qixian init 写成。全部可写的项目见 config.example.toml；改完用 qixian doctor 检查。"
    yield from (
        "",
        "[server]",
        'host = "127.0.0.1"        # 让别的机器也能打开：先建立帐户，再改为 0.0.0.0',
    )
    yield f"port = {answers.port}"
    yield '# public_url = "http://10.0.0.8:8000/"  # 收件人打得开的网址：每条提醒附签收链接'
    secret = "secrets/database" if f"{SECRETS}/database" in answers.secret_files else ""
    yield from (
        "",
        "[database]",
        f"url = {_text(f'file:{secret}' if secret else answers.database)}",
    )
    yield from ("", "[administrator]", 'name = "系统管理员"')
    if answers.administrator:
        yield f"mail = {_text(answers.administrator)}"
    yield f"channels = [{_text(answers.channel)}]"
    yield from (
        "",
        "[[channel]]",
        f"id = {_text(answers.channel)}",
        f"kind = {_text(answers.kind)}",
    )
    for key, value in answers.options.items():
        kept = f"file:{SECRETS}/{answers.channel}-{key}" if key in answers.secrets else value
        yield f"{key} = {_text(kept) if isinstance(kept, str) else kept}"
    yield from _unit(OFFICE, answers.agency, answers.channel)
    for number, unit in enumerate(answers.units, 1):
        yield from _unit(f"unit-{number}", unit, answers.channel, OFFICE)
    yield ""
    yield "# 责任：哪个单位从哪天起承担哪条规则。规则编号用 qixian rules 查看，也可在网页上载入文件、确认规则后填写。"
    yield "# [[duty]]"
    yield '# rule = "guangyuan-2017-02"'
    yield f'# unit = "{OFFICE}"'
    yield "# from = 2026-01-01"


def _unit(id_: str, unit: UnitAnswer, channel: str, parent: str = "") -> Iterator[str]:
    yield from ("", "[[unit]]", f"id = {_text(id_)}", f"name = {_text(unit.name)}")
    if parent:
        yield f"parent = {_text(parent)}"
    if unit.mail:
        yield f'contacts = [{{ name = "经办人", mail = {_text(unit.mail)} }}]'
    yield f"channels = [{_text(channel)}]"


def _text(value: str) -> str:
    """A TOML string: of what JSON leaves as it is, TOML forbids one character."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
