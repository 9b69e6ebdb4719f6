"""The form of an address, and in words what is wrong with it."""

from fairlead.kit.text import ADDRESS_OCTETS, DOMAIN_OCTETS, LOCAL_PART_OCTETS, domain_key, has_control, split_address

LABEL_OCTETS = 63  # RFC 1035, 2.3.4


def parts(address: str) -> tuple[str, str] | str:
    """(local part, domain as an A-label), or a sentence that says why this is no address.

    Source: RFC 5321, 4.1.2 and 4.5.3.1; RFC 6531, 3.3 for letters of all scripts; RFC 5890 for domain names. An
    address literal in square brackets and a domain of one label are refused: no mail from outside reaches them.
    """
    try:
        return split_address(address)
    except (ValueError, UnicodeError):
        return fault(address)


def fault(address: str) -> str:
    """What is wrong with something that is no address, the first thing found."""
    text = address.strip()
    if not text:
        return "The address is empty"
    if has_control(text):
        return "The address contains a control character"
    local, at, domain = text.rpartition("@")
    if not at:
        return "The address has no @"
    return _fault_of_local(local) or _fault_of_domain(domain) or _fault_of_length(local, domain)


def _fault_of_local(local: str) -> str:
    octets = len(local.encode(errors="replace"))
    if not local:
        return "There is nothing before the @"
    if octets > LOCAL_PART_OCTETS:
        return f"The part before the @ has {octets} octets, at most {LOCAL_PART_OCTETS} are allowed"
    if local.startswith('"'):
        return "" if _is_local(local) else "The quoted part before the @ is not closed or holds a wrong character"
    if "@" in local:
        return "The address has more than one @"
    if local.startswith(".") or local.endswith("."):
        return "The part before the @ starts or ends with a dot"
    if ".." in local:
        return "The part before the @ has two dots in a row"
    if not _is_local(local):
        return "The part before the @ has a character that is not allowed"
    return ""


def _is_local(local: str) -> bool:
    try:
        split_address(f"{local}@example.com")
    except (ValueError, UnicodeError):
        return False
    return True


def _fault_of_domain(domain: str) -> str:
    try:
        domain_key(domain)
    except (ValueError, UnicodeError):
        pass
    else:
        # What a domain alone may have around it, an address has not.
        return "The domain has a blank or a dot too many" if domain != domain.strip() or domain.endswith(".") else ""
    labels = domain.split(".")
    if not domain:
        return "There is nothing after the @"
    if domain.startswith("["):
        return "The address names an IP address instead of a domain"
    if "" in labels:
        return "The domain has an empty label"
    if len(labels) < 2:
        return "The domain has only one label"
    if len(domain) > DOMAIN_OCTETS:
        return f"The domain is longer than {DOMAIN_OCTETS} octets"
    if any(len(label) > LABEL_OCTETS for label in labels):
        return f"A label of the domain is longer than {LABEL_OCTETS} octets"
    if labels[-1].isdigit():
        return "The domain ends in a number"
    return "The domain has a character that is not allowed"


def _fault_of_length(local: str, domain: str) -> str:
    octets = len(local.encode(errors="replace")) + 1 + len(domain_key(domain))
    if octets > ADDRESS_OCTETS:
        return f"The address has {octets} octets, at most {ADDRESS_OCTETS} are allowed"
    return "This is not an e-mail address"
