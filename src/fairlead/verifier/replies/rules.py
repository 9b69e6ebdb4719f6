"""The table of replies, one line a rule; the first that matches is the meaning.

The order is the safety of it. A status that has one reading comes first. Then everything a text may say about us, the
sender, the rate or the server, and only after it what a status or a text says about a mailbox: servers put texts like
"sent to too many recipients" behind a 5.1.1, and a block must never be taken for a missing mailbox.

Sources: RFC 5321, 4.2.3; RFC 3463; RFC 7372; RFC 7504; the IANA registry of enhanced status codes; and the replies in
tests/verifier/real_replies, each with its origin.
"""

from fairlead.verifier.replies.model import ReplyMeaning, Rule

M = ReplyMeaning

# fmt: off
BY_STATUS = (
    Rule(M.MAILBOX_FULL, statuses=r"2\.2"),
    Rule(M.SERVER_STATE, statuses=r"3\.1"),
    Rule(M.RATE_LIMITED, statuses=r"5\.3", codes="45."),
    Rule(M.PROTOCOL, "503", r"(?:[05]\.\d)?"),  # RFC 5321: bad sequence of commands
    Rule(M.PROTOCOL, "50[0-24]|555", r"5\.[0-24]"),
    Rule(M.PROTOCOL, "50[0-24]", r"(?:5\.\d)?", r"\bsyntax\b|syntactic|\brequires\b|must (?:contain|have)|\bargument|"
                                                 r"line too long|\bnul\b|unrecogni[sz]ed"),
    Rule(M.PROTOCOL, "5..", "", r"\bno valid recipients\b|synchroni[sz]ation"),
    Rule(M.PROTOCOL, "5..", "", r"smtputf8|unicode e-?mail|internationali[sz]ed (?:mail|address|local)"),
    Rule(M.PROTOCOL, statuses=r"6\.7"),  # RFC 6531: the address needs SMTPUTF8
    Rule(M.POLICY, statuses=r"7\.(?:20|21|22|23|24|26|29|30)"),  # DKIM, SPF, several of them, ARC, REQUIRETLS
    Rule(M.BLOCKED, statuses=r"7\.(?:25|50[1-8]|511|6\d\d|7\d\d)"),  # reverse DNS (RFC 7372); what Exchange Online bans
    Rule(M.BLOCKED, statuses=r"1\.8", text=r"\bclient ip\b|forged hostname"),
    Rule(M.POLICY, statuses=r"1\.[78]"),  # bad sender's mailbox or system
    Rule(M.TRY_LATER, statuses=r"4\.7"),  # it lay in some queue for too long
    Rule(M.SERVER_STATE, "4..", "", r"^[\W_]*internal (?:server )?error"),
    # Exchange Online's edge refuses a name it does not know with these very words.
    Rule(M.NO_SUCH_MAILBOX, "55.", r"4\.1", r"^[\W_]*recipient address rejected: access denied(?!.*\bblock)"),
)

ABOUT_GREYLISTING = (
    Rule(M.GREYLISTED, "4..", "", r"gr[ae]y[- ]?list|\bpostgrey\b|\bdefer_if_permit\b|not whitelisted .*try again"),
)

ABOUT_US = (
    Rule(M.BLOCKED, "", "", r"\b(?:dns|r|s)?bl\b|block(?:ed)?[- ]?list|black[- ]?list|bad reputation"),
    Rule(M.BLOCKED, "", "", r"spamhaus|spamcop|sorbs|barracudacentral|uceprotect|abuseat|mailspike|senderbase|"
                            r"senderscore|cloudmark|invaluement|dnsbl-lookup|sender\.office\.com|abusix|surriel"),
    Rule(M.BLOCKED, "", "", r"\breverse[- ](?:dns|hostname|lookup|name)|\br?dns ptr\b|\bptr\b|\brdns\b|"
                            r"name lookup failed|cannot find your|mismatch\w* client ip|unverif\w+ sending ip|"
                            r"forged hostname|client ip address .*does not resolve"),
    Rule(M.RATE_LIMITED, "", "", r"\brate[- ]?limit|\bthrottl|too many (?:concurrent|simultaneous|connections?|"
                                 r"recipients?|messages|errors|bad|invalid|unknown|sessions|rcpt|emails?|mails)|"
                                 r"\bsent (?:to )?too many|receiving mail (?:at a rate|too quickly)|slow down|too much mail"),
    Rule(M.RATE_LIMITED, "", "", r"connections? (?:rate|frequency|limit|count)|frequency limit|"
                                 r"(?:number of|maximum|max) (?:\w+ )?(?:connections|recipients|messages|sessions)|"
                                 r"(?:hourly|daily|sending|rate) (?:\w+ )?(?:limit|quota)|unusual rate|sending too (?:fast|many)"),
    Rule(M.BLOCKED, "", "", r"\bbanned\b|\breputation\b|user complaints|unexpected volume|\bblocked? (?:ip|for|using|by|"
                            r"-|your|due|because|from)|^[\W_]*blocked\b|\bunsolicited\b|weren't sent|on our block"),
    Rule(M.BLOCKED, "", "", r"\b(?:client|sending|source|your|connecting|remote|sender)(?:'s)? (?:host|ip|server|mta|"
                            r"network|system|provider|address ip|ip address)\b.*?(?:block|reject|den[iy]|bann|listed|"
                            r"refus|not (?:allowed|permitted|accepted|welcome|authori))"),
    Rule(M.BLOCKED, "", "", r"\b(?:adresse )?ip (?:source )?bloqu|not accepting (?:connections|mail from|messages from)|"
                            r"(?:messages|mail|connections?) from (?:\W*|this host |your (?:host|server|ip)\b.*)"
                            r"(?:is |are |was |were )?(?:not accepted|refused|rejected|denied|blocked)|delist"),
    Rule(M.RELAY_DENIED, "", "", r"\brelay(?:ing)?\b(?! recipient table)|\brcpthosts\b|\bhost unknown\b|unknown host|"
                                 r"host does not accept mail|not our (?:domain|customer)|domain .*not (?:hosted|local)\b|"
                                 r"no such domain|unrouteable mail domain|not (?:a )?local domain"),
    Rule(M.POLICY, "", "", r"\bsender\b|\bmail from\b|return[- ]path|\bfrom:? (?:header|address)|\bsubmission\b|"
                           r"\bexp[eé]diteur\b|\babsender\b|\bremitente\b"),
    Rule(M.POLICY, "", "", r"\b(?:spf|dkim|dmarc|arc)\b|\bauthenticat|\bauthoriz|\bauthoris|\bauthrequired\b|"
                           r"not logged in|\bencrypt|\btls\b|\bssl\b|use the smtp server of your"),
    Rule(M.POLICY, "", "", r"\bspam\b|\bspam[- ]|\bjunk\b|\bvirus|\bmalware\b|\bphish|\bube\b|\bcontent\b|\bsuspicious\b|"
                           r"\battachment|\bsecurity\b|\bpolic(?:y|ies)\b|\bprohibit|\bforbidden\b|\bhelo\b|\behlo\b"),
    Rule(M.POLICY, "55.|52.|50.", "", r"\bmessages? (?:size|length|header|too|exceeds|is too)|\bsize (?:limit|exceeds)|"
                                      r"\btoo (?:large|big)\b|\bline (?:is too long|limit|too long)|duplicate message|"
                                      r"message not accepted|mail rej[eé]t|mail rejected|maximum size"),
    Rule(M.POLICY, "5..", "", r"\baccess denied\b|\bpermission denied\b|not (?:allowed|permitted)\b|\brestricted\b|"
                              r"administrative(?:ly)? (?:prohibit|reject|den)|refused by"),
)

ABOUT_THE_SERVER = (
    Rule(M.SERVER_STATE, "", "", r"system (?:storage|resources)|disk (?:space|full)|mail system full|queue file|\bspool\b|"
                                 r"server local error|local (?:configuration|problem)|configuration (?:error|problem)|"
                                 r"too much load|load (?:too|is too) high|overload|internal (?:error|failure)|"
                                 r"out of memory|no space left|space shortage"),
    Rule(M.GREYLISTED, "45[01]", r"2\.0|7\.[01]"),  # what postgrey, milters and Exchange say when they put off a stranger
    Rule(M.TRY_LATER, "", "", r"\btry (?:again )?(?:later|in)\b|\btry again\b|\btemporar\w+ (?:locked|disabled|rejected|"
                              r"deferred|failure|error|unavailable|suspended|lookup|local)|timed out|\bdeferred\b"),
    Rule(M.SERVER_STATE, statuses=r"3\.[0235]"),
    Rule(M.RELAY_DENIED, "5..", r"1\.2|4\.4"),
    Rule(M.POLICY, "5..", r"2\.3|3\.4|6\.\d"),
    Rule(M.POLICY, "4..", r"3\.4|6\.\d"),
)

ABOUT_THE_MAILBOX = (
    # OpenSMTPD's answer to an unknown virtual user: the list it could not expand is the alias that is not there.
    Rule(M.NO_SUCH_MAILBOX, "524", r"2\.4"),
    Rule(M.NO_SUCH_MAILBOX, "556", r"1\.10"),  # RFC 7505: a domain that takes no mail at all
    Rule(M.NO_SUCH_MAILBOX, "55.|511", r"1\.(?:0|1|6|10)"),
    Rule(M.PROTOCOL, "5..", r"1\.3|5\.[1245]"),
    Rule(M.POLICY, "5..", r"7\.\d+"),
    Rule(M.MAILBOX_FULL, "", "", r"\b(?:over|exceeded|exceeds|out of) ?(?:its |the |disk |mail(?:box)? )?quota|"
                                 r"\bquota (?:\w+ )?(?:exceed|limit|full)|overquota|\b(?:mailbox|mailfolder|inbox|account|"
                                 r"user|boite|bo[iî]te|postfach|buz[oó]n|casella)\b.{0,40}\b(?:full|pleine|voll|llen[ao]|"
                                 r"piena|over storage)|insufficient (?:mailbox )?storage"),
    Rule(M.NO_SUCH_MAILBOX, "55.|511|521", "", r"\b(?:user|recipient|mailbox|account|address|addressee|alias|person)s?\b"
                            r"[^;]{0,40}?(?:\bunknown\b|\bnot? (?:be )?(?:found|known|exist)|n't exist|n't have an? |"
                            r"does not exist|\binvalid\b|no longer (?:on|works|valid|here|exists|available)|"
                            r"\bunrout|\bundeliver|not (?:a )?valid\b|not listed|\bunavailable\b|not recogni[sz]ed)"),
    Rule(M.NO_SUCH_MAILBOX, "55.|511|521", "", r"\b(?:unknown|invalid|no such|non-?existent|unrout(?:e)?able|"
                            r"undeliverable|bad|nonexisting) (?:local |virtual |e-?mail |destination |smtp |mail )?"
                            r"(?:user|recipient|mailbox|account|address|addressee|alias|person|local[- ]part)"),
    Rule(M.NO_SUCH_MAILBOX, "55.|511|521", "", r"\bno (?:mailbox|user|account|recipient|one) (?:here|by that|with that|"
                            r"of that|called)|not our user|\bis not deliverable|recip(?:ient)?notfound|nosuchuser"),
    Rule(M.NO_SUCH_MAILBOX, "55.|511|521", "", r"(?:utilisateur|destinataire|adresse|bo[iî]te)\b.{0,30}(?:inconnu|invalide|"
                            r"inexistant|n'existe)|(?:benutzer|empf[aä]nger|postfach|adresse)\b.{0,30}(?:unbekannt|"
                            r"existiert nicht|nicht gefunden|ung[uü]ltig)|(?:usuario|usu[aá]rio|buz[oó]n|cuenta|conta|"
                            r"destinat[aá]rio|utente|casella)\b.{0,30}(?:desconoc|desconhec|inexist|inesist|sconosciut|"
                            r"n[aã]o existe|no existe|non esiste)"),
    Rule(M.NO_SUCH_MAILBOX, "55.|511|521", "", r"(?:пользовател|ящик|адрес)\w*\b.{0,30}не (?:найден|существ)|"
                            r"nie istnieje|nieznany (?:u[zż]ytkownik|adresat|odbiorca)|bestaat niet|onbekende gebruiker|"
                            r"不存在|存在しません"),
    Rule(M.MAILBOX_DISABLED, "5..", "", r"\b(?:account|mailbox|user|recipient|compte)\b.{0,30}(?:disabled|suspended|"
                                        r"inactive|deactivated|blocked|bloqu[eé]|locked|expired|closed|frozen|terminated|"
                                        r"on hold)|(?:disabled|inactive|suspended|closed) (?:account|mailbox|user|recipient)"),
    Rule(M.MAILBOX_DISABLED, "55.", r"2\.1"),
    Rule(M.NO_SUCH_MAILBOX, "551", r"(?:1\.\d)?"),  # RFC 5321, 3.4: the user is not local, and no forward path is known
)

# What is left when neither status nor text told anything.
BY_CODE = (
    Rule(M.SERVER_STATE, "452"),
    Rule(M.SERVER_STATE, "431"),
    Rule(M.TRY_LATER, "4.."),
    Rule(M.PROTOCOL, "50[0-4]|555"),
    Rule(M.PROTOCOL, "5..", r"5\.\d"),
    Rule(M.POLICY, "53[0-9]|512|517|523"),  # authentication; Courier's codes for the sender's domain and for the size
    Rule(M.BLOCKED, "521"),  # RFC 7504: no mail from here
)
# fmt: on

TABLE: tuple[Rule, ...] = (
    *BY_STATUS, *ABOUT_GREYLISTING, *ABOUT_US, *ABOUT_THE_SERVER, *ABOUT_THE_MAILBOX, *BY_CODE,
)  # fmt: skip
