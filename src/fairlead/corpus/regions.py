"""The parts of the world and the countries in them. Source: UN M49, without its intermediate regions where coarser."""

from typing import Final

# fmt: off
SUBREGIONS: Final[dict[str, tuple[str, str]]] = {
    "northern africa": ("africa", "DZ EG EH LY MA SD TN"),
    "eastern africa": ("africa", "BI DJ ER ET IO KE KM MG MU MW MZ RE RW SC SO SS TF TZ UG YT ZM ZW"),
    "middle africa": ("africa", "AO CD CF CG CM GA GQ ST TD"),
    "southern africa": ("africa", "BW LS NA SZ ZA"),
    "western africa": ("africa", "BF BJ CI CV GH GM GN GW LR ML MR NE NG SH SL SN TG"),
    "sub saharan africa": ("africa", "AO BF BI BJ BW CD CF CG CI CM CV DJ ER ET GA GH GM GN GQ GW IO KE KM LR LS MG ML "
                           "MR MU MW MZ NA NE NG RE RW SC SH SL SN SO SS ST SZ TD TF TG TZ UG YT ZA ZM ZW"),
    "northern america": ("americas", "BM CA GL PM US"),
    "caribbean": ("americas", "AG AI AW BB BL BQ BS CU CW DM DO GD GP HT JM KN KY LC MF MQ MS PR SX TC TT VC VG VI"),
    "central america": ("americas", "BZ CR GT HN MX NI PA SV"),
    "south america": ("americas", "AR BO BR BV CL CO EC FK GF GS GY PE PY SR UY VE"),
    "latin america and the caribbean": ("americas", "AG AI AR AW BB BL BO BQ BR BS BV BZ CL CO CR CU CW DM DO EC FK GD "
                                        "GF GP GS GT GY HN HT JM KN KY LC MF MQ MS MX NI PA PE PR PY SR SV SX TC TT UY "
                                        "VC VE VG VI"),
    "central asia": ("asia", "KG KZ TJ TM UZ"),
    "eastern asia": ("asia", "CN HK JP KP KR MN MO TW"),
    "south eastern asia": ("asia", "BN ID KH LA MM MY PH SG TH TL VN"),
    "southern asia": ("asia", "AF BD BT IN IR LK MV NP PK"),
    "western asia": ("asia", "AE AM AZ BH CY GE IL IQ JO KW LB OM PS QA SA SY TR YE"),
    "eastern europe": ("europe", "BG BY CZ HU MD PL RO RU SK UA"),
    "northern europe": ("europe", "AX DK EE FI FO GB GG IE IM IS JE LT LV NO SE SJ"),
    "southern europe": ("europe", "AD AL BA ES GI GR HR IT ME MK MT PT RS SI SM VA"),
    "western europe": ("europe", "AT BE CH DE FR LI LU MC NL"),
    "australia and new zealand": ("oceania", "AU CC CX HM NF NZ"),
    "melanesia": ("oceania", "FJ NC PG SB VU"),
    "micronesia": ("oceania", "FM GU KI MH MP NR PW UM"),
    "polynesia": ("oceania", "AS CK NU PF PN TK TO TV WF WS"),
}
_OTHER_NAMES: Final = {
    "north america": "northern america", "latin america": "latin america and the caribbean",
    "southeast asia": "south eastern asia", "southeastern asia": "south eastern asia", "south asia": "southern asia",
    "east asia": "eastern asia", "middle east": "western asia",
}
# fmt: on
_REGIONS: Final[dict[str, frozenset[str]]] = {
    region: frozenset(code for of, codes in SUBREGIONS.values() if of == region for code in codes.split())
    for region in {of for of, _ in SUBREGIONS.values()}
} | {
    "emea": frozenset(
        code for of, codes in SUBREGIONS.values() if of in ("europe", "africa") for code in codes.split()
    ) | frozenset(SUBREGIONS["western asia"][1].split()),
    "america": frozenset(code for of, codes in SUBREGIONS.values() if of == "americas" for code in codes.split()),
}


def countries_of(name: str) -> frozenset[str]:
    """The codes of the countries in a region or subregion, by its folded English name; none where it is unknown."""
    key = _OTHER_NAMES.get(name, name)
    if key in SUBREGIONS:
        return frozenset(SUBREGIONS[key][1].split())
    return _REGIONS.get(key, frozenset())
