"""Where companies are: cities, zones, languages, cultures, legal forms, and telephone numbers nobody has.

Numbers lie in ranges set aside for fiction where the country has one (United States, Canada, United Kingdom,
Germany, France, Sweden, Ireland, Australia); elsewhere a block of zeros makes them visibly made up.
`#` in a number is a random digit.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Country:
    code: str
    name: str
    weight: float
    language: str  # of the sites
    cultures: tuple[str, ...]  # the first one is most people's
    cities: tuple[tuple[str, str, str], ...]  # (city, IANA zone, telephone number)
    legal_forms: tuple[str, ...]
    streets: tuple[str, ...]  # with {n} for the house number
    postal: str


_LONDON, _BERLIN, _PARIS, _MADRID = "Europe/London", "Europe/Berlin", "Europe/Paris", "Europe/Madrid"
_NEW_YORK, _CHICAGO, _DENVER, _LOS_ANGELES = (
    "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles",
)  # fmt: skip

COUNTRIES = (
    Country("US", "United States", 24, "en", ("english", "spanish", "indian", "chinese", "vietnamese",
                                              "arabic"),
            (("New York", _NEW_YORK, "+1 212 555 01##"), ("Boston", _NEW_YORK, "+1 617 555 01##"),
             ("Chicago", _CHICAGO, "+1 312 555 01##"), ("Austin", _CHICAGO, "+1 512 555 01##"),
             ("Denver", _DENVER, "+1 303 555 01##"), ("Seattle", _LOS_ANGELES, "+1 206 555 01##"),
             ("San Diego", _LOS_ANGELES, "+1 619 555 01##")),
            ("Inc.", "LLC", "Corp.", "Co.", ""), ("{n} Market Street", "{n} Harbor Avenue", "{n} Mill Road"),
            "#####"),
    Country("GB", "United Kingdom", 11, "en", ("english", "indian", "polish", "arabic", "greek"),
            (("London", _LONDON, "+44 20 7946 0###"), ("Leeds", _LONDON, "+44 113 496 0###"),
             ("Bristol", _LONDON, "+44 117 496 0###"), ("Edinburgh", _LONDON, "+44 131 496 0###")),
            ("Ltd", "Limited", "LLP", "plc"), ("{n} High Street", "{n} Victoria Road", "{n} Station Lane"),
            "AB# #CD"),
    Country("IE", "Ireland", 1.5, "en", ("english", "polish"),
            (("Dublin", "Europe/Dublin", "+353 20 915 ####"), ("Cork", "Europe/Dublin", "+353 20 915 ####")),
            ("Ltd", "DAC"), ("{n} Quay Street", "{n} Bridge Road"), "D## X0##"),
    Country("CA", "Canada", 4, "en", ("english", "french", "indian", "chinese", "ukrainian"),
            (("Toronto", "America/Toronto", "+1 416 555 01##"), ("Vancouver", "America/Vancouver",
                                                                 "+1 604 555 01##")),
            ("Inc.", "Ltd."), ("{n} King Street West", "{n} Lake Road"), "M#X #Z#"),
    Country("AU", "Australia", 3, "en", ("english", "vietnamese", "greek", "chinese"),
            (("Sydney", "Australia/Sydney", "+61 2 5550 ####"), ("Perth", "Australia/Perth",
                                                                 "+61 8 5550 ####")),
            ("Pty Ltd",), ("{n} George Street", "{n} Beach Road"), "2###"),
    Country("DE", "Germany", 12, "de", ("german", "turkish", "polish", "arabic", "ukrainian"),
            (("Berlin", _BERLIN, "+49 30 23125 ###"), ("Hamburg", _BERLIN, "+49 40 66969 ###"),
             ("München", _BERLIN, "+49 89 99998 ###"), ("Köln", _BERLIN, "+49 221 4710 ###"),
             ("Frankfurt am Main", _BERLIN, "+49 69 90009 ###")),
            ("GmbH", "AG", "GmbH & Co. KG", "UG", "e.K."), ("Hauptstraße {n}", "Lindenallee {n}",
                                                            "Am Markt {n}"),
            "#####"),
    Country("AT", "Austria", 2, "de", ("german", "hungarian", "turkish"),
            (("Wien", "Europe/Vienna", "+43 1 000 0###"), ("Graz", "Europe/Vienna", "+43 316 000 0##")),
            ("GmbH", "AG", "OG"), ("Ringstraße {n}", "Mühlgasse {n}"), "1##0"),
    Country("CH", "Switzerland", 2, "de", ("german", "french", "italian", "portuguese"),
            (("Zürich", "Europe/Zurich", "+41 44 000 00 ##"), ("Bern", "Europe/Zurich", "+41 31 000 00 ##")),
            ("AG", "GmbH"), ("Bahnhofstrasse {n}", "Seeweg {n}"), "8###"),
    Country("FR", "France", 7, "fr", ("french", "arabic", "portuguese", "vietnamese"),
            (("Paris", _PARIS, "+33 1 99 00 ## ##"), ("Lyon", _PARIS, "+33 4 65 71 ## ##"),
             ("Nantes", _PARIS, "+33 2 61 91 ## ##")),
            ("SAS", "SARL", "SA"), ("{n} rue de la République", "{n} avenue des Tilleuls",
                                    "{n} quai du Port"),
            "#####"),
    Country("BE", "Belgium", 1.5, "nl", ("dutch", "french"),
            (("Gent", "Europe/Brussels", "+32 9 000 00 ##"), ("Antwerpen", "Europe/Brussels",
                                                              "+32 3 000 00 ##")),
            ("BV", "NV"), ("Kerkstraat {n}", "Veldstraat {n}"), "9###"),
    Country("NL", "Netherlands", 4, "nl", ("dutch", "turkish", "polish"),
            (("Amsterdam", "Europe/Amsterdam", "+31 20 000 00##"), ("Utrecht", "Europe/Amsterdam",
                                                                    "+31 30 000 00##")),
            ("B.V.", "N.V."), ("Dorpsstraat {n}", "Grachtkade {n}"), "#### AB"),
    Country("ES", "Spain", 5, "es", ("spanish", "arabic"),
            (("Madrid", _MADRID, "+34 910 000 0##"), ("Barcelona", _MADRID, "+34 930 000 0##"),
             ("Sevilla", _MADRID, "+34 950 000 0##")),
            ("S.L.", "S.A."), ("Calle Mayor, {n}", "Avenida del Puerto, {n}"), "#####"),
    Country("MX", "Mexico", 2, "es", ("spanish",),
            (("Ciudad de México", "America/Mexico_City", "+52 55 0000 00##"),), ("S.A. de C.V.",),
            ("Calle Reforma {n}", "Avenida Hidalgo {n}"), "0####"),
    Country("IT", "Italy", 5, "it", ("italian", "arabic", "ukrainian"),
            (("Milano", "Europe/Rome", "+39 02 0000 00##"), ("Torino", "Europe/Rome", "+39 011 000 00##"),
             ("Bologna", "Europe/Rome", "+39 051 000 00##")),
            ("S.r.l.", "S.p.A.", "S.n.c."), ("Via Roma {n}", "Corso Garibaldi {n}"), "#####"),
    Country("PT", "Portugal", 1.5, "pt", ("portuguese",),
            (("Lisboa", "Europe/Lisbon", "+351 21 000 00##"), ("Porto", "Europe/Lisbon", "+351 22 000 00##")),
            ("Lda.", "S.A."), ("Rua Augusta {n}", "Avenida da Liberdade {n}"), "####-###"),
    Country("BR", "Brazil", 3, "pt", ("portuguese", "japanese", "italian"),
            (("São Paulo", "America/Sao_Paulo", "+55 11 0000 00##"),
             ("Curitiba", "America/Sao_Paulo", "+55 41 0000 00##")),
            ("Ltda.", "S.A."), ("Rua das Flores, {n}", "Avenida Central, {n}"), "#####-###"),
    Country("PL", "Poland", 4, "pl", ("polish", "ukrainian"),
            (("Warszawa", "Europe/Warsaw", "+48 22 000 00 ##"), ("Kraków", "Europe/Warsaw",
                                                                 "+48 12 000 00 ##"),
             ("Łódź", "Europe/Warsaw", "+48 42 000 00 ##")),
            ("Sp. z o.o.", "S.A.", "Sp. k."), ("ul. Długa {n}", "ul. Ogrodowa {n}"), "##-###"),
    Country("SE", "Sweden", 2.5, "sv", ("swedish", "finnish", "arabic"),
            (("Stockholm", "Europe/Stockholm", "+46 8 465 004 ##"), ("Malmö", "Europe/Stockholm",
                                                                     "+46 40 628 04 ##")),
            ("AB",), ("Storgatan {n}", "Kungsvägen {n}"), "### ##"),
    Country("DK", "Denmark", 1.5, "en", ("danish", "swedish"),
            (("København", "Europe/Copenhagen", "+45 00 00 00 ##"),), ("A/S", "ApS"),
            ("Nørregade {n}", "Strandvej {n}"), "####"),
    Country("FI", "Finland", 1, "en", ("finnish", "swedish"),
            (("Helsinki", "Europe/Helsinki", "+358 9 000 00##"),), ("Oy",), ("Mannerkatu {n}",), "00###"),
    Country("CZ", "Czechia", 2, "cs", ("czech", "vietnamese", "ukrainian"),
            (("Praha", "Europe/Prague", "+420 000 000 0##"), ("Brno", "Europe/Prague", "+420 000 000 0##")),
            ("s.r.o.", "a.s."), ("Dlouhá {n}", "Nádražní {n}"), "### ##"),
    Country("TR", "Turkey", 2, "tr", ("turkish", "arabic"),
            (("İstanbul", "Europe/Istanbul", "+90 212 000 00 ##"), ("İzmir", "Europe/Istanbul",
                                                                    "+90 232 000 00 ##")),
            ("A.Ş.", "Ltd. Şti."), ("Atatürk Caddesi No: {n}",), "34###"),
    Country("GR", "Greece", 1, "en", ("greek",),
            (("Athens", "Europe/Athens", "+30 21 0000 00##"),), ("S.A.", "Ltd"), ("{n} Ermou Street",),
            "### ##"),
    Country("HU", "Hungary", 1, "en", ("hungarian",),
            (("Budapest", "Europe/Budapest", "+36 1 000 00##"),), ("Kft.", "Zrt."), ("Fő utca {n}.",),
            "1###"),
    Country("IN", "India", 3, "en", ("indian",),
            (("Bengaluru", "Asia/Kolkata", "+91 80 0000 00##"), ("Pune", "Asia/Kolkata", "+91 20 0000 00##")),
            ("Pvt. Ltd.", "Limited"), ("{n}, MG Road", "{n}, Residency Road"), "56####"),
    Country("SG", "Singapore", 1.5, "en", ("chinese", "indian", "english"),
            (("Singapore", "Asia/Singapore", "+65 6000 00##"),), ("Pte. Ltd.",), ("{n} Orchard Lane",),
            "0#####"),
    Country("JP", "Japan", 1, "en", ("japanese",),
            (("Tokyo", "Asia/Tokyo", "+81 3 0000 00##"),), ("K.K.", "Co., Ltd."), ("{n}-chome, Minato",),
            "100-00##"),
    Country("AE", "United Arab Emirates", 1, "en", ("arabic", "indian", "english"),
            (("Dubai", "Asia/Dubai", "+971 4 000 00##"),), ("FZ-LLC", "LLC"), ("{n} Marina Walk",), "000##"),
    Country("VN", "Vietnam", 0.5, "en", ("vietnamese",),
            (("Hà Nội", "Asia/Ho_Chi_Minh", "+84 24 0000 00##"),), ("JSC",), ("{n} Phố Huế",), "1000##"),
    Country("UA", "Ukraine", 0.5, "en", ("ukrainian",),
            (("Kyiv", "Europe/Kyiv", "+380 44 000 00 ##"),), ("LLC",), ("{n} Sadova Street",), "010##"),
)
COUNTRY_WEIGHTS = {country: country.weight for country in COUNTRIES}
