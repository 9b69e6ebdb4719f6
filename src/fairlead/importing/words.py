"""What columns are called, in eight languages: English, German, French, Spanish, Italian, Portuguese, Polish, Dutch.

Written as `columns.plain` gives them: lower case, without accents, words by one blank.
"""

# fmt: off
NAMES = {
    "email": (
        "email", "e mail", "mail", "email address", "e mail address", "mail address", "email addr", "work email",
        "business email", "contact email", "primary email", "person email", "professional email", "emails",
        "e mail adresse", "emailadresse", "mailadresse", "email adresse", "mail adresse",
        "adresse email", "adresse e mail", "adresse mail", "courriel", "adresse electronique", "mel",
        "correo", "correo electronico", "direccion de correo", "direccion de correo electronico", "direccion email",
        "indirizzo email", "indirizzo e mail", "posta elettronica", "indirizzo di posta elettronica",
        "endereco de email", "endereco de e mail", "correio eletronico", "endereco eletronico",
        "adres email", "adres e mail", "poczta", "poczta elektroniczna",
        "mailadres", "emailadres", "e mailadres", "e mail adres",
    ),
    "name": (
        "name", "full name", "fullname", "contact", "contact name", "person", "person name", "prospect",
        "prospect name", "lead name", "display name", "contact person",
        "vollstandiger name", "vor und nachname", "vorname und nachname", "ansprechpartner", "kontakt", "kontaktperson",
        "nom complet", "nom et prenom", "prenom et nom", "nom prenom", "prenom nom", "interlocuteur",
        "nombre completo", "nombre y apellidos", "nombre y apellido", "contacto",
        "nome completo", "nome e cognome", "cognome e nome", "contatto", "referente", "nominativo",
        "nome e sobrenome", "contato",
        "imie i nazwisko", "nazwisko i imie", "pelne imie i nazwisko", "osoba kontaktowa",
        "volledige naam", "naam", "contactpersoon",
    ),
    "first_name": (
        "first name", "firstname", "first", "given name", "givenname", "forename", "fname",
        "vorname", "rufname", "prenom", "nombre", "nombres", "nome", "nome proprio", "primeiro nome", "imie",
        "voornaam", "roepnaam", "nome di battesimo",
    ),
    "last_name": (
        "last name", "lastname", "last", "surname", "family name", "familyname", "lname",
        "nachname", "familienname", "zuname", "nom", "nom de famille", "apellido", "apellidos", "cognome",
        "sobrenome", "apelido", "ultimo nome", "nazwisko", "achternaam", "familienaam",
    ),
    "phones": (
        "phone", "phones", "phone number", "phone numbers", "telephone", "telephone number", "tel", "tel no", "mobile",
        "mobile phone", "mobile number", "cell", "cell phone", "cellphone", "work phone", "office phone",
        "direct phone",        "direct dial", "home phone", "business phone", "contact number", "phone 1", "phone 2",
        "telefon", "telefonnummer", "rufnummer", "handy", "handynummer", "mobil", "mobiltelefon", "mobilnummer",
        "durchwahl", "telefon geschaftlich", "telefon privat",
        "telephone portable", "telephone mobile", "portable", "numero de telephone", "tel portable", "tel fixe",
        "telefono", "telefonos", "numero de telefono", "movil", "celular", "telefono movil",
        "cellulare", "numero di telefono", "telefono cellulare", "recapito telefonico",
        "telefone", "telefones", "numero de telefone", "telemovel",
        "telefon komorkowy", "numer telefonu", "nr telefonu", "komorka", "telefon sluzbowy",
        "telefoonnummer", "telefoon", "mobiel", "mobiel nummer", "gsm",
    ),
    "country": (
        "country", "nation", "country name", "country code", "person country", "contact country",
        "land", "staat", "landercode", "pays", "pais", "paese", "nazione", "stato", "kraj", "panstwo",
    ),
    "locality": (
        "city", "locality", "town", "location", "place", "person city", "contact city", "city town",
        "stadt", "ort", "wohnort", "standort", "ville", "localite", "commune", "ciudad", "localidad", "poblacion",
        "municipio", "citta", "localita", "comune", "cidade", "localidade", "miasto", "miejscowosc", "plaats", "stad",
        "woonplaats", "gemeente",
    ),
    "industry": (
        "industry", "sector", "branch of industry", "line of business", "company industry", "vertical",
        "branche", "industrie", "wirtschaftszweig", "secteur", "secteur d activite", "industria", "settore",
        "settore di attivita", "setor", "ramo de atividade", "ramo", "branza", "sektor", "bedrijfstak",
    ),
    "position": (
        "position", "title", "job title", "jobtitle", "job", "role", "job position", "headline", "occupation",
        "designation", "function", "job role",
        "titel", "funktion", "stelle", "berufsbezeichnung", "beruf", "stellenbezeichnung", "jobtitel", "berufstitel",
        "poste", "fonction", "intitule du poste", "titre", "titre du poste", "emploi",
        "cargo", "puesto", "puesto de trabajo", "titulo", "ocupacion", "funcion",
        "posizione", "ruolo", "qualifica", "mansione", "titolo", "posizione lavorativa",
        "funcao", "posicao", "titulo do cargo", "cargo ocupado",
        "stanowisko", "stanowisko pracy", "funkcja", "pozycja",
        "functie", "functietitel", "beroep", "functieomschrijving",
    ),
    "company_name": (
        "company", "company name", "companyname", "organization", "organisation", "organization name",
        "organisation name", "employer", "business", "business name", "account", "account name", "current company",
        "org",
        "firma", "firmenname", "unternehmen", "unternehmensname", "organisationsname", "arbeitgeber", "gesellschaft",
        "entreprise", "societe", "nom de l entreprise", "nom de la societe", "nom entreprise", "raison sociale",
        "employeur",
        "empresa", "nombre de la empresa", "nombre empresa", "compania", "organizacion", "razon social",
        "azienda", "nome azienda", "societa", "ragione sociale", "impresa", "ditta", "organizzazione",
        "nome da empresa", "nome empresa", "companhia", "organizacao", "razao social",
        "nazwa firmy", "przedsiebiorstwo", "spolka", "organizacja", "pracodawca",
        "bedrijf", "bedrijfsnaam", "organisatie", "onderneming", "werkgever", "naam bedrijf",
    ),
    "company_site": (
        "website", "web site", "site", "url", "web", "homepage", "domain", "company website", "company site",
        "company url", "company domain", "website url", "domain name", "company web site", "web address",
        "webseite", "internetseite", "firmenwebseite", "internetadresse", "domane", "webadresse", "firmendomain",
        "site web", "site internet", "domaine", "site de l entreprise",
        "sitio web", "pagina web", "dominio", "sitio", "web de la empresa",
        "sito", "sito web", "sito internet", "sito aziendale",
        "site da empresa", "pagina da web",
        "strona", "strona internetowa", "strona www", "www", "domena", "witryna",
        "webpagina", "domein", "bedrijfswebsite", "websiteadres",
    ),
    "social:linkedIn": (
        "linkedin", "linkedin url", "linkedin profile", "linkedin profile url", "linkedin link",
        "person linkedin url", "person linkedin", "contact linkedin", "social links linkedin", "sociallinks linkedin",
        "linkedin profil", "profil linkedin", "perfil linkedin", "perfil de linkedin", "profilo linkedin",
        "linkedin profiel", "perfil do linkedin", "url linkedin", "lien linkedin", "social linkedin",
    ),
    "social:facebook": ("facebook", "facebook url", "facebook profile", "sociallinks facebook", "social facebook"),
    "social:twitter": (
        "twitter", "twitter url", "twitter profile", "twitter handle", "sociallinks twitter", "social twitter",
    ),
    "social:X": ("x", "x url", "x profile", "x handle", "x com", "sociallinks x", "social x"),
}
# fmt: on

# Words that tell what a longer name is about: `Work E-Mail (private)`, `Contact: LinkedIn URL`.
TELLING = {
    "linkedin": "social:linkedIn",
    "first name": "first_name",
    "vorname": "first_name",
    "prenom": "first_name",
    "last name": "last_name",
    "nachname": "last_name",
    "full name": "name",
    "email": "email",
    "e mail": "email",
    "mail": "email",
    "courriel": "email",
    "correo": "email",
    "job title": "position",
    "company name": "company_name",
    "phone": "phones",
    "telefon": "phones",
    "telephone": "phones",
    "telefono": "phones",
    "telefone": "phones",
    "mobile": "phones",
}

# With one of these, a longer name is about something else: `Email status`, `Company LinkedIn URL`.
# fmt: off
OTHERWISE = frozenset({
    "status", "verified", "verification", "confidence", "score", "type", "date", "id", "count", "source", "valid",
    "validation", "secondary", "tertiary", "other", "alternative", "quality", "history", "previous", "old", "opt",
    "optin", "sent", "opened", "clicked", "replied", "list", "campaign", "owner", "tag", "tags", "size", "company",
    "organization", "corporate", "assistant", "fax", "typ", "datum", "quelle", "anzahl", "firma", "firmen",
    "unternehmen", "entreprise", "societe", "empresa", "azienda", "statut", "estado", "stato", "fecha", "data",
    "fuente", "fonte", "zrodlo",
})
# fmt: on

# The same word is the whole name in one table and a part of it in another: it depends on what stands beside it.
WHOLE_OR_LAST = frozenset({"name", "nom", "naam"})
WHOLE_OR_FIRST = frozenset({"nome", "nombre"})
