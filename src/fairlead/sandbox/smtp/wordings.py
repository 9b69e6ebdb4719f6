"""How five kinds of mail server put things: replies in the formats of the real ones, and what they offer.

A template is the whole reply, lines separated by a newline. Its fields: {host} and {ip} (of the client), {helo},
{address} and {domain} (of the one in question), {queue_id}, {token} (made up for the session) and {time}.
Sources: what Postfix 3.7, Exim 4.96 and OpenSMTPD 6.8 were measured to say of unknown users and of pipelining; for
Exchange Online the published 550 5.4.1 of directory-based edge blocking. The other texts keep to the form of their
software and may differ from it in words; codes after RFC 5321, section 4.2, and RFC 3463.
"""

from dataclasses import dataclass, replace
from typing import Final

from fairlead.kit.refusals import Invalid

PIPELINING, SIZE, EIGHT_BIT_MIME = "PIPELINING", "SIZE", "8BITMIME"
SMTPUTF8, STARTTLS, CHUNKING, STATUS_CODES = "SMTPUTF8", "STARTTLS", "CHUNKING", "ENHANCEDSTATUSCODES"

MEGABYTE: Final = 1 << 20


@dataclass(frozen=True)
class Wording:
    """The texts of Postfix stand as defaults."""

    name: str = "postfix"
    offers: tuple[str, ...] = (PIPELINING, SIZE, STARTTLS, STATUS_CODES, EIGHT_BIT_MIME, SMTPUTF8)
    size_limit_bytes: int = 10 * MEGABYTE
    most_recipients: int = 1000
    # A message may come with bare line feeds, which are then made CRLF, and with lines of any length.
    refuses_bare_newlines: bool = False
    longest_body_line: int | None = None

    banner: str = "220 {host} ESMTP Postfix"
    greeting: str = "{host}"
    mail_ok: str = "250 2.1.0 Ok"
    rcpt_ok: str = "250 2.1.5 Ok"
    data_go: str = "354 End data with <CR><LF>.<CR><LF>"
    queued: str = "250 2.0.0 Ok: queued as {queue_id}"
    ok: str = "250 2.0.0 Ok"
    reset: str = "250 2.0.0 Ok"
    bye: str = "221 2.0.0 Bye"
    vrfy: str = "252 2.0.0 {address}"
    tls_go: str = "220 2.0.0 Ready to start TLS"

    unknown_user: str = "550 5.1.1 <{address}>: Recipient address rejected: User unknown in virtual mailbox table"
    disabled: str = "550 5.2.1 <{address}>: Recipient address rejected: Mailbox disabled"
    over_quota: str = "452 4.2.2 <{address}>: Recipient address rejected: Mailbox is over quota"
    not_hosted: str = "554 5.7.1 <{address}>: Relay access denied"
    too_many_recipients: str = "452 4.5.3 Error: too many recipients"
    one_domain: str = "451 4.3.0 <{address}>: Recipient address rejected: Only one destination domain per transaction"

    blocked_banner: str = "554 5.7.1 Service unavailable; Client host [{ip}] blocked using Spamhaus"
    blocked_mail: str = "550 5.7.1 <{address}>: Sender address rejected: Client host [{ip}] blocked by local policy"
    blocked_rcpt: str = (
        "550 5.7.1 Service unavailable; Client host [{ip}] blocked using Spamhaus; "
        "https://check.spamhaus.org/query/ip/{ip}"
    )
    blocked_data: str = "554 5.7.1 Message rejected as spam by content scanner"
    busy: str = "421 4.7.0 {host} Error: try again later"
    no_storage: str = "452 4.3.1 Insufficient system storage"
    too_many_errors: str = "421 4.7.0 {host} Error: too many errors"
    too_many_connections: str = "421 4.7.0 {host} Error: too many connections from {ip}"
    temporary: str = "451 4.3.0 <{address}>: Temporary lookup failure"
    delivery_failed: str = "451 4.3.0 Error: queue file write error"
    timed_out: str = "421 4.4.2 {host} Error: timeout exceeded"

    unrecognized: str = "500 5.5.2 Error: command not recognized"
    not_implemented: str = "502 5.5.1 Error: command not implemented"
    line_too_long: str = "500 5.5.2 Error: line too long"
    syntax: str = "501 5.5.4 Syntax error in parameters or arguments"
    bad_address: str = "501 5.1.3 Bad address syntax"
    not_offered: str = "555 5.5.4 Unsupported option"
    needs_smtputf8: str = "553 5.6.7 Address needs SMTPUTF8, which is not in use"
    need_helo: str = "503 5.5.1 Error: send HELO/EHLO first"
    nested_mail: str = "503 5.5.1 Error: nested MAIL command"
    need_mail: str = "503 5.5.1 Error: need MAIL command"
    need_rcpt: str = "503 5.5.1 Error: need RCPT command"
    no_recipients: str = "554 5.5.1 Error: no valid recipients"
    out_of_order: str = "503 5.5.1 Error: command out of sequence"
    too_big: str = "552 5.3.4 Message size exceeds fixed limit"
    bare_newline: str = "521 5.5.2 {host} Error: bare <LF> received"
    body_line_too_long: str = "550 5.6.0 A line of the message is longer than 998 octets"
    no_auth: str = "503 5.5.1 Error: authentication not enabled"
    no_pipelining: str = "500 5.5.1 Invalid command: Pipelining not supported"


POSTFIX: Final = Wording()

EXIM: Final = Wording(
    name="exim",
    # Exim announces no enhanced codes by default, and its own replies have none.
    offers=(SIZE, EIGHT_BIT_MIME, PIPELINING, STARTTLS, SMTPUTF8),
    size_limit_bytes=50 * MEGABYTE,
    longest_body_line=998,
    banner="220 {host} ESMTP Exim 4.96 {time}",
    greeting="{host} Hello {helo} [{ip}]",
    mail_ok="250 OK",
    rcpt_ok="250 Accepted",
    data_go='354 Enter message, ending with "." on a line by itself',
    queued="250 OK id={queue_id}",
    ok="250 OK",
    reset="250 OK",
    bye="221 {host} closing connection",
    vrfy="252 VRFY not available",
    tls_go="220 TLS go ahead",
    unknown_user="550 Unrouteable address",
    disabled="550 This account is disabled",
    over_quota="552 Mailbox quota exceeded",
    not_hosted="550 relay not permitted",
    too_many_recipients="452 too many recipients",
    one_domain="451 only one destination domain per message",
    blocked_banner="554 Client host [{ip}] blocked using Spamhaus",
    blocked_mail="550 Sending host [{ip}] is blacklisted here",
    blocked_rcpt="550-JunkMail rejected - ({helo}) [{ip}]\n550 is in an RBL, see https://check.spamhaus.org/query/ip/{ip}",
    blocked_data="550 This message was classified as spam",
    busy="421 {host}: Too much load; please try again later",
    no_storage="452 space shortage, please try later",
    too_many_errors="421 {host}: too many nonmail commands",
    too_many_connections="421 {host}: Too many concurrent SMTP connections; please try again later.",
    temporary="451 Temporary local problem - please try later",
    delivery_failed="451 Temporary local problem - please try later",
    timed_out="421 {host}: SMTP command timeout - closing connection",
    unrecognized="500 unrecognized command",
    not_implemented="502 command not implemented",
    line_too_long="500 line too long",
    syntax="501 syntactically invalid argument(s)",
    bad_address="501 <{address}>: malformed address",
    not_offered="555 unsupported option",
    needs_smtputf8="553 utf8 in address needs SMTPUTF8",
    need_helo="503 HELO or EHLO required",
    nested_mail="503 sender already given",
    need_mail="503 sender not yet given",
    need_rcpt="503 valid RCPT command must precede DATA",
    no_recipients="503 valid RCPT command must precede DATA",
    out_of_order="503 command out of sequence",
    too_big="552 Message size exceeds maximum permitted",
    body_line_too_long="550 maximum allowed line length is 998 octets",
    no_auth="503 AUTH command used when not advertised",
)

# Most of what Gmail says ends like this.
_GSMTP: Final = " {token} - gsmtp"

GMAIL: Final = Wording(
    name="gmail",
    offers=(SIZE, EIGHT_BIT_MIME, STARTTLS, STATUS_CODES, PIPELINING, SMTPUTF8),
    size_limit_bytes=150 * MEGABYTE,
    most_recipients=100,
    banner="220 {host} ESMTP" + _GSMTP,
    greeting="{host} at your service, [{ip}]",
    mail_ok="250 2.1.0 OK" + _GSMTP,
    rcpt_ok="250 2.1.5 OK" + _GSMTP,
    data_go="354 Go ahead" + _GSMTP,
    queued="250 2.0.0 OK {queue_id}" + _GSMTP,
    ok="250 2.0.0 OK" + _GSMTP,
    reset="250 2.1.5 Flushed" + _GSMTP,
    bye="221 2.0.0 closing connection" + _GSMTP,
    vrfy="252 2.1.5 Send some mail, I'll try my best" + _GSMTP,
    tls_go="220 2.0.0 Ready to start TLS",
    unknown_user=(
        "550-5.1.1 The email account that you tried to reach does not exist. Please try\n"
        "550-5.1.1 double-checking the recipient's email address for typos or\n"
        "550-5.1.1 unnecessary spaces. For more information, go to\n"
        "550 5.1.1  https://support.google.com/mail/?p=NoSuchUser" + _GSMTP
    ),
    disabled=(
        "550-5.2.1 The email account that you tried to reach is inactive. For more\n"
        "550 5.2.1 information, go to https://support.google.com/mail/?p=DisabledUser" + _GSMTP
    ),
    over_quota=(
        "452-4.2.2 The recipient's inbox is out of storage space. Please direct the\n"
        "452 4.2.2 recipient to https://support.google.com/mail/?p=OverQuotaTemp" + _GSMTP
    ),
    not_hosted="550 5.7.1 Relaying denied for <{address}>" + _GSMTP,
    too_many_recipients="452 4.5.3 Too many recipients" + _GSMTP,
    one_domain=(
        "451-4.3.0 Multiple destination domains per transaction is unsupported.  Please\n451 4.3.0 try again." + _GSMTP
    ),
    blocked_banner="421 4.7.28 [{ip}] Unusual rate of mail from this address; it is blocked for now" + _GSMTP,
    blocked_mail="550 5.7.1 [{ip}] The IP you're using to send mail is not authorized to send directly" + _GSMTP,
    blocked_rcpt="550 5.7.1 Client host [{ip}] blocked using a list of poor senders" + _GSMTP,
    blocked_data=(
        "550-5.7.1 [{ip}] Our system has detected that this message is likely\n"
        "550-5.7.1 unsolicited mail. To reduce the amount of spam, this message has been\n"
        "550 5.7.1 blocked. https://support.google.com/mail/?p=UnsolicitedMessageError" + _GSMTP
    ),
    busy="421 4.7.0 Try again later, closing connection." + _GSMTP,
    no_storage="452 4.3.1 Insufficient system storage" + _GSMTP,
    too_many_errors="421 4.7.0 Too many errors on this connection, closing" + _GSMTP,
    too_many_connections="421 4.7.0 [{ip}] Too many concurrent connections, closing" + _GSMTP,
    temporary="451 4.3.0 Mail server temporarily rejected the command" + _GSMTP,
    delivery_failed="451 4.3.0 Mail server temporarily rejected message." + _GSMTP,
    timed_out="451 4.4.2 Timeout - closing connection." + _GSMTP,
    unrecognized="502 5.5.1 Unrecognized command." + _GSMTP,
    not_implemented="502 5.5.1 Unimplemented command." + _GSMTP,
    line_too_long="500 5.5.2 Line too long." + _GSMTP,
    syntax="555 5.5.2 Syntax error, goodbye." + _GSMTP,
    bad_address="553 5.1.3 The address <{address}> is not valid under RFC 5321." + _GSMTP,
    need_helo="503 5.5.1 EHLO/HELO first." + _GSMTP,
    nested_mail="503 5.5.1 Multiple MAIL commands not allowed." + _GSMTP,
    need_mail="503 5.5.1 MAIL first." + _GSMTP,
    need_rcpt="503 5.5.1 RCPT first." + _GSMTP,
    no_recipients="503 5.5.1 RCPT first." + _GSMTP,
    too_big="552 5.3.4 Your message exceeded the size limit." + _GSMTP,
    no_auth="502 5.5.1 Unrecognized command." + _GSMTP,
)

EXCHANGE: Final = Wording(
    name="exchange",
    offers=(SIZE, PIPELINING, STATUS_CODES, STARTTLS, EIGHT_BIT_MIME, SMTPUTF8),
    size_limit_bytes=150 * MEGABYTE,
    most_recipients=500,
    refuses_bare_newlines=True,
    banner="220 {host} Microsoft ESMTP MAIL Service ready at {time}",
    greeting="{host} Hello [{ip}]",
    mail_ok="250 2.1.0 Sender OK",
    rcpt_ok="250 2.1.5 Recipient OK",
    data_go="354 Start mail input; end with <CRLF>.<CRLF>",
    queued="250 2.6.0 [InternalId={token}, Hostname={host}] {queue_id} Queued mail for delivery",
    ok="250 2.6.0 OK",
    reset="250 2.0.0 Resetting",
    bye="221 2.0.0 Service closing transmission channel",
    vrfy="252 2.1.5 Cannot VRFY user",
    tls_go="220 2.0.0 SMTP server ready",
    # Directory-based edge blocking: what Exchange Online says of an address its tenant does not have.
    unknown_user="550 5.4.1 Recipient address rejected: Access denied. AS(201806281) [{host} {time} {token}]",
    disabled="550 5.2.1 Mailbox cannot be accessed [{host}]",
    over_quota="552 5.2.2 Mailbox full; STOREDRV.Deliver.Exception:QuotaExceededException [{host}]",
    not_hosted="550 5.7.64 TenantAttribution; Relay Access Denied [{host}]",
    too_many_recipients="452 4.5.3 Too many recipients",
    one_domain="451 4.5.3 One destination domain per transaction [{host}]",
    blocked_banner="550 5.7.606 Access denied, banned sending IP [{ip}]",
    blocked_mail="550 5.7.1 Unfortunately, messages from [{ip}] weren't sent. Their network is blocked here (S3140)",
    blocked_rcpt="550 5.7.1 Service unavailable, Client host [{ip}] blocked using Spamhaus. AS(1450) [{host}]",
    blocked_data="554 5.7.1 Message was identified as spam and blocked [{host}]",
    busy="421 4.3.2 Service not active [{host}]",
    no_storage="452 4.3.1 Insufficient system resources",
    too_many_errors="421 4.7.0 Too many errors on this connection, closing transmission channel",
    too_many_connections="421 4.7.652 The mail server [{ip}] has exceeded the maximum number of connections. [{host}]",
    temporary="451 4.7.500 Server busy. Please try again later from [{ip}]. [{host}]",
    delivery_failed="451 4.7.0 Temporary server error. Please try again later. PRX4 [{host}]",
    timed_out="421 4.4.1 Connection timed out",
    unrecognized="500 5.3.3 Unrecognized command",
    not_implemented="502 5.3.3 Command not implemented",
    line_too_long="500 5.5.2 Line too long",
    syntax="501 5.5.4 Invalid arguments",
    bad_address="501 5.1.3 Invalid address",
    need_helo="503 5.5.2 Send hello first",
    nested_mail="503 5.5.2 Sender already specified",
    need_mail="503 5.5.2 Need mail command",
    need_rcpt="503 5.5.2 Need rcpt command",
    no_recipients="503 5.5.2 Need rcpt command",
    too_big="552 5.3.4 Message size exceeds fixed maximum message size",
    bare_newline="550 5.6.11 SMTPSEND.BareLinefeedsAreIllegal; message contains bare linefeeds",
    no_auth="503 5.5.2 AUTH command not available",
)

# What an Exchange server of one's own, or one behind a hybrid setup, says in its place.
EXCHANGE_RESOLVER: Final = replace(
    EXCHANGE,
    name="exchange_resolver",
    unknown_user="550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup",
)

OPENSMTPD: Final = Wording(
    name="opensmtpd",
    # No PIPELINING, and a client that does it anyway is shown the door: see `behavior`.
    offers=(EIGHT_BIT_MIME, STATUS_CODES, SIZE, STARTTLS),
    size_limit_bytes=35 * MEGABYTE,
    banner="220 {host} ESMTP OpenSMTPD",
    greeting="{host} Hello {helo} [{ip}], pleased to meet you",
    mail_ok="250 2.0.0 Ok",
    rcpt_ok="250 2.1.5 Destination address valid: Recipient ok",
    data_go='354 Enter mail, end with "." on a line by itself',
    queued="250 2.0.0 {queue_id} Message accepted for delivery",
    reset="250 2.0.0 Reset state",
    tls_go="220 2.0.0 Ready to start TLS",
    vrfy="252 5.5.1 Cannot VRFY; try RCPT to attempt delivery",
    # Also for an unknown user: expanding it as an alias is what fails.
    unknown_user="524 5.2.4 Mailing list expansion problem",
    disabled="550 5.2.1 Mailbox disabled, not accepting messages",
    over_quota="452 4.2.2 Mailbox full",
    not_hosted="550 5.7.1 Relaying denied for <{address}>",
    too_many_recipients="451 4.5.3 Too many recipients",
    busy="421 4.3.2 System temporarily unavailable",
    no_storage="452 4.3.1 Mail system full",
    too_many_errors="421 4.7.0 Too many errors",
    too_many_connections="421 4.7.0 Too many connections, try again later",
    temporary="421 4.3.0 Temporary Error",
    delivery_failed="421 4.3.0 Temporary Error",
    unrecognized="500 5.5.1 Invalid command: Command unrecognized",
    not_implemented="502 5.5.1 Invalid command: Command not implemented",
    line_too_long="500 5.0.0 Line too long",
    syntax="501 5.5.1 Invalid command arguments",
    bad_address="553 5.1.3 Destination address syntax error",
    need_helo="503 5.5.1 Invalid command: Command not allowed at this point.",
    nested_mail="503 5.5.1 Invalid command: Already in transaction",
    need_mail="503 5.5.1 Invalid command: Command not allowed at this point.",
    need_rcpt="503 5.5.1 Invalid command: Command not allowed at this point.",
    no_recipients="503 5.5.1 Invalid command: Command not allowed at this point.",
)

WORDINGS: Final = {
    wording.name: wording for wording in (POSTFIX, EXIM, GMAIL, EXCHANGE, EXCHANGE_RESOLVER, OPENSMTPD)
}


def wording_named(name: str) -> Wording:
    """Raises `Invalid`."""
    if name not in WORDINGS:
        known = ", ".join(WORDINGS)
        raise Invalid("unknown_wording", f"There is no wording {name!r}; there are {known}.", field="wording")
    return WORDINGS[name]
