"""Reading documents: characters a second, what ten times the text costs, and hostile texts.

It reports and always ends with status 0.
"""

from statistics import median
from time import process_time
from timeit import repeat

from rules.catalogue_files import load_catalogue
from rules.reader import read_document

REPEATS = 5
FILLER = (
    "全面贯彻落实党中央、国务院关于政务公开工作的决策部署，推进决策、执行、管理、服务、结果公开。\n",
    "加强政策解读，扩大公众参与，增强公开实效，切实保障人民群众的知情权、参与权、表达权和监督权。",
    "各单位对照目录梳理公开事项，完善平台功能，规范信息发布，做好政府网站与新媒体的内容保障工作。",
)
HOSTILE = (
    *(
        "每",
        "在",
        "、",
        "（",
        "（（（",
        "《",
        "“",
        "自",
        "时",
        "前",
        "内",
        "的",
        "\n",
        "〔",
        "十",
        "两",
        "1 ",
    ),
    *(
        "及时",
        "每年",
        "每季度",
        "12月",
        "2017年",
        "日前",
        "工作日内",
        "第一季度",
        "月度、",
        "實時",
        "当日",
    ),
    *("5日内", "召开前", "按月", "3月1日—", "30分钟内", "之日起", " \n", "。\n", "\n（一）"),
    # Every piece is a hit of its own, with its own quote, trigger and holder.
    *("每年 ", "按月、", "的同时", "自收到之日起5日内，", "每年12月31日前及时"),
)
MEGABYTE = 1 << 20


def document(characters: int) -> str:
    """Quotes of the catalogue among sentences without a time, as dense as in the papers."""
    quotes = [rule.quote for rule in load_catalogue().rules.values()]
    parts = [f"{quote}。{''.join(FILLER)}" for quote in quotes]
    text = "广元市2017年政务公开工作要点\n\n" + "".join(parts)
    return (text * (characters // len(text) + 1))[:characters]


def seconds(text: str, times: int = REPEATS) -> float:
    """Of one core: what else the machine does is not counted."""
    return median(repeat(lambda: read_document(text), timer=process_time, number=1, repeat=times))


def main() -> None:
    read_document("")  # the table of characters is read once
    small, large = document(100_000), document(1_000_000)
    once, tenfold = seconds(small), seconds(large)
    print(f"{'characters a second':<34}{len(large) / tenfold:>12,.0f}  aim >= 300,000")
    print(f"{'ten times the text, time ratio':<34}{tenfold / once:>12.1f}  aim about 10")
    print("\n1 MB of hostile text, against a plain text of as many characters")
    for piece in HOSTILE:
        text = piece * (MEGABYTE // len(piece.encode()))
        cost, tenth = seconds(text, 1), seconds(text[: len(text) // 10], 1)
        ratio = cost / (tenfold * len(text) / len(large))
        print(
            f"{piece!r:<26}{ratio:>8.1f} times; {cost:>6.2f} s; {len(text) / cost:>12,.0f} characters"
            f" a second; ten times the text {cost / tenth:>5.1f}"
        )


if __name__ == "__main__":
    main()
