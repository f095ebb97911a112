"""文件 in a browser: a text is loaded, read with its time phrases marked, and decided phrase by phrase."""

import re
from typing import Any

import pytest
from browser import Browser, signed_in, words
from office import Office

from api.body_limit import LARGEST_BODY
from api.read_texts import ReadTexts
from api.text_parts import LONGEST, MOST, paragraphs, parts_of
from engine.accounts import Role
from engine.database import reading
from engine.loaded_texts import text_of
from rules.audit import Standing, Verdict
from rules.reader import read_document

TEXT = """某市2026年政务公开工作要点
市财政局要按月公开财政收支情况。
各部门要在2026年9月底前编制完成主动公开基本目录，着力提高公开的及时性。
收到信息公开申请之日起20个工作日内予以答复。
"""
PAPER = "/documents/work-2026"


def load(browser: Browser, text: str = TEXT, **fields: str) -> Any:
    return browser.upload("/documents", "work-2026.txt", text.encode(), **fields)


def proposals(office: Office) -> list[Any]:
    return office.everything()["proposal"]


def state(office: Office) -> dict[str, list[Any]]:
    return {k: v for k, v in office.everything().items() if k != "web_session"}


def test_a_text_is_loaded_and_each_phrase_is_decided_in_its_place(office: Office) -> None:
    browser = signed_in(office)
    done = load(browser)
    assert (done.status_code, done.headers["location"]) == (303, f"{PAPER}?said=loaded")
    page = browser.get(done.headers["location"])
    told = words(page)
    assert "正文已载入" in told
    assert "未处理 4" in told
    marks = re.findall(r'<mark id="p(\d+)" class="(\w+) (\w+)">([^<]+)<', page.text)
    assert [(kind, how, phrase) for _, kind, how, phrase in marks] == [
        ("periodic", "open", "按月"),
        ("fixed_deadline", "open", "2026年9月底前"),
        ("vague_prompt", "open", "及时性"),
        ("after_event", "open", "收到信息公开申请之日起20个工作日内"),
    ]
    first, second = marks[0][0], marks[1][0]
    assert f'href="?part=1#p{first}">第一处未处理' in page.text
    assert f'href="?part=1#p{second}">下一处未处理' in page.text
    done = browser.submit("/proposals/1/accept", PAPER)
    place = f"{PAPER}?part=1&said=accepted&at={first}#p{first}"
    assert (done.status_code, done.headers["location"]) == (303, place)
    page = browser.get(place.partition("#")[0])
    assert 'href="/rules/work-2026-01"' in page.text
    assert 'href="/rules/work-2026-01#owed"' in page.text
    assert "已采用：张三，2026-09-25 10:00" in words(page)
    assert browser.get("/rules/work-2026-01").status_code == 200
    browser.submit("/proposals/3/dismiss", PAPER, reason="质量目标")
    told = words(browser.get(PAPER))
    assert "理由：质量目标" in told
    assert "已列为规则 1" in told
    assert "不列为规则 1" in told
    assert "未处理 2" in told
    told = words(browser.get("/documents"))
    assert "已列 1 不列 1 未处理 2" in told


def test_a_proposal_is_edited_and_accepted_in_one_step(office: Office) -> None:
    browser = signed_in(office)
    load(browser)
    form = {
        "quote": "市财政局要按月公开财政收支情况",
        "kind": "periodic",
        "value": "P1M;after=10WD",
        "trigger": "",
        "holders": "市财政局、 市国库中心",
    }
    assert browser.submit("/proposals/1/edit", PAPER, **form, step="accept").status_code == 303
    rule = office.agency.catalogue.rules["work-2026-01"]
    assert (rule.term.value, rule.holders) == ("P1M;after=10WD", ("市财政局", "市国库中心"))
    kinds = [(line.kind, line.by) for line in office.everything()["journal"]]
    assert kinds == [("edit", "张三"), ("accept", "张三")]


def test_a_term_is_typed_in_words(office: Office) -> None:
    browser = signed_in(office)
    load(browser)
    assert '<option value="次月15日前">' in browser.get(PAPER).text
    form = {"quote": "市财政局要按月公开财政收支情况", "kind": "periodic", "holders": ""}
    assert browser.submit("/proposals/1/edit", PAPER, **form, value="次月15日前").status_code == 303
    assert 'value = "P1M;after=15D"' in proposals(office)[0].entry
    assert "期限 每月一次，次月15日前（P1M;after=15D）" in words(browser.get(PAPER))
    for value, told in (
        ("每月第3个工作日前", "期限“每月第3个工作日前”读不懂，可写每月、"),
        ("20个工作日内", "是“事后”的写法，这里应是“周期”"),
        ("", "期限没有写"),
    ):
        answer = browser.submit("/proposals/1/edit", PAPER, **form, value=value)
        assert told in words(answer, 422)
        assert f'name="value" value="{value}"' in answer.text
    assert 'value = "P1M;after=15D"' in proposals(office)[0].entry


def test_a_refused_form_keeps_what_was_typed_and_changes_nothing(office: Office) -> None:
    browser = signed_in(office)
    load(browser)
    before = state(office)
    form = {"quote": "按月公开预算", "kind": "periodic", "value": "P1M", "holders": ""}
    answer = browser.submit("/proposals/1/edit", PAPER, **form)
    assert "不在正文中" in words(answer, 422)
    assert "按月公开预算</textarea>" in answer.text
    answer = browser.submit("/proposals/1/edit", PAPER, **(form | {"value": "P1X"}), step="accept")
    assert 'value="P1X"' in answer.text
    assert "理由：不能为空" in words(browser.submit("/proposals/1/dismiss", PAPER, reason=""), 422)
    assert state(office) == before
    browser.submit("/proposals/1/accept", PAPER)
    again = browser.submit("/proposals/1/accept", PAPER)
    assert "不能再采用" in words(again, 409)


def test_a_later_text_shows_what_it_moves_before_it_is_loaded(office: Office) -> None:
    browser = signed_in(office)
    load(browser)
    browser.submit("/proposals/1/accept", PAPER)
    before = state(office)
    later = TEXT.replace("按月公开", "按季度公开").replace("2026年政务", "2026年度政务")
    answer = browser.upload("/documents", "work-2026.txt", later.encode(), since="2026-10-01")
    told = words(answer)
    assert "还没有载入" in told
    assert "按季度公开财政收支情况" in told
    assert state(office) == before
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', answer.text))
    del hidden["csrf"]
    done = browser.submit("/documents", **hidden)
    assert (done.status_code, done.headers["location"]) == (303, f"{PAPER}?said=loaded")
    changed = next(row for row in proposals(office) if row.change == "changed")
    seen = words(browser.submit(f"/proposals/{changed.id}/accept", PAPER))
    assert "接替 work-2026-01" in seen
    assert "待办事项没有变动" in seen
    done = browser.submit(f"/proposals/{changed.id}/accept", PAPER, step="apply")
    assert done.status_code == 303
    assert office.agency.catalogue.rules[changed.rule].replaces == "work-2026-01"


def test_a_rule_that_a_later_text_does_not_have_is_ended_or_kept(office: Office) -> None:
    browser = signed_in(office)
    load(browser)
    browser.submit("/proposals/1/accept", PAPER)
    later = TEXT.replace("市财政局要按月公开财政收支情况。\n", "")
    load(browser, later, apply="yes", since="2026-10-01")
    (ended,) = [row for row in proposals(office) if row.change == "ended"]
    page = browser.get(PAPER)
    assert "不再有的规则" in words(page)
    assert "待办事项没有变动" in words(browser.submit(f"/proposals/{ended.id}/accept", PAPER))
    done = browser.submit(f"/proposals/{ended.id}/dismiss", PAPER, reason="仍然有效")
    assert done.headers["location"].startswith(f"{PAPER}?said=dismissed")
    assert done.headers["location"].endswith("#ended")
    assert "不再有的规则" not in words(browser.get(PAPER))


def test_a_file_with_a_chinese_name_is_known_by_its_title(office: Office) -> None:
    browser = signed_in(office)
    first = browser.upload("/documents", "某市要点（终稿）.txt", TEXT.encode())
    path = first.headers["location"].partition("?")[0]
    assert re.fullmatch(r"/documents/doc-2026-\d{4}", path)
    again = browser.upload("/documents", "要点 定稿2.txt", f"{TEXT}及时公开。\n".encode())
    assert again.headers["location"] == f"{path}?said=loaded"
    other = browser.upload("/documents", "要点.txt", TEXT.encode(), title="另一个要点")
    assert other.headers["location"].partition("?")[0] != path


#  name                content                      told
REFUSED: list[tuple[str, bytes, dict[str, str], str]] = [
    ("x.pdf", b"%PDF", {}, "只能读"),
    ("empty.txt", b"  ", {}, "没有读到文字"),
    ("x.docx", b"PK\x03\x04", {}, "x.docx"),
    ("要点.txt", "各单位按月公开。".encode(), {}, "看不出是哪份文件"),
    ("x.txt", TEXT.encode(), {"year": "明年"}, "年份：应是整数"),
    ("x.txt", TEXT.encode(), {"id": "大写 X"}, "大写 X"),
    ("x.txt", TEXT.encode(), {"since": "2026-10-01"}, "from"),
    ("a\u202eb.txt", TEXT.encode(), {}, "文件名"),
    ("x.txt", b"a" * (20 * 1024 * 1024 + 1), {}, "文件超过 20 MB"),
]


@pytest.mark.parametrize(("name", "content", "fields", "told"), REFUSED)
def test_what_cannot_be_loaded_is_refused_in_a_sentence(
    office: Office, name: str, content: bytes, fields: dict[str, str], told: str
) -> None:
    browser = signed_in(office)
    before = state(office)
    answer = browser.upload("/documents", name, content, **fields)
    assert told in words(answer, 409 if "since" in fields else 422)
    assert state(office) == before
    for value in fields.values():
        assert f'value="{value}"' in answer.text


def test_a_form_without_a_file_or_with_too_much_says_so(office: Office) -> None:
    browser = signed_in(office)
    assert "请选择文件" in words(browser.submit("/documents"), 422)
    broken = browser.submit("/documents", content="!", name="x.txt")
    assert "请重新选择文件" in words(broken, 422)
    large = browser.upload("/documents", "x.txt", b"a" * LARGEST_BODY)
    assert "至多 28 MB" in words(large, 413)


def test_the_same_text_again_changes_nothing(office: Office) -> None:
    browser = signed_in(office)
    load(browser)
    before = state(office)
    assert load(browser).headers["location"] == f"{PAPER}?said=same"
    assert state(office) == before


def test_a_clerk_reads_and_has_nothing_to_decide(office: Office) -> None:
    office.post("/documents", {"name": "work-2026.txt", "text": TEXT})
    clerk = signed_in(office, Role.CLERK, "finance")
    for path in ("/documents", PAPER):
        page = clerk.get(path)
        assert page.status_code == 200
        assert "/proposals/" not in page.text
        assert 'action="/documents"' not in page.text
    assert "建议" in words(clerk.get(PAPER))
    for verb in ("accept", "edit", "dismiss"):
        assert clerk.submit(f"/proposals/1/{verb}", "/documents", reason="x").status_code == 403
    assert clerk.upload("/documents", "x-1.txt", TEXT.encode()).status_code == 403


def test_stored_markup_is_text(office: Office) -> None:
    browser = signed_in(office)
    text = TEXT.replace("市财政局", "<script>alert(1)</script>市\u202e财政局")
    load(browser, text)
    page = browser.get(PAPER).text
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_a_document_without_a_text_and_one_with_two(office: Office) -> None:
    browser = signed_in(office)
    assert "没有载入正文" in words(browser.get("/documents/guangyuan-2017"))
    assert "没有文件" in words(browser.get("/documents/none"), 404)
    text = "中华人民共和国政府信息公开条例\n行政机关应当及时公开。\n"
    for year in ("2019", "2007"):
        assert "没有载入" in words(browser.get(f"/documents/zfxxgk-tiaoli-{year}"))
        fields = {"id": f"zfxxgk-tiaoli-{year}", "apply": "yes"}
        assert browser.upload("/documents", "x.txt", text.encode(), **fields).status_code == 303
    page = browser.get("/documents/zfxxgk-tiaoli")
    assert 'href="/documents/zfxxgk-tiaoli-2019"' in page.text
    assert "第 1 版" in words(browser.get("/documents/zfxxgk-tiaoli-2019"))


def verdicts_of(text: str) -> list[Verdict]:
    return [Verdict(hit, Standing.OPEN, ()) for hit in read_document(text).hits]


LINE = "市财政局要按月公开财政收支情况，收到申请之日起20个工作日内予以答复。"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("没有时间\n" * 4000, id="no phrase"),
        pytest.param(f"{LINE}\n" * 400, id="many lines"),
        pytest.param(LINE * 600, id="one line without an end"),
        pytest.param("及时，" * 8000, id="nothing but phrases"),
        pytest.param(f"{'字' * (LONGEST - 3)}20个工作日内答复。", id="a phrase across the edge"),
    ],
)
def test_the_parts_of_a_text_are_the_text_and_each_of_them_is_small(text: str) -> None:
    verdicts = verdicts_of(text)
    parts = parts_of(text, verdicts)
    assert "".join(text[part.start : part.end] for part in parts) == text
    assert [one for part in parts for one in part.verdicts] == verdicts
    shown = []
    for part in parts:
        assert part.end - part.start <= LONGEST + 20
        assert len(part.verdicts) <= MOST
        lines = list(paragraphs(text, part))
        whole = "".join(piece.text for line in lines for piece in line.pieces)
        assert whole == text[part.start : part.end].replace("\n", "")
        shown += [one for line in lines for one in line.verdicts]
    assert shown == verdicts


def test_a_long_text_is_read_part_by_part(office: Office) -> None:
    browser = signed_in(office)
    load(browser, TEXT + f"{LINE}\n" * 300)
    page = browser.get(PAPER)
    last = int(re.findall(r"共 (\d+) 部分", page.text)[0])
    assert last > 10
    assert len(page.text) < 250_000
    assert "上一部分" in words(browser.get(f"{PAPER}?part={last}"))
    assert "只有" in words(browser.get(f"{PAPER}?part={last + 1}"), 422)
    done = browser.submit(f"/proposals/{len(proposals(office))}/accept", f"{PAPER}?part={last}")
    assert f"?part={last}&said=accepted" in done.headers["location"]


def test_a_text_that_is_still_being_read_says_so_and_comes_by_itself(office: Office) -> None:
    office.post("/documents", {"name": "work-2026.txt", "text": TEXT})
    impatient, agency = ReadTexts(patience=0), office.agency
    impatient._reader.submit(lambda: None).result()
    with reading(office.db) as session:
        loaded = text_of(session, "work-2026")
    blocked = impatient._reader.submit(__import__("threading").Event().wait, 0.2)
    assert loaded.id
    assert impatient.verdicts_by_now(loaded.id, agency.catalogue, lambda: loaded) is None
    blocked.result()
    found = impatient.verdicts(loaded, agency.catalogue)
    assert impatient.verdicts_by_now(loaded.id, agency.catalogue, lambda: loaded) is found
    impatient.close()
