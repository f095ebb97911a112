"""阅读器: the cells of task tables, by the words of their header row."""

import pytest

from rules.reader import Hit, read_document

TASKS = """2024年政务公开工作任务分工表

序号 | 任务 | 责任单位 | 完成时限
1 | 编制目录 | 市教育局 | 5个工作日
2 | 公开清单 | 市司法局 | 2024.12.10前
3 | 修订指南 | 市财政局 | 2024-03-15
4 | 培训 | 办公室 | 年底
5 | 通报 | 督查室 | 每月
6 | 维护 | 网信办 | 长期
7 | 回应 | 宣传部 | 即时
"""
SERVICES = """事项名称 | 法定时限（工作日） | 承诺时限 | 牵头单位
许可甲 | 20 | 10（工作日） | 市教育局
许可乙 | 15 | 5个工作日 | 市司法局
"""
RHYTHMS = """| 公开内容 | 更新周期 | 责任部门 |
| 领导信息 | 季度 | 办公室 |
| 统计数据 | 月 | 统计科 |
"""


def hits(text: str) -> tuple[Hit, ...]:
    return read_document(text).hits


def test_a_cell_under_a_time_limit_is_a_requirement_of_its_row() -> None:
    found = [(hit.kind.value, hit.value, hit.duty_holder, hit.quote) for hit in hits(TASKS)]
    assert found == [
        ("after_event", "5WD", "市教育局", "编制目录 | 市教育局 | 5个工作日"),
        ("fixed_deadline", "2024-12-10", "市司法局", "公开清单 | 市司法局 | 2024.12.10前"),
        ("fixed_deadline", "2024-03-15", "市财政局", "修订指南 | 市财政局 | 2024-03-15"),
        ("fixed_deadline", "2024-12-31", "办公室", "培训 | 办公室 | 年底"),
        ("periodic", "P1M", "督查室", "通报 | 督查室 | 每月"),
        ("continuous", "", "网信办", "维护 | 网信办 | 长期"),
        ("vague_prompt", "", "宣传部", "回应 | 宣传部 | 即时"),
    ]


def test_the_unit_stands_in_the_header_or_beside_the_number() -> None:
    found = [(hit.time_phrase, hit.value, hit.duty_holder) for hit in hits(SERVICES)]
    assert found == [
        ("20", "20WD", "市教育局"),
        ("10（工作日）", "10WD", "市教育局"),
        ("15", "15WD", "市司法局"),
        ("5个工作日", "5WD", "市司法局"),
    ]


def test_a_period_stands_under_its_header() -> None:
    found = [(hit.value, hit.duty_holder, hit.quote) for hit in hits(RHYTHMS)]
    assert found == [("P3M", "办公室", "领导信息 | 季度"), ("P1M", "统计科", "统计数据 | 月")]


@pytest.mark.parametrize(
    "table",
    [
        "序号 | 名称 | 发布日期\n1 | 指南 | 2024-03-15\n2 | 目录 | 2024-03-16\n",
        "序号 | 事项 | 法定时限（工作日）\n1 | 许可甲 | 无\n",
        "序号 | 事项 | 完成时限\n\n一年来 | 成效 | 20个工作日\n",
        "序号 | 事项 | 完成时限\n1 | 20个工作日\n",
    ],
)
def test_other_cells_are_no_requirements(table: str) -> None:
    assert hits(table) == ()


def test_a_long_task_is_left_out_of_the_quote() -> None:
    table = f"任务 | 单位 | 完成时限\n{'推进公开' * 50} | 市教育局 | 5个工作日\n"
    (hit,) = hits(table)
    assert hit.quote == "市教育局 | 5个工作日"
