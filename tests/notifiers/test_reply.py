"""Answers: which words acknowledge, what is quoted, and what no person wrote."""

import pytest

from notifiers.reply import read_reply

YES = [
    "收到",
    "收到。",
    "“收到”",
    "您好，收到了，谢谢！",
    "领导好：\n我局已签收，马上办理",
    "知悉 张三",
    "好的，按期办理",
    "ＯＫ!",
    "簽收",
    "收到\n\n发自我的iPhone",
    "已阅\n--\n市财政局 有问题请问办公室？",
    "收到\n\n------------------ 原始邮件 ------------------\n发件人: 期限\n没有收到",
    "OK\n\nOn Tue, Sep 22, 2026 at 9:00 AM 期限 <q@a.cn> wrote:\n> not",
]
NO = [
    "",
    "没收到附件",
    "未收到",
    "收到？",
    "收到，但这不是我们单位的",
    "收到\n请问由谁办",
    "您的邮件已收到，会尽快回复",
    "转给李四",
    "> 收到",
    "【期限提醒】市财政局：即将到期1项\n直接回复“收到”即可签收。",
    "在 2026年9月22日 09:00，期限提醒写道：\n收到",
    "发件人：期限提醒\n收到",
]


def letter(body: str, kind: str = "plain", headers: str = "") -> bytes:
    head = (
        f"From: z@u.cn\r\nTo: q@a.cn\r\n{headers}Content-Type: text/{kind}; charset=utf-8\r\n\r\n"
    )
    return (head + body).encode()


@pytest.mark.parametrize("words", YES)
def test_these_words_acknowledge(words: str) -> None:
    found = read_reply(letter(words))
    assert (found.accepts, found.automatic) == (True, False)


@pytest.mark.parametrize("words", NO)
def test_these_do_not(words: str) -> None:
    assert not read_reply(letter(words)).accepts


@pytest.mark.parametrize(
    ("page", "accepts", "words"),
    [
        ("<div>收到</div><blockquote>没有收到</blockquote>", True, "收到"),
        ("<p>收到。</p><div class='gmail_quote'>x</div>", True, "收到。"),
        ("<style>p{}</style><div>&nbsp;</div><includetail>收到</includetail>", False, ""),
        ("<div><b>不是</b>我们的</div>", False, "不是 我们的"),
    ],
)
def test_a_page_is_read_without_what_it_quotes(page: str, accepts: bool, words: str) -> None:
    found = read_reply(letter(page, "html"))
    assert (found.accepts, found.words) == (accepts, words)


@pytest.mark.parametrize(
    "headers",
    [
        "Auto-Submitted: auto-generated\r\n",
        "Precedence: list\r\n",
        "List-Id: <all.u.cn>\r\n",
        "Return-Path: <>\r\n",
        "X-Autoreply: yes\r\n",
        "Subject: =?utf-8?b?6Ieq5Yqo5Zue5aSN?=\r\n",
        "Subject: Out of office\r\n",
    ],
)
def test_what_no_person_wrote_is_known(headers: str) -> None:
    assert read_reply(letter("收到", headers=headers)).automatic


def test_a_report_is_not_a_person() -> None:
    raw = (
        b"From: z@u.cn\r\nContent-Type: multipart/report; boundary=x\r\n\r\n--x\r\n\r\nOK\r\n--x--"
    )
    assert read_reply(raw).automatic
    assert not read_reply(letter("收到", headers="Auto-Submitted: no\r\n")).automatic


def test_of_several_authors_there_is_none() -> None:
    assert read_reply(b"From: a@b.cn, c@d.cn\r\n\r\nOK").author == ""
    assert read_reply(b"From: a@b.cn\r\nFrom: c@d.cn\r\n\r\nOK").author == ""
    assert read_reply(b"From: A <A@B.cn>\r\n\r\nOK").author == "a@b.cn"


def test_an_id_stands_for_the_message_id_or_the_whole_letter() -> None:
    first, again = (read_reply(letter(one, headers="Message-ID: <1@u>\r\n")) for one in "ab")
    assert first.id == again.id
    assert read_reply(letter("a")).id != read_reply(letter("b")).id


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00",
        b"Subject: =?nowhere?b?xx?=\r\nFrom: =?x?q?\xff?= <\xff@\xff>\r\n\r\n",
        b"Content-Type: text/plain; charset=idna\r\n\r\n\xff",
        b"Content-Type: text/html\r\n\r\n" + b"<a" * 40_000,
        b"Content-Type: text/plain\r\n\r\n" + "我".encode() * 40_000,
        b"Content-Type: text/plain\r\n\r\n" + b"- " * 40_000,
        b"".join(
            b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (depth, depth)
            for depth in range(2000)
        ),
    ],
)
def test_whatever_comes_is_read_and_is_no_yes(raw: bytes) -> None:
    assert not read_reply(raw).accepts
