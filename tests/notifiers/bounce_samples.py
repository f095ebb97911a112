"""Letters that came back, in the manner of the mail systems that Chinese offices meet."""

from email.message import EmailMessage
from email.policy import SMTP

ADDRESS = "bounces+" + "0123456789abcdef" * 3 + "@agency.gov.cn"
GONE = "gone@unit.gov.cn"
_RETURNED = b"From: qixian@agency.gov.cn\r\nTo: gone@unit.gov.cn\r\nSubject: =?utf-8?b?5pyf6ZmQ?=\r\n\r\n554 5.7.1 quoted\r\n"


def report(action: str, status: str, diagnostic: str, text: str = "See below.") -> bytes:
    """A report after RFC 3464, as Postfix, Exchange and Exim write it."""
    fields = f"Final-Recipient: rfc822; {GONE}\r\nAction: {action}\r\nStatus: {status}\r\n"
    if diagnostic:
        fields += f"Diagnostic-Code: {diagnostic}\r\n"
    body = (
        f"Return-Path: <>\r\nDelivered-To: {ADDRESS}\r\nFrom: MAILER-DAEMON@mx.unit.gov.cn\r\n"
        f"To: {ADDRESS}\r\nSubject: Undelivered Mail Returned to Sender\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        f"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        f"Reporting-MTA: dns; mx.unit.gov.cn\r\n\r\n{fields}\r\n"
        "--b\r\nContent-Type: message/rfc822\r\n\r\n"
    )
    return body.encode() + _RETURNED + b"--b--\r\n"


def page(
    sender: str, subject: str, text: str, charset: str = "gb18030", html: bool = False
) -> bytes:
    """A letter for people, with the returned one enclosed."""
    letter = EmailMessage(policy=SMTP)
    letter["From"], letter["To"], letter["Subject"] = sender, ADDRESS.upper(), subject
    letter.set_content(text, subtype="html" if html else "plain", charset=charset, cte="base64")
    letter.add_attachment(
        _RETURNED, maintype="application", subtype="octet-stream", filename="x.eml"
    )
    return letter.as_bytes()


POSTFIX = report(
    "failed",
    "5.1.1",
    "smtp; 550 5.1.1 <gone@unit.gov.cn>: Recipient address rejected:\r\n    User unknown",
)
EXCHANGE = report("failed", "5.1.10", "smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found")
DISABLED = report("failed", "5.2.1", "smtp; 550 5.2.1 The email account is disabled")
POSTFIX_DELAYED = report("delayed", "4.4.1", "X-Postfix; connect to mx.unit.gov.cn: timed out")
POSTFIX_EXPIRED = report("failed", "4.4.7", "smtp; 451 4.7.1 greylisted, try again later")
NO_ROUTE = report("failed", "5.4.4", "X-Postfix; Host or domain name not found")
OUR_SENDER = report("failed", "5.1.8", "smtp; 553 5.1.8 sender domain not found")
EXIM_WITHOUT_STATUS = report("failed", "5.0.0", "smtp; 550 Invalid User")
RELAYED = report("relayed", "2.0.0", "")

COREMAIL = page(
    "postmaster@unit.gov.cn",
    "系统退信/Systems bounce",
    "这是来自 Coremail 邮件系统的退信。\n您的邮件未能送达下列收件人：\n"
    "gone@unit.gov.cn\n退信原因：收件人不存在\n英文说明：SMTP error, RCPT TO: 550 User not found: gone@unit.gov.cn\n",
)
COREMAIL_FULL = page(
    "postmaster@unit.gov.cn",
    "系统退信",
    "很抱歉，您的邮件被退回。\n收件人：full@unit.gov.cn\n退信原因：对方邮箱空间已满。\n",
)
QQ = page(
    "PostMaster@qq.com",
    "来自qq.com的退信",
    "<style>p{margin:550px}</style><p>发送失败的收件人：gone@qq.com</p><p>退信原因：收件人邮件地址（gone@qq.com）不存在，邮件无法送达。</p>"
    "<div>host mx3.qq.com[183.57.48.35] said: 550 Mailbox unavailable or access denied</div>",
    html=True,
)
NETEASE = page(
    "Postmaster@163.com",
    "系统退信",
    "抱歉，您的邮件被退回来了……<br>收件人：gone@163.com<br>退信原因：<b>该用户已停用</b><br>"
    "英文说明：MX.163.com said: 550 User suspended",
    "gbk",
    html=True,
)
NETEASE_LIMIT = page(
    "Postmaster@163.com",
    "系统退信",
    "抱歉，您的邮件被退回来了。\n退信原因：发信方短期内发信过多\n英文说明：host said: 451 RP:QRC too many recipients\n",
)
STILL_TRYING = page(
    "postmaster@unit.gov.cn",
    "邮件投递延迟通知",
    "您的邮件暂时无法投递到 slow@unit.gov.cn，系统将继续尝试，无需重发。连接返回：421 busy\n",
    "utf-8",
)
HOLIDAY = page(
    "zhang@unit.gov.cn",
    "自动回复：期限",
    "您好，本人 10 月 1 日至 8 日休假，紧急事项请拨 5501234。服务器 5.1.1.20。\n",
)
GARBAGE = (
    b"To: " + ADDRESS.encode() + b"\r\nContent-Type: text/plain; charset=nowhere\r\n\r\n\xff\xfe"
)
