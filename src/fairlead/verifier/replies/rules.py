"""The table of replies, one line a rule; the first that matches is the meaning.

The order is the safety of it. A status that has one reading comes first. Then everything a text may say about us, the
sender, the rate or the server, and only after it what a status or a text says about a mailbox: servers put texts like
"sent to too many recipients" behind a 5.1.1, and a block must never be taken for a missing mailbox.

Sources: RFC 5321, 4.2.3; RFC 3463; RFC 7372; RFC 7504; the IANA registry of enhanced status codes; and the replies in
tests/verifier/real_replies, each with its origin.
"""

from fairlead.verifier.replies.model import ReplyMeaning, Rule

M = ReplyMeaning
REFUSED = r"55.|511|521"  # the codes a missing mailbox has been told with

BY_STATUS = (
    Rule(M.MAILBOX_FULL, statuses=r"2\.2"),
    Rule(M.SERVER_STATE, statuses=r"3\.1"),
    Rule(M.RATE_LIMITED, "45.", r"5\.3"),
    Rule(M.PROTOCOL, "503", r"(?:[05]\.\d)?"),  # RFC 5321: bad sequence of commands
    Rule(M.PROTOCOL, "50[0-24]|555", r"5\.[0-24]"),
    Rule(M.PROTOCOL, "50[0-24]", r"(?:5\.\d)?", r"\bsyntax\b|syntactic|\brequires\b|must (?:contain|have)|\bargument"),
    Rule(M.PROTOCOL, "50[0-24]", r"(?:5\.\d)?", r"line too long|\bnul\b|unrecogni[sz]ed"),
    Rule(M.PROTOCOL, "5..", text=r"\bno valid recipients\b|synchroni[sz]ation"),
    Rule(M.PROTOCOL, "5..", text=r"smtputf8|unicode e-?mail|internationali[sz]ed (?:mail|address|local)"),
    Rule(M.PROTOCOL, statuses=r"6\.7"),  # RFC 6531: the address needs SMTPUTF8
    Rule(M.POLICY, statuses=r"7\.(?:20|21|22|23|24|26|29|30)"),  # DKIM, SPF, several of them, ARC, REQUIRETLS
    Rule(M.BLOCKED, statuses=r"7\.25"),  # reverse DNS, RFC 7372
    Rule(M.BLOCKED, "5..", r"7\.(?:50[1-8]|511|6\d\d|7\d\d)"),  # what Exchange Online bans
    Rule(M.BLOCKED, statuses=r"1\.8", text=r"\bclient ip\b|forged hostname"),
    Rule(M.POLICY, statuses=r"1\.[78]"),  # the sender's mailbox or system
    Rule(M.TRY_LATER, statuses=r"4\.7"),  # it lay in some queue for too long
    Rule(M.SERVER_STATE, "4..", text=r"^[\W_]*internal (?:server )?error"),
    # Exchange Online's edge refuses a name it does not know with these very words.
    Rule(M.NO_SUCH_MAILBOX, "55.", r"4\.1", r"^[\W_]*recipient address rejected: access denied(?!.*\bblock)"),
)

ABOUT_GREYLISTING = (
    Rule(M.GREYLISTED, "4..", text=r"gr[ae]y[- ]?list|\bpostgrey\b|\bdefer_if_permit\b|not whitelisted .*try again"),
)

ABOUT_US = (
    Rule(M.BLOCKED, text=r"\b(?:dns|r|s)?bl\b|\bdnsbl\b|block(?:ed)?[- ]?list|black[- ]?list|bad reputation|delist"),
    Rule(M.BLOCKED, text=r"spamhaus|spamcop|sorbs|barracudacentral|uceprotect|abuseat|mailspike|abusix|surriel"),
    Rule(M.BLOCKED, text=r"\bresidential (?:ip|address|connection|network)"),
    Rule(M.BLOCKED, text=r"senderbase|senderscore|cloudmark|invaluement|dnsbl-lookup|sender\.office\.com"),
    Rule(M.BLOCKED, text=r"\breverse[- ](?:dns|hostname|lookup|name)|\bptr\b|\brdns\b|name lookup failed"),
    Rule(M.BLOCKED, text=r"cannot find your|forged hostname|mismatch\w* client ip|unverif\w+ sending ip"),
    Rule(M.BLOCKED, text=r"client ip address .{0,99}does not resolve"),
    Rule(M.RATE_LIMITED, text=r"\brate[- ]?limit|\bthrottl|unusual rate|slow down|too much mail|frequency limit"),
    Rule(M.RATE_LIMITED, text=r"too many (?:concurrent|simultaneous|connection|session|recipient|rcpt|e?-?mails?\b)"),
    Rule(M.RATE_LIMITED, text=r"too many (?:messages|errors|bad|invalid|unknown)|\bsent (?:to )?too many"),
    Rule(M.RATE_LIMITED, text=r"receiving mail (?:at a rate|too quickly)|sending too (?:fast|many)"),
    Rule(M.RATE_LIMITED, text=r"connections? (?:rate|frequency|limit|count)"),
    Rule(M.RATE_LIMITED, text=r"\b(?:hourly|daily|sending) (?:limit|quota)"),
    Rule(M.RATE_LIMITED, text=r"(?:number of|maximum|max) (?:\w+ )?(?:connections|recipients|messages|sessions)"),
    Rule(M.BLOCKED, text=r"\bbanned\b|\breputation\b|user complaints|unexpected volume|\bunsolicited\b|weren't sent"),
    Rule(M.BLOCKED, text=r"\bblocked? (?:ip|for|using|by|-|your|due|because|from)|^[\W_]*blocked\b|on our block"),
    Rule(M.BLOCKED, text=r"\b(?:client|sending|source|your|connecting|remote) (?:host|ip|server|mta|network|"
                         r"system|provider)\b.{0,99}?(?:block|reject|den[iy]|listed|refus|not (?:allow|accept))"),
    Rule(M.BLOCKED, text=r"\bip (?:source )?bloqu|not accepting (?:connections|mail from|messages from)"),
    Rule(M.BLOCKED, text=r"(?:messages|mail|connections?) from \W*(?:is |are |was |were )?(?:not accepted|refused|"
                         r"rejected|denied|blocked)|connections not accepted"),
    Rule(M.RELAY_DENIED, text=r"\brelay(?:ing)?\b(?! recipient table)|\brcpthosts\b|\bhost unknown\b|unknown host"),
    Rule(M.RELAY_DENIED, text=r"host does not accept mail|not our (?:domain|customer)|no such domain"),
    Rule(M.RELAY_DENIED, text=r"domain .{0,99}not (?:hosted|local)\b|unrouteable mail domain|not a local domain"),
    Rule(M.POLICY, text=r"\bsender\b|\bmail from\b|return[- ]path|\bfrom:? (?:header|address|domain)|\bsubmission\b"),
    Rule(M.POLICY, text=r"\bexp[eé]diteur\b|\babsender\b|\bremitente\b|\bmittente\b|\bremetente\b|\bnadawc"),
    Rule(M.POLICY, text=r"\b(?:spf|dkim|dmarc|arc)\b|\bauthenticat|\bauthori[sz]|\bauthrequired\b|not logged in"),
    Rule(M.POLICY, text=r"\bencrypt|\btls\b|\bssl\b|use the smtp server of your|\bhelo\b|\behlo\b"),
    Rule(M.POLICY, text=r"\bspam\b|\bspam[- ]|\bjunk\b|\bvirus|\bmalware\b|\bphish|\bube\b|\bcontent\b|\bsuspicious\b"),
    Rule(M.POLICY, text=r"\battachment|\bsecurity\b|\bpolic(?:y|ies)\b|\bprohibit|\bforbidden\b"),
    Rule(M.POLICY, "5..", text=r"\bmessages? (?:size|length|header|too|exceeds|is too)|\bsize (?:limit|exceeds)"),
    Rule(M.POLICY, "5..", text=r"\btoo (?:large|big)\b|\bline (?:is too long|limit|length|too long)|\brfc\b"),
    Rule(M.POLICY, "5..", text=r"duplicate message|message not accepted|mail rejec?t|maximum size|\bheaders?\b"),
    Rule(M.POLICY, "5..", text=r"\baccess denied\b|\bpermission denied\b|not (?:allowed|permitted)\b|\brestricted\b"),
    Rule(M.POLICY, "5..", text=r"administrative(?:ly)? (?:prohibit|reject|den)|refused by"),
)

ABOUT_THE_SERVER = (
    Rule(M.SERVER_STATE, text=r"system (?:storage|resources)|disk (?:space|full)|mail system full|no space left"),
    Rule(M.SERVER_STATE, text=r"queue file|\bspool\b|server local error|out of memory|space shortage|overload"),
    Rule(M.SERVER_STATE, text=r"(?:local )?configuration (?:error|problem)|local problem|internal (?:error|failure)"),
    Rule(M.SERVER_STATE, text=r"too much load|load (?:too|is too) high"),
    Rule(M.GREYLISTED, "45[01]", r"2\.0|7\.[01]"),  # how postgrey, milters and Exchange put off a stranger
    Rule(M.TRY_LATER, text=r"\btry (?:again )?(?:later|in)\b|\btry again\b|timed out|\bdeferred\b"),
    Rule(M.TRY_LATER, text=r"\btemporar\w+ (?:locked|disabled|suspended|unavailable|rejected|local)"),
    Rule(M.TRY_LATER, text=r"\btemporar\w+ (?:failure|error|lookup|problem)"),
    Rule(M.SERVER_STATE, statuses=r"3\.[0235]"),
    Rule(M.RELAY_DENIED, "5..", r"1\.2|4\.4"),
    Rule(M.POLICY, statuses=r"2\.3|3\.4|6\.\d"),
)

ABOUT_THE_MAILBOX = (
    # OpenSMTPD's answer to an unknown virtual user: the list it could not expand is the alias that is not there.
    Rule(M.NO_SUCH_MAILBOX, "524", r"2\.4"),
    Rule(M.NO_SUCH_MAILBOX, "55.|511", r"1\.(?:0|1|6|10)"),
    Rule(M.PROTOCOL, "5..", r"1\.3|5\.[1245]"),
    Rule(M.POLICY, "5..", r"7\.\d+"),
    Rule(M.MAILBOX_FULL, text=r"\b(?:over|exceed(?:ed|s)|out of) ?(?:its |the |disk |mail(?:box)? )?quota|overquota"),
    Rule(M.MAILBOX_FULL, text=r"\bquota (?:\w+ )?(?:exceed|limit|full)|\b(?:mailbox|insufficient) storage"),
    Rule(M.MAILBOX_FULL, text=r"\bexceeded storage allocation"),
    Rule(M.MAILBOX_FULL, text=r"\b(?:mailbox|mailfolder|inbox|account|user)\b.{0,40}\b(?:full|over storage)"),
    Rule(M.MAILBOX_FULL, text=r"\b(?:bo[iî]te|postfach|buz[oó]n|casella)\b.{0,40}\b(?:pleine|voll|llen[ao]|piena)"),
    Rule(M.NO_SUCH_RECIPIENT, "550", text=r"^[\W_]*invalid recipient[\W_]*$"),
    Rule(M.NO_SUCH_MAILBOX, REFUSED, text=r"\b(?:user|recipient|mailbox|account|address|addressee|alias|person)s?\b"
                                          r"[^;]{0,40}?(?:\bunknown\b|\bnot? (?:be )?(?:found|known|exist)|n't exist|"
                                          r"n't have an? |does not exist|\binvalid\b|\bunrout|\bundeliver)"),
    Rule(M.NO_SUCH_MAILBOX, REFUSED, text=r"\b(?:user|recipient|mailbox|account|address|addressee|alias|person)s?\b"
                                          r"[^;]{0,40}?(?:no longer (?:on|works|valid|here|exists|available)|"
                                          r"not (?:a )?valid\b|not listed|\bunavailable\b|not recogni[sz]ed)"),
    Rule(M.NO_SUCH_MAILBOX, REFUSED, text=r"\b(?:unknown|invalid|no such|non-?exist(?:ent|ing)|unroute?able|bad|"
                                          r"undeliverable|illegal) (?:local |virtual |e-?mail |destination |mail )?"
                                          r"(?:user|recipient|mailbox|account|address|addressee|alias|person|local)"),
    Rule(M.NO_SUCH_MAILBOX, REFUSED, text=r"\bno (?:mailbox|user|account|recipient) (?:here|by that|with that|called)"),
    Rule(M.NO_SUCH_MAILBOX, REFUSED, text=r"not our user|\bis not deliverable|recip(?:ient)?notfound|nosuchuser"),
    Rule(M.NO_SUCH_MAILBOX, REFUSED, text=r"(?:utilisateur|destinataire|adresse|bo[iî]te)\b.{0,30}"
                                          r"(?:inconnu|invalide|inexistant|n'existe)"),
    Rule(M.NO_SUCH_MAILBOX, REFUSED, text=r"(?:benutzer|empf[aä]nger|postfach|adresse)\b.{0,30}"
                                          r"(?:unbekannt|existiert nicht|nicht gefunden|ung[uü]ltig)"),
    Rule(M.NO_SUCH_MAILBOX, REFUSED, text=r"(?:usuario|usu[aá]rio|buz[oó]n|cuenta|conta|destinat[aá]rio)\b.{0,30}"
                                          r"(?:desconoc|desconhec|inexist|n[aã]o existe|no existe)"),
    Rule(M.NO_SUCH_MAILBOX, REFUSED, text=r"(?:utente|casella)\b.{0,30}(?:inesist|sconosciut|non esiste)"),
    Rule(M.NO_SUCH_MAILBOX, REFUSED, text=r"(?:пользовател|ящик|адрес)\w*\b.{0,30}не (?:найден|существ)"),
    Rule(M.NO_SUCH_MAILBOX, REFUSED, text=r"nie istnieje|nieznany (?:u[zż]ytkownik|adresat|odbiorca)"),
    Rule(M.NO_SUCH_MAILBOX, REFUSED, text=r"bestaat niet|onbekende gebruiker|不存在|存在しません"),
    Rule(M.MAILBOX_DISABLED, "5..", text=r"\b(?:account|mailbox|user|recipient|compte)\b.{0,30}(?:disabled|suspended|"
                                         r"inactive|deactivated|blocked|bloqu[eé]|locked|closed|frozen|terminated)"),
    Rule(M.MAILBOX_DISABLED, "5..", text=r"(?:disabled|inactive|suspended|closed) (?:account|mailbox|user|recipient)"),
    Rule(M.MAILBOX_DISABLED, "55.", r"2\.1"),
    Rule(M.NO_SUCH_MAILBOX, "551", r"(?:1\.\d)?"),  # RFC 5321, 3.4: not a local user, and nowhere to forward to
)  # fmt: skip

# What is left when neither status nor text told anything.
BY_CODE = (
    Rule(M.SERVER_STATE, "431|452"),
    Rule(M.TRY_LATER, "4.."),
    Rule(M.PROTOCOL, "50[0-4]|555"),
    Rule(M.PROTOCOL, "5..", r"5\.\d"),
    Rule(M.POLICY, "53.|512|517|523"),  # authentication; Courier's codes for the sender's domain and for the size
    Rule(M.BLOCKED, "521"),  # RFC 7504: no mail from here
)

TABLE: tuple[Rule, ...] = (
    *BY_STATUS,
    *ABOUT_GREYLISTING,
    *ABOUT_US,
    *ABOUT_THE_SERVER,
    *ABOUT_THE_MAILBOX,
    *BY_CODE,
)
