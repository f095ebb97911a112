"""What the libraries below refuse, as one Chinese sentence for the command line."""

import re

from sqlalchemy.exc import DBAPIError

from engine.errors import BadDatabase

_USAGE = (
    (r"Missing argument '(.+)'", "缺少参数 {}"),
    (r"Missing option '(.+)'", "缺少选项 {}"),
    (r"Missing command", "没有写明命令"),
    (r"No such command '(.*)'\. Did you mean '(.*)'", "没有命令“{}”，是否想用 {}"),
    (r"No such command '(.*)'", "没有命令“{}”"),
    (r"No such option: (\S+) \(Possible options: (.*)\)", "没有选项 {}，是否想用 {}"),
    (r"No such option: (\S+)", "没有选项 {}"),
    (r"Option '(.+)' requires an argument", "选项 {} 后面缺少值"),
    (r"Option '(.+)' does not take a value", "选项 {} 不带值"),
    (r"Got unexpected extra argument\(s\) \((.*)\)", "多出了“{}”"),
    (r"Invalid value for '(.+)': Input should be a valid integer", "{} 应是整数"),
    (r"Invalid value for '(.+)': Input should be .* than or equal", "{} 的值太大或太小"),
    (r"Invalid value for '(.+)':", "{} 的值不能用"),
)

_DATABASE = {
    "file is not a database": "这个文件不是 SQLite 数据库",
    "unable to open database file": "打不开数据库文件，请检查目录是否存在、有无权限",
    "attempt to write a readonly database": "数据库文件只读，请检查权限",
    "database is locked": "数据库被别的程序占用，请稍后再试",
    "database or disk is full": "磁盘已满",
    "disk I/O error": "磁盘读写出错",
    "database disk image is malformed": "数据库文件已损坏，请用备份恢复",
    "already exists": "数据库里已有别的软件的表，请换一个数据库",
    "NUL (0x00)": "文字中含有空字符，请去掉",
}

# PostgreSQL's own codes: its sentences are in the language of the server.
_SQLSTATES = {
    "22003": "数字太大",
    "22007": "日期不能用",
    "22008": "日期不能用",
    "40P01": "数据库正忙，请稍后再试",
    "42501": "数据库用户没有权限，请管理员把库的所有者改为这个用户",
    "42P07": "数据库里已有别的软件的表，请换一个库",
    "53100": "数据库服务器的磁盘已满",
    "53300": "数据库服务器的连接数已满，请稍后再试",
    "55P03": "数据库被别的写入占用，请稍后再试",
    "57P01": "数据库服务器正在关闭，请稍后再试",
    "57P03": "数据库服务器正在启动，请稍后再试",
}


def usage_in_words(message: str) -> str:
    """Typer's message about wrong usage; empty when nothing at all was asked for."""
    for pattern, words in _USAGE:
        if match := re.match(pattern, message):
            return words.format(*match.groups())
    return message or "没有写明命令"


def database_in_words(error: BadDatabase | DBAPIError) -> str:
    """Our refusal, or the database's own, such as of a file that is none."""
    if isinstance(error, BadDatabase):
        return str(error)
    message = str(error.orig)
    words = _SQLSTATES.get(getattr(error.orig, "sqlstate", None) or "")
    words = words or next((w for part, w in _DATABASE.items() if part in message), message)
    return f"数据库不能用：{' '.join(words.split())}"
