"""The words of the sites in eleven languages."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    home: str
    contact: str
    team: str
    imprint: str
    products: str
    news: str
    about: str
    phone: str
    email: str
    write: str  # invites to write
    more: str
    event: str
    dot: str  # the word people write for "." to confuse robots
    at: str  # and for "@"
    claim: str  # with {name} and {city}
    story: str  # with {name}, {city} and {year}
    offers: tuple[str, str, str]
    offer_text: str  # with {name}
    headlines: tuple[str, str, str]  # with {name}
    news_text: str
    # The last parts of paths: contact, team, imprint, products, news, about.
    paths: tuple[str, str, str, str, str, str]


WORDS: dict[str, Words] = {
    "en": Words(
        "Home", "Contact", "Our team", "Legal notice", "Products", "News", "About us", "Phone", "E-mail",
        "Write to us, we like to hear from you.", "Read more", "Events", "dot", "at",
        "{name} from {city}: good work, delivered on time.",
        "{name} was founded in {year} in {city}. Since then we have grown with our customers, and many of "
        "the people "
        "who were there in the first year still are.",
        ("Starter package", "Service plan", "Custom work"),
        "Tell {name} what you need. We look at it, say what it costs and when it will be done.",
        ("{name} moves to a larger building", "A new year at {name}", "{name} at the spring fair"),
        "We thank everybody who made this possible, most of all our customers and the colleagues in the "
        "workshop.",
        ("contact", "team", "legal-notice", "products", "news", "about"),
    ),
    "de": Words(
        "Startseite", "Kontakt", "Unser Team", "Impressum", "Leistungen", "Aktuelles", "Über uns", "Telefon",
        "E-Mail",
        "Schreiben Sie uns, wir freuen uns auf Ihre Nachricht.", "Weiterlesen", "Termine", "punkt", "at",
        "{name} aus {city}: saubere Arbeit, pünktlich geliefert.",
        "{name} wurde {year} in {city} gegründet. Seither wachsen wir mit unseren Kunden, und viele aus dem "
        "ersten "
        "Jahr sind heute noch dabei.",
        ("Einstiegspaket", "Wartungsvertrag", "Sonderanfertigung"),
        "Sagen Sie {name}, was Sie brauchen. Wir prüfen es und nennen Ihnen Preis und Termin.",
        ("{name} zieht in ein größeres Gebäude", "Ein neues Jahr bei {name}",
         "{name} auf der Frühjahrsmesse"),
        "Wir danken allen, die dazu beigetragen haben, vor allem unseren Kunden und den Kollegen in der "
        "Fertigung.",
        ("kontakt", "team", "impressum", "leistungen", "aktuelles", "ueber-uns"),
    ),
    "fr": Words(
        "Accueil", "Contact", "Notre équipe", "Mentions légales", "Produits", "Actualités", "Qui sommes-nous",
        "Téléphone", "Courriel", "Écrivez-nous, nous répondons volontiers.", "Lire la suite", "Agenda",
        "point", "arobase",
        "{name}, à {city} : du bon travail, livré à l'heure.",
        "{name} a été fondée en {year} à {city}. Depuis, nous grandissons avec nos clients, et beaucoup de "
        "ceux de la "
        "première année sont encore là.",
        ("Formule découverte", "Contrat d'entretien", "Travail sur mesure"),
        "Dites à {name} ce qu'il vous faut. Nous étudions la demande et annonçons prix et délai.",
        ("{name} s'agrandit", "Une nouvelle année chez {name}", "{name} au salon de printemps"),
        "Merci à tous ceux qui l'ont rendu possible, à nos clients et aux collègues de l'atelier.",
        ("contact", "equipe", "mentions-legales", "produits", "actualites", "a-propos"),
    ),
    "es": Words(
        "Inicio", "Contacto", "Nuestro equipo", "Aviso legal", "Productos", "Noticias", "Quiénes somos",
        "Teléfono",
        "Correo", "Escríbanos, contestamos con gusto.", "Leer más", "Agenda", "punto", "arroba",
        "{name}, en {city}: trabajo bien hecho y a tiempo.",
        "{name} se fundó en {year} en {city}. Desde entonces crecemos con nuestros clientes, y muchos de los "
        "del primer "
        "año siguen aquí.",
        ("Paquete inicial", "Plan de servicio", "Trabajo a medida"),
        "Cuente a {name} lo que necesita. Lo estudiamos y le decimos precio y plazo.",
        ("{name} estrena edificio", "Un nuevo año en {name}", "{name} en la feria de primavera"),
        "Damos las gracias a quienes lo han hecho posible, a los clientes y a los compañeros del taller.",
        ("contacto", "equipo", "aviso-legal", "productos", "noticias", "quienes-somos"),
    ),
    "it": Words(
        "Home", "Contatti", "La nostra squadra", "Note legali", "Prodotti", "Notizie", "Chi siamo",
        "Telefono", "Email",
        "Scriveteci, rispondiamo volentieri.", "Leggi tutto", "Eventi", "punto", "chiocciola",
        "{name}, da {city}: buon lavoro, consegnato in tempo.",
        "{name} è nata nel {year} a {city}. Da allora cresciamo con i nostri clienti, e molti del primo anno "
        "ci sono "
        "ancora.",
        ("Pacchetto base", "Contratto di assistenza", "Lavori su misura"),
        "Dite a {name} che cosa vi serve. Lo valutiamo e vi diciamo prezzo e tempi.",
        ("{name} in una sede più grande", "Un nuovo anno per {name}", "{name} alla fiera di primavera"),
        "Ringraziamo chi lo ha reso possibile, soprattutto i clienti e i colleghi dell'officina.",
        ("contatti", "squadra", "note-legali", "prodotti", "notizie", "chi-siamo"),
    ),
    "pl": Words(
        "Strona główna", "Kontakt", "Nasz zespół", "Nota prawna", "Oferta", "Aktualności", "O nas", "Telefon",
        "E-mail",
        "Prosimy pisać, chętnie odpowiadamy.", "Czytaj dalej", "Wydarzenia", "kropka", "małpa",
        "{name}, {city}: dobra praca oddana na czas.",
        "Firma {name} powstała w {year} roku w mieście {city}. Od tego czasu rośniemy razem z klientami, a "
        "wiele osób "
        "z pierwszego roku pracuje tu do dziś.",
        ("Pakiet startowy", "Umowa serwisowa", "Prace na zamówienie"),
        "Prosimy powiedzieć nam, czego potrzeba. {name} poda cenę i termin.",
        ("{name} w większym budynku", "Nowy rok w {name}", "{name} na targach wiosennych"),
        "Dziękujemy wszystkim, którzy się do tego przyczynili, a najbardziej klientom i zespołowi.",
        ("kontakt", "zespol", "nota-prawna", "oferta", "aktualnosci", "o-nas"),
    ),
    "nl": Words(
        "Home", "Contact", "Ons team", "Colofon", "Producten", "Nieuws", "Over ons", "Telefoon", "E-mail",
        "Schrijf ons gerust, wij antwoorden graag.", "Lees meer", "Agenda", "punt", "apenstaartje",
        "{name} uit {city}: goed werk, op tijd geleverd.",
        "{name} werd in {year} opgericht in {city}. Sindsdien groeien we met onze klanten, en velen uit het "
        "eerste "
        "jaar zijn er nog steeds.",
        ("Startpakket", "Onderhoudscontract", "Maatwerk"),
        "Vertel {name} wat u nodig hebt. Wij bekijken het en noemen prijs en termijn.",
        ("{name} verhuist naar een groter pand", "Een nieuw jaar bij {name}", "{name} op de voorjaarsbeurs"),
        "We danken iedereen die dit mogelijk maakte, onze klanten en de collega's in de werkplaats voorop.",
        ("contact", "team", "colofon", "producten", "nieuws", "over-ons"),
    ),
    "pt": Words(
        "Início", "Contacto", "A nossa equipa", "Aviso legal", "Produtos", "Notícias", "Quem somos",
        "Telefone", "E-mail",
        "Escreva-nos, respondemos com gosto.", "Ler mais", "Agenda", "ponto", "arroba",
        "{name}, em {city}: trabalho bem feito e a tempo.",
        "A {name} foi fundada em {year} em {city}. Desde então crescemos com os clientes, e muitos do "
        "primeiro ano "
        "ainda cá estão.",
        ("Pacote inicial", "Plano de assistência", "Trabalho por medida"),
        "Diga à {name} do que precisa. Estudamos o pedido e dizemos preço e prazo.",
        ("{name} muda para um edifício maior", "Um novo ano na {name}", "{name} na feira da primavera"),
        "Agradecemos a todos os que o tornaram possível, aos clientes e aos colegas da oficina.",
        ("contacto", "equipa", "aviso-legal", "produtos", "noticias", "quem-somos"),
    ),
    "sv": Words(
        "Hem", "Kontakt", "Vårt team", "Juridisk information", "Produkter", "Nyheter", "Om oss", "Telefon",
        "E-post",
        "Skriv till oss, vi svarar gärna.", "Läs mer", "Kalender", "punkt", "snabel-a",
        "{name} i {city}: gott arbete, levererat i tid.",
        "{name} grundades {year} i {city}. Sedan dess har vi vuxit med våra kunder, och många från första "
        "året är kvar.",
        ("Startpaket", "Serviceavtal", "Specialarbeten"),
        "Berätta för {name} vad ni behöver. Vi tittar på det och säger pris och tid.",
        ("{name} flyttar till större lokaler", "Ett nytt år på {name}", "{name} på vårmässan"),
        "Vi tackar alla som gjort det möjligt, framför allt våra kunder och kollegerna i verkstaden.",
        ("kontakt", "medarbetare", "juridisk-information", "produkter", "nyheter", "om-oss"),
    ),
    "cs": Words(
        "Úvod", "Kontakt", "Náš tým", "Právní informace", "Nabídka", "Novinky", "O nás", "Telefon", "E-mail",
        "Napište nám, rádi odpovíme.", "Číst dál", "Akce", "tečka", "zavináč",
        "{name}, {city}: dobrá práce dodaná včas.",
        "Firma {name} vznikla roku {year} ve městě {city}. Od té doby rosteme se zákazníky a mnozí z prvního "
        "roku jsou "
        "tu dodnes.",
        ("Základní balíček", "Servisní smlouva", "Zakázková výroba"),
        "Řekněte nám, co potřebujete. {name} to posoudí a sdělí cenu i termín.",
        ("{name} se stěhuje do většího", "Nový rok v {name}", "{name} na jarním veletrhu"),
        "Děkujeme všem, kdo se o to zasloužili, hlavně zákazníkům a kolegům z dílny.",
        ("kontakt", "tym", "pravni-informace", "nabidka", "novinky", "o-nas"),
    ),
    "tr": Words(
        "Ana sayfa", "İletişim", "Ekibimiz", "Yasal bilgiler", "Ürünler", "Haberler", "Hakkımızda", "Telefon",
        "E-posta",
        "Bize yazın, memnuniyetle yanıtlarız.", "Devamı", "Etkinlikler", "nokta", "et",
        "{city} şehrinden {name}: iyi iş, zamanında teslim.",
        "{name} {year} yılında {city} şehrinde kuruldu. O günden beri müşterilerimizle büyüyoruz ve ilk "
        "yıldan pek çok "
        "arkadaşımız hâlâ burada.",
        ("Başlangıç paketi", "Bakım sözleşmesi", "Özel üretim"),
        "Neye ihtiyacınız olduğunu söyleyin. {name} inceler, fiyat ve süre bildirir.",
        ("{name} daha büyük bir binada", "{name} için yeni bir yıl", "{name} bahar fuarında"),
        "Bunu mümkün kılan herkese, en çok da müşterilerimize ve atölyedeki arkadaşlara teşekkür ederiz.",
        ("iletisim", "ekip", "yasal-bilgiler", "urunler", "haberler", "hakkimizda"),
    ),
}  # fmt: skip
