"""qixian doctor on the watched folder."""

from pathlib import Path

import pytest
from qixian_command import Run

from tests.engine.notice_sentences import NOTICE_2027


@pytest.fixture
def notices(example: Path) -> Path:
    """The folder beside the configuration, which names it."""
    text = example.read_text(encoding="utf-8")
    example.write_text(text.replace('# folder = "notices"', 'folder = "notices"'), encoding="utf-8")
    folder = example.parent / "notices"
    folder.mkdir()
    return folder


def found(qixian: Run) -> list[tuple[str, str]]:
    rows = qixian("doctor", "--json").rows
    return [(row["level"], row["detail"]) for row in rows if row["name"] == "放假通知"]


def test_the_doctor_shows_what_was_refused_and_what_waits(qixian: Run, notices: Path) -> None:
    qixian("migrate")
    assert found(qixian) == []
    file = notices / "2027.txt"
    file.write_text(NOTICE_2027.replace("共5天", "共4天"), encoding="utf-8")
    ((level, detail),) = found(qixian)
    assert level == "fault"
    assert (
        "2027.txt：放假通知没有导入，“天数”一项不符：劳动节“5月1日（周六）至5日（周三）”写共4天"
        in (detail.replace("(", "（").replace(")", "）"))
    )
    file.write_text(NOTICE_2027, encoding="utf-8")
    assert found(qixian) == [("note", "2027.txt 等待服务导入（qixian serve）")]
    qixian("calendar", "import", str(file))
    assert found(qixian) == []


def test_a_folder_that_is_not_there_is_a_fault(qixian: Run, notices: Path) -> None:
    notices.rmdir()
    ((level, detail),) = found(qixian)
    assert (level, "不是文件夹" in detail) == ("fault", True)
