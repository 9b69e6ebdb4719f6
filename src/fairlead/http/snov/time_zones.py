"""Time zones as this dialect numbers them: contract, appendix A.

The reference prints blanks where names of the IANA have underscores; both are understood, the latter is said.
"""

from typing import Final

from fairlead.kit.refusals import Invalid

# Consecutive ids from the one given; ids between the runs are not used.
# fmt: off
NAMES_FROM: Final[dict[int, str]] = {
    1: """
        Pacific/Midway US/Samoa US/Hawaii US/Alaska America/Los_Angeles America/Tijuana PST8PDT America/Chihuahua
        America/Mazatlan Canada/Mountain US/Arizona US/Mountain Canada/Saskatchewan America/Mexico_City
        America/Monterrey US/Central America/Bogota America/Lima America/Chicago America/Toronto America/New_York
        Canada/Eastern US/East-Indiana US/Eastern America/La_Paz America/Santiago Canada/Atlantic
        America/Buenos_Aires America/Sao_Paulo America/Montevideo Canada/Newfoundland Atlantic/South_Georgia
        Atlantic/Cape_Verde Atlantic/Azores Africa/Monrovia UTC Africa/Casablanca Europe/Dublin Europe/Lisbon
        Europe/London Europe/Amsterdam Europe/Belgrade Europe/Berlin Europe/Bratislava Europe/Brussels
        Europe/Budapest Europe/Copenhagen Europe/Ljubljana Europe/Madrid Europe/Paris Europe/Prague Europe/Rome
        Europe/Sarajevo Europe/Skopje Europe/Stockholm Europe/Vienna Europe/Warsaw Europe/Zagreb Africa/Cairo
        Africa/Harare Asia/Jerusalem Europe/Athens Europe/Bucharest Europe/Helsinki Europe/Istanbul Europe/Kyiv
        Europe/Riga Europe/Sofia Europe/Tallinn Europe/Vilnius Africa/Nairobi Asia/Baghdad Asia/Kuwait Asia/Riyadh
        Europe/Minsk Europe/Moscow Europe/Volgograd Asia/Baku Asia/Dubai Asia/Muscat Asia/Tbilisi Asia/Yerevan
        Asia/Kabul Asia/Karachi Asia/Tashkent Asia/Calcutta Asia/Kolkata Asia/Kathmandu Asia/Almaty Asia/Dhaka
        Asia/Urumqi Asia/Rangoon Asia/Bangkok Asia/Jakarta Asia/Novosibirsk Asia/Krasnoyarsk Asia/Shanghai
        Asia/Hong_Kong Asia/Chongqing Asia/Kuala_Lumpur Asia/Taipei Asia/Ulan_Bator Australia/Perth Hongkong
        Singapore Asia/Irkutsk Asia/Seoul Asia/Tokyo Asia/Yakutsk Australia/Adelaide Australia/Darwin
        Australia/Brisbane Australia/Canberra Australia/Hobart Australia/Melbourne Australia/Sydney Pacific/Guam
        Pacific/Port_Moresby Asia/Vladivostok Asia/Magadan Asia/Kamchatka Pacific/Auckland Pacific/Fiji
        Pacific/Wallis Pacific/Tongatapu Pacific/Kiritimati Africa/Abidjan Africa/Accra Africa/Addis_Ababa
        Africa/Algiers Africa/Asmara Africa/Bamako Africa/Bangui Africa/Banjul Africa/Bissau Africa/Blantyre
        Africa/Brazzaville Africa/Bujumbura Africa/Ceuta Africa/Conakry Africa/Dakar Africa/Dar_es_Salaam
        Africa/Djibouti Africa/Douala Africa/El_Aaiun Africa/Freetown Africa/Gaborone Africa/Johannesburg
        Africa/Juba Africa/Kampala Africa/Khartoum Africa/Kigali Africa/Kinshasa Africa/Lagos Africa/Libreville
        Africa/Lome Africa/Luanda Africa/Lubumbashi Africa/Lusaka Africa/Malabo Africa/Maputo Africa/Maseru
        Africa/Mbabane Africa/Mogadishu Africa/Ndjamena Africa/Niamey Africa/Nouakchott Africa/Ouagadougou
        Africa/Porto-Novo Africa/Sao_Tome Africa/Tripoli Africa/Tunis Africa/Windhoek America/Adak America/Anchorage
        America/Anguilla America/Antigua America/Araguaina America/Argentina/Buenos_Aires
        America/Argentina/Catamarca America/Argentina/Cordoba America/Argentina/Jujuy America/Argentina/La_Rioja
        America/Argentina/Mendoza America/Argentina/Rio_Gallegos America/Argentina/Salta America/Argentina/San_Juan
        America/Argentina/San_Luis America/Argentina/Tucuman America/Argentina/Ushuaia America/Aruba
        America/Asuncion America/Atikokan America/Bahia America/Bahia_Banderas America/Barbados America/Belem
        America/Belize America/Blanc-Sablon America/Boa_Vista America/Boise America/Cambridge_Bay
        America/Campo_Grande America/Cancun America/Caracas America/Cayenne America/Cayman America/Costa_Rica
        America/Creston America/Cuiaba America/Curacao America/Danmarkshavn America/Dawson America/Dawson_Creek
        America/Denver America/Detroit America/Dominica America/Edmonton America/Eirunepe America/El_Salvador
        America/Fort_Nelson America/Fortaleza America/Glace_Bay America/Godthab America/Goose_Bay America/Grand_Turk
        America/Grenada America/Guadeloupe America/Guatemala America/Guayaquil America/Guyana America/Halifax
        America/Havana America/Hermosillo America/Indiana/Indianapolis America/Indiana/Knox America/Indiana/Marengo
        America/Indiana/Petersburg America/Indiana/Tell_City America/Indiana/Vevay America/Indiana/Vincennes
        America/Indiana/Winamac America/Inuvik America/Iqaluit America/Jamaica America/Juneau
        America/Kentucky/Louisville America/Kentucky/Monticello America/Kralendijk
    """,
    252: """
        America/Lower_Princes America/Maceio America/Managua America/Manaus America/Marigot America/Martinique
        America/Matamoros America/Menominee America/Merida America/Metlakatla
    """,
    263: """
        America/Miquelon America/Moncton America/Montserrat America/Nassau
    """,
    268: """
        America/Nipigon America/Nome America/Noronha America/North_Dakota/Beulah America/North_Dakota/Center
        America/North_Dakota/New_Salem America/Ojinaga America/Panama America/Pangnirtung America/Paramaribo
        America/Phoenix America/Port-au-Prince America/Port_of_Spain America/Porto_Velho America/Puerto_Rico
        America/Punta_Arenas America/Rainy_River America/Rankin_Inlet America/Recife America/Regina America/Resolute
        America/Rio_Branco America/Santarem America/Santo_Domingo
    """,
    293: """
        America/Scoresbysund America/Sitka America/St_Barthelemy America/St_Johns America/St_Kitts America/St_Lucia
        America/St_Thomas America/St_Vincent America/Swift_Current America/Tegucigalpa America/Thule
        America/Thunder_Bay America/Tortola America/Vancouver America/Whitehorse America/Winnipeg America/Yakutat
        America/Yellowknife Antarctica/Casey Antarctica/Davis Antarctica/DumontDUrville Antarctica/Macquarie
        Antarctica/Mawson Antarctica/McMurdo Antarctica/Palmer Antarctica/Rothera Antarctica/Syowa Antarctica/Troll
        Antarctica/Vostok Arctic/Longyearbyen Asia/Aden Asia/Amman Asia/Anadyr Asia/Aqtau Asia/Aqtobe Asia/Ashgabat
        Asia/Atyrau Asia/Bahrain Asia/Barnaul Asia/Beirut Asia/Bishkek Asia/Brunei Asia/Chita Asia/Choibalsan
        Asia/Colombo Asia/Damascus Asia/Dili Asia/Dushanbe Asia/Famagusta Asia/Gaza Asia/Hebron Asia/Ho_Chi_Minh
    """,
    346: """
        Asia/Hovd Asia/Jayapura Asia/Khandyga
    """,
    350: """
        Asia/Kuching Asia/Macau Asia/Makassar Asia/Manila Asia/Nicosia Asia/Novokuznetsk Asia/Omsk Asia/Oral
        Asia/Phnom_Penh Asia/Pontianak Asia/Pyongyang Asia/Qatar Asia/Qostanay Asia/Qyzylorda Asia/Sakhalin
        Asia/Samarkand Asia/Singapore Asia/Srednekolymsk Asia/Tehran Asia/Thimphu Asia/Tomsk Asia/Ulaanbaatar
        Asia/Ust-Nera Asia/Vientiane Asia/Yangon Asia/Yekaterinburg Atlantic/Bermuda Atlantic/Canary
    """,
    379: """
        Atlantic/Faroe Atlantic/Madeira Atlantic/Reykjavik
    """,
    383: """
        Atlantic/St_Helena Atlantic/Stanley Australia/Broken_Hill Australia/Currie Australia/Eucla
        Australia/Lindeman Australia/Lord_Howe Europe/Andorra Europe/Astrakhan Europe/Busingen Europe/Chisinau
        Europe/Gibraltar Europe/Guernsey Europe/Isle_of_Man Europe/Jersey Europe/Kaliningrad Europe/Kirov
        Europe/Luxembourg Europe/Malta Europe/Mariehamn Europe/Monaco Europe/Oslo Europe/Podgorica Europe/Samara
        Europe/San_Marino Europe/Saratov Europe/Simferopol Europe/Tirane Europe/Ulyanovsk Europe/Uzhgorod
        Europe/Vaduz Europe/Vatican Europe/Zaporozhye Europe/Zurich Indian/Antananarivo Indian/Chagos
        Indian/Christmas Indian/Cocos Indian/Comoro Indian/Kerguelen Indian/Mahe Indian/Maldives Indian/Mauritius
        Indian/Mayotte Indian/Reunion Pacific/Apia Pacific/Bougainville Pacific/Chatham Pacific/Chuuk Pacific/Easter
        Pacific/Efate Pacific/Enderbury Pacific/Fakaofo Pacific/Funafuti Pacific/Galapagos Pacific/Gambier
        Pacific/Guadalcanal Pacific/Honolulu Pacific/Kosrae Pacific/Kwajalein Pacific/Majuro Pacific/Marquesas
        Pacific/Nauru Pacific/Niue Pacific/Norfolk Pacific/Noumea Pacific/Pago_Pago Pacific/Palau Pacific/Pitcairn
        Pacific/Pohnpei
    """,
    454: """
        Pacific/Rarotonga Pacific/Saipan Pacific/Tahiti Pacific/Tarawa Pacific/Wake
    """,
}
# fmt: on

NAMES: Final = {
    first + place: name for first, names in NAMES_FROM.items() for place, name in enumerate(names.split())
}
_IDS: Final = {name: id_ for id_, name in reversed(NAMES.items())}
_BY_SPELLING: Final = {name.replace("_", " ").casefold(): name for name in NAMES.values()}


def name_of_id(id_: int, field: str) -> str:
    """The IANA name. Raises `Invalid`."""
    if id_ not in NAMES:
        raise Invalid("unknown_time_zone", f"The {field} is not an id of a time zone.", field=field)
    return NAMES[id_]


def id_of_name(name: str) -> int | None:
    """None for a zone this dialect has no number for."""
    return _IDS.get(name)


def name_of_spelling(text: str, field: str) -> str:
    """The IANA name of a zone spelled with blanks or underscores, in any case. Raises `Invalid`."""
    found = _BY_SPELLING.get(text.strip().replace("_", " ").casefold())
    if found is None:
        raise Invalid("unknown_time_zone", f"The {field} is not a time zone.", field=field)
    return found
