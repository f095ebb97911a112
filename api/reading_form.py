"""How a person who knows no grammar says a reading: the fields of the form, and the value they give."""

from api.errors import BadInput
from api.posted_forms import Posted
from engine.readings import BECOMES
from rules.errors import TermError
from rules.rule import Rule
from rules.terms import Kind
from rules.typed_terms import EXAMPLES, typed_term

WAYS = {
    "limit": "事由发生后多久以内",
    "before": "事由发生前多久",
    "rhythm": "每隔一段时间一次",
    "date": "某一日以前",
    "written": "直接写期限",
}
_OF_KIND = {
    Kind.AFTER_EVENT: "limit",
    Kind.BEFORE_EVENT: "before",
    Kind.PERIODIC: "rhythm",
    Kind.FIXED_DEADLINE: "date",
}
UNITS = {"WD": "个工作日", "D": "日", "H": "小时", "M": "个月"}
EVERY = {
    "P1M": "每月",
    "P1W": "每周",
    "P3M": "每季度",
    "P6M": "每半年",
    "P1Y": "每年",
    "1WD": "每个工作日",
}
DAYS = {
    "end": "期间的最后一日",
    "after_wd": "期间结束后第几个工作日",
    "after_d": "期间结束后第几日",
    "day": "期间最后一个月的几日",
    "workday": "当月第几个工作日（每月）",
    "weekday": "星期几，1 为星期一（每周）",
    "by": "几月几日，写作 03-31（每年）",
}


def ways_of(rule: Rule) -> dict[str, str]:
    """The ways that may lead to a reading of a rule; none where the words settle all."""
    if rule.hard and rule.term.kind is Kind.SIMULTANEOUS:
        return {}
    found = [_OF_KIND[kind] for kind in BECOMES[rule.term.kind] if kind in _OF_KIND]
    return {way: WAYS[way] for way in (*found, "written")}


def examples_of(rule: Rule) -> list[str]:
    """How a reading of the rule may be written."""
    return [words for kind in BECOMES[rule.term.kind] for words in EXAMPLES.get(kind, ())]


def reading_value(form: Posted, rule: Rule) -> str:
    """The value that a filled form means; whether it fits the rule is asked elsewhere. Raises
    BadInput."""
    match form.get("way"):
        case "limit":
            return _amount(form)
        case "before":
            if form.get("unit") == "H":
                raise BadInput("单位：事前的期限不能以小时计，请选工作日或日")
            return _amount(form)
        case "rhythm":
            return _told_apart(_rhythm(form), rule)
        case "date":
            return form.get("date") or _missing("日期")
        case "written":
            return written_value(form.get("written") or _missing("期限"), rule)
    return _missing("办法")


def written_value(typed: str, rule: Rule) -> str:
    """The value of a reading in words or in the grammar. Raises BadInput."""
    try:
        term = typed_term(typed, *BECOMES[rule.term.kind])
    except TermError as error:
        raise BadInput(str(error)) from None
    return _told_apart(term.value, rule) if term.kind is Kind.PERIODIC else term.value


def _told_apart(rhythm: str, rule: Rule) -> str:
    """Where a limit may be decided too `P1M` means within a month; once at least is every month."""
    limits = Kind.AFTER_EVENT in BECOMES[rule.term.kind]
    return f"{rhythm};min=1" if limits and ";" not in rhythm else rhythm


def _amount(form: Posted) -> str:
    number, unit = _number(form.get("number"), "数量"), form.get("unit")
    if unit not in UNITS:
        return _missing("单位")
    return {"WD": f"{number}WD", "H": f"PT{number}H"}.get(unit, f"P{number}{unit}")


def _rhythm(form: Posted) -> str:
    every, day, which = form.get("every"), form.get("day"), form.get("which")
    if every not in EVERY:
        return _missing("多久一次")
    match day:
        case "end":
            return every
        case "after_wd":
            return f"{every};after={_number(which, '第几')}WD"
        case "after_d":
            return f"{every};after={_number(which, '第几')}D"
        case "day" | "workday" | "weekday":
            return f"{every};{day}={_number(which, '第几')}"
        case "by":
            return f"{every};by={which or _missing('第几')}"
    return _missing("最晚哪一天")


def _number(text: str, name: str) -> int:
    if not text:
        return int(_missing(name))
    if not (text.isascii() and text.isdigit() and len(text) <= 4):
        raise BadInput(f"{name}：“{text}”不是数字，请写 1 以上的整数")
    return int(text)


def _missing(name: str) -> str:
    raise BadInput(f"{name}：没有填写")
