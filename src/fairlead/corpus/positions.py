"""What a job title says: the level of its holder and the department. Pure."""

import re
from functools import lru_cache
from typing import Final

from fairlead.corpus.model import Department, Level
from fairlead.corpus.rules import folded


def _words(text: str) -> re.Pattern[str]:
    """Words, or beginnings of words where they end in *."""
    parts = (re.escape(word).removesuffix(r"\*") + (r"\w*" if word.endswith("*") else "") for word in text.split("|"))
    return re.compile(rf"\b(?:{'|'.join(parts)})\b")


# English, German, French, Spanish, Italian, Portuguese, Polish, Dutch; folded. The first that is found counts.
_LEVELS: Final = (
    (Level.VP_LEVEL, _words("vp|svp|evp|avp|vice president|vice presidente|vicepresidente|vice president*")),
    (Level.DIRECTOR_LEVEL, _words("managing director of|deputy director")),
    (
        Level.C_LEVEL,
        _words(
            "ceo|cto|cfo|coo|cmo|cio|cso|cro|cpo|chro|ciso|cco|cdo|chief|founder|cofounder|co founder|owner|partner|"
            "president|chairman|chairwoman|chair|geschaftsfuhr*|geschaeftsfuehr*|inhaber*|vorstand*|gerant*|pdg|"
            "fondateur|fondatrice|president directeur|directeur general|directrice generale|director general|"
            "directora general|dueno|duena|propietari*|fundador*|consejero delegado|amministratore delegato|"
            "titolare|fondatore|fondatrice|socio|proprietari*|prezes|wlasciciel*|zalozyciel*|eigenaar|oprichter|"
            "bestuurder|managing director|general manager"
        ),
    ),
    (
        Level.DIRECTOR_LEVEL,
        _words(
            "director|directora|directeur|directrice|direttore|direttrice|diretor|diretora|dyrektor*|direktor*|"
            "head|leiter|leiterin|bereichsleit*|hauptabteilungsleit*|hoofd|principal"
        ),
    ),
    (
        Level.MANAGER_LEVEL,
        _words(
            "manager|managerin|lead|leader|supervisor|teamleit*|teamlead*|abteilungsleit*|gruppenleit*|projektleit*|"
            "responsable|chef|cheffe|chef de projet|jefe|jefa|encargad*|gerente|coordinador*|coordinator|koordinator*|"
            "responsabile|coordenador*|kierownik|kierowniczka|menedzer|teamleider|foreman"
        ),
    ),
)
_DEPARTMENTS: Final = (
    (
        Department.HUMAN_RESOURCES,
        _words(
            "hr|human resources|people|talent|recruit*|personal|personalleit*|personalreferent*|rh|ressources humaines|"
            "recursos humanos|risorse umane|kadr*|personeel*|payroll|chro"
        ),
    ),
    (
        Department.IT_IS,
        _words(
            "it|information technology|information systems|system administrator|sysadmin|systems administrator|network|"
            "security|cybersecurity|informati*|systemadministrat*|cio|ciso|infrastructure|help desk admin*|database "
            "administrator|devops|cloud"
        ),
    ),
    (
        Department.ENGINEERING,
        _words(
            "engineer*|developer|developers|development|software|qa|quality assurance|test|tester|architect|research|"
            "r d|entwick*|ingenieur*|ingenier*|ingegner*|engenheir*|inzynier*|konstrukt*|ontwikkel*|desarrollador*|"
            "sviluppat*|developpeu*|programmer*|programmierer*|technical|technology|cto|product|scientist|technik*"
        ),
    ),
    (
        Department.MARKETING,
        _words(
            "marketing|brand|content|communications|communication|pr|public relations|seo|growth|social media|cmo|"
            "werbung|kommunikation|comunicacion|comunicazione|comunicacao|media|kommunikationsleit*"
        ),
    ),
    (
        Department.SALES,
        _words(
            "sales|account executive|account manager|business development|commercial|vertrieb*|verkauf*|vente|ventes|"
            "commercial*|ventas|vendite|vendas|sprzedaz*|handlow*|verkoop*|sdr|bdr|key account|cro|revenue"
        ),
    ),
    (
        Department.FINANCE_ADMINISTRATION,
        _words(
            "finance|financial|accountant|accounting|accounts|controller|controlling|treasur*|tax|audit*|bookkeep*|"
            "buchhalt*|finanz*|comptab*|finanzas|contab*|finanza|amministrazione|ksiegow*|finans*|boekhoud*|cfo|"
            "administrat*|administrative|office manager|assistant|secretar*|sekret*|legal|counsel"
        ),
    ),
    (
        Department.SUPPORT,
        _words(
            "support|customer service|customer success|customer care|service desk|helpdesk|help desk|kundendienst|"
            "kundenservice|kundenbetreuung|service client|atencion al cliente|assistenza|atendimento|obslug*|"
            "klantenservice"
        ),
    ),
    (
        Department.OPERATIONS,
        _words(
            "operations|operation|coo|logisti*|supply chain|purchas*|procurement|production|manufactur*|warehouse|"
            "plant|facilit*|einkauf*|produktion*|betriebsleit*|achat*|compras|acquisti|zakup*|inkoop*|project|projekt*"
        ),
    ),
)


@lru_cache(maxsize=65_536)
def level(position: str) -> Level:
    text = folded(position)
    return next((level for level, words in _LEVELS if words.search(text)), Level.STAFF)


@lru_cache(maxsize=65_536)
def department(position: str) -> Department:
    text = folded(position)
    return next((part for part, words in _DEPARTMENTS if words.search(text)), Department.OTHER)
