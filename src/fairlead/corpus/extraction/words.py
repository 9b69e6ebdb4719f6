"""Words of many languages that tell what a page or a line is about."""

import re

# Parts of paths and of the text of links, best first: where people and addresses stand.
PAGE_WORDS: tuple[tuple[str, int], ...] = tuple(
    (word, weight)
    for weight, words in (
        (100, "contact kontakt contacto contatti contato contactez iletisim iletişim yhteystiedot kapcsolat "
              "epikoinonia kapcsolatok kontakty kontakta контакт контакты επικοινωνια"),
        (95, "impressum imprint legal-notice legalnotice mentions-legales mentions aviso-legal avisolegal note-legali "
             "colofon colophon nota-prawna juridisk juridisch yasal legal notice aviso notelegali "
             "impresszum tiraz tiráž"),
        (90, "team our-team people staff leadership management who-is-who ansprechpartner mitarbeiter equipe équipe "
             "equipo squadra equipa zespol zespół medarbetare medewerkers ekip ekibimiz ons-team tym tým csapat "
             "collaborateurs personnel personen board direction geschaeftsfuehrung vorstand founders experts "
             "advisors partners employees persone colleghi kadro kadromuz ludzie nosotros organigramm faculty"),
        (70, "about about-us ueber-uns uber-uns über uber-mich chi-siamo quienes-somos quiénes qui-sommes-nous o-nas "
             "over-ons om-oss om-os quem-somos hakkimizda hakkımızda company unternehmen firma entreprise empresa "
             "azienda "
             "przedsiebiorstwo o-firmie who-we-are sobre sobre-nosotros rolunk bemutatkozas yritys meista"),
        (40, "press presse prensa stampa imprensa media support help hilfe service location locations standorte office "
             "offices directory author authors autor career careers jobs karriere"),
    )
    for word in words.split()
)  # fmt: skip
CONTACT_WEIGHT, TEAM_WEIGHT, ABOUT_WEIGHT = 95, 90, 70

_ENGLISH_POSITIONS = (
    "chief officer ceo cto cfo coo cmo cio chro cso cpo ciso vp svp evp president vice-president chair chairman "
    "chairwoman chairperson director directors manager managing head lead leader founder co-founder cofounder owner "
    "partner principal engineer developer designer architect analyst scientist consultant advisor adviser specialist "
    "coordinator administrator assistant secretary accountant controller recruiter editor writer journalist reporter "
    "executive representative associate officer buyer purchaser planner technician mechanic operator supervisor "
    "trainer teacher professor lecturer researcher lawyer attorney counsel paralegal notary physician doctor nurse "
    "therapist dentist producer photographer strategist marketer copywriter sales marketing support treasurer trustee "
    "foreman clerk dispatcher apprentice intern trainee receptionist librarian curator broker agent underwriter "
    "programmer devops sysadmin tester merchandiser bookkeeper auditor estimator surveyor"
)
_OTHER_POSITIONS = (
    # German
    "geschäftsführer geschäftsführerin geschäftsführung geschäftsleitung geschäftsleiter vorstand vorständin inhaber "
    "inhaberin gründer gründerin leiter leiterin leitung bereichsleiter abteilungsleiter vertriebsleiter prokurist "
    "prokuristin assistenz assistentin sekretariat buchhaltung buchhalter buchhalterin einkauf einkäufer einkäuferin "
    "vertrieb vertriebsleitung verkauf kundenberatung kundenberater kundenbetreuung kundenservice berater beraterin "
    "entwickler entwicklerin entwicklung softwareentwicklung ingenieur ingenieurin techniker technikerin technischer "
    "konstruktion konstrukteur produktmanagement produktmanager personal personalleitung personalreferent referent "
    "referentin sachbearbeiter sachbearbeiterin systemadministration systemadministrator marketingleitung "
    "online-marketing redakteur redakteurin redaktion gestalter gestaltung grafik lager lagerleitung meister "
    "werkstattleiter auszubildende auszubildender rechtsanwalt rechtsanwältin steuerberater steuerberaterin "
    "projektleiter projektleiterin projektleitung produktion produktionsleitung qualitätsmanagement disposition "
    "geselle monteur außendienst innendienst "
    # French
    "directeur directrice président présidente gérant gérante responsable chef cheffe chargé chargée fondateur "
    "fondatrice associé associée ingénieur ingénieure développeur développeuse commercial commerciale comptable "
    "assistant assistante acheteur acheteuse conseiller conseillère technicien technicienne graphiste rédacteur "
    "rédactrice recruteur recruteuse secrétaire administrateur administratrice juriste avocat avocate contrôleur "
    "magasinier consultante "
    # Spanish, Portuguese
    "director directora gerente jefe jefa fundador fundadora propietario propietaria socio socia ingeniero ingeniera "
    "desarrollador desarrolladora comercial ejecutivo ejecutiva contable asesor asesora técnico técnica diseñador "
    "diseñadora redactor redactora comprador compradora asistente administrador administradora abogado abogada "
    "coordinador coordinadora consultor consultora presidente presidenta almacén atención reclutador reclutadora "
    "diretor diretora sócio sócia engenheiro engenheira programador programadora desenvolvedor desenvolvedora vendedor "
    "vendedora contabilista contador contadora chefe gestor gestora assessor assessora designer redator redatora "
    "comprador recrutador recrutadora assistente proprietário proprietária responsável administrador coordenador "
    "coordenadora técnico suporte "
    # Italian
    "amministratore amministratrice direttore direttrice responsabile titolare fondatore fondatrice socio ingegnere "
    "sviluppatore sviluppatrice commerciale contabile ragioniere impiegato impiegata consulente grafico grafica "
    "tecnico "
    "tecnica acquisti redattore redattrice segretaria segretario addetto addetta presidente magazziniere selezionatore "
    "selezionatrice progettista assistenza "
    # Dutch
    "directeur eigenaar oprichter hoofd manager medewerker marketingmedewerker adviseur accountmanager ontwikkelaar "
    "boekhouder inkoper ingenieur ontwerper systeembeheerder klantenservice magazijnbeheer vennoot zaakvoerder "
    "bestuurder verkoper redacteur monteur personeelszaken administratie inkoop verkoop productmanager leidinggevende "
    # Nordic
    "direktör direktor direktør verkställande vd chef ägare grundare säljare säljchef utvecklare ingenjör ekonomichef "
    "ekonom inköpare konsult projektledare handläggare assistent redaktör personalchef marknadschef marknadsförare "
    "kundtjänst rekryterare tekniker formgivare systemadministratör produktchef lagerchef avdelningschef teknisk "
    "administrerende daglig leder indehaver salgschef udvikler bogholder selger utvikler regnskapsfører innkjøper "
    "toimitusjohtaja johtaja päällikkö myyntipäällikkö myyntijohtaja perustaja omistaja kehittäjä asiantuntija "
    "suunnittelija kirjanpitäjä ostaja assistentti rekrytoija teknikko "
    # Polish, Czech, Slovak, Hungarian
    "prezes zarządu dyrektor dyrektorka kierownik kierowniczka właściciel właścicielka założyciel założycielka "
    "wspólnik inżynier programista programistka handlowiec księgowa księgowy doradca asystent asystentka rekruter "
    "rekruterka "
    "specjalista specjalistka projektant projektantka grafik redaktor redaktorka kupiec administrator technik "
    "magazynier analityk obsługi sprzedaży zakupów "
    "ředitel ředitelka jednatel jednatelka vedoucí majitel majitelka zakladatel zakladatelka manažer manažerka "
    "obchodní účetní inženýr vývojář vývojářka asistentka nákupčí poradce poradkyně technik náborář správce "
    "konstruktér "
    "redaktor zákaznická riaditeľ konateľ vedúci účtovníčka "
    "igazgató ügyvezető vezető tulajdonos alapító mérnök fejlesztő értékesítő könyvelő asszisztens tanácsadó "
    # Turkish, Greek (Latin and own), Russian, Ukrainian
    "müdür müdürü direktör direktörü kurucu ortak mühendis mühendisi geliştirici uzmanı uzman muhasebe muhasebeci "
    "satış pazarlama temsilcisi danışman danışmanı yönetici yöneticisi tasarımcı editör asistanı teknisyen başkan "
    "başkanı yardımcısı sorumlusu kaynakları sahibi genel avukat satın depo "
    "διευθυντής διευθύντρια διευθύνων ιδρυτής υπεύθυνος υπεύθυνη μηχανικός λογιστής σύμβουλος προγραμματιστής "
    "директор руководитель начальник менеджер инженер бухгалтер основатель владелец разработчик специалист секретарь "
    "заместитель президент керівник інженер засновник власник"
)
# Of English, where a title ends with what somebody is, or goes on with "of"; other languages begin with it too.
ENGLISH_POSITIONS = frozenset(_ENGLISH_POSITIONS.split())
OTHER_POSITIONS = frozenset(_OTHER_POSITIONS.split())
POSITION_WORDS = ENGLISH_POSITIONS | OTHER_POSITIONS
# Endings of compounds, where languages write them as one word.
POSITION_ENDINGS = (
    "leiter", "leiterin", "leitung", "führer", "führerin", "manager", "managerin", "berater", "beraterin", "entwickler",
    "entwicklung", "beheerder", "medewerker", "directeur", "chef", "direktör", "direktor", "ingenieur", "ingenieurin",
    "assistent", "assistentin", "assistenz", "techniker", "referent", "referentin", "anwalt", "anwältin", "päällikkö",
    "johtaja", "ledare", "beauftragter", "beauftragte", "verwaltung", "management", "administrator", "administration",
    "hoitaja", "sjef", "leder", "utvecklare", "kehittäjä", "ontwikkelaar", "adviseur", "verantwortlicher", "meister",
)  # fmt: skip
# Words no name of a person holds.
_NO_NAME = (
    "contact kontakt contacto contatti impressum imprint about team home news products services service solutions "
    "company group our your we us the and or of for with more read all new privacy policy terms cookie cookies "
    "phone telephone tel fax email mail address adresse street straße road avenue platz monday tuesday "
    "wednesday thursday friday saturday sunday january february march april june july august september october "
    "november december login search menu download learn get start view click here open close copyright "
    "rights reserved gmbh ag kg ltd limited inc llc corp plc srl spa sarl sas bv nv ab oy aps sp zoo kft ltda "
    "university institute department office center centre international global systems software technology "
    "technologies consulting partners holding foundation association unser unsere über uns wir nous notre équipe "
    "nosotros nuestro equipo chi siamo squadra medarbetare ekibimiz zespół nasz hakkımızda colofon overons produkte "
    "leistungen aktuelles datenschutz mentions légales aviso legal note nota prawna project projects case study "
    "customer customers support blog press events event calendar archive categories tags comments follow share "
    "facebook twitter linkedin xing github instagram youtube website site map sitemap user guide free quick links "
    "north south east west united states kingdom america europe great britain germany france italy spain england "
    "machine statistics domain public attribution access items week most archive archives commander ftp server page "
    "pages library collection collections video audio music movie movies image images book books software data "
    "internet web online forum forums community members member account sign register help faq faqs topics topic "
    "guidelines report reports standards standard protocol protocols number numbers resources root zone database "
    "license licence creative commons share derivatives noncommercial commercial version release edition volume "
    "poland sweden austria switzerland netherlands belgium ireland canada australia street city"
)
NO_NAME = frozenset(_NO_NAME.split())

TITLES = re.compile(
    r"^(?:(?:mr|mrs|ms|miss|mx|dr|prof|professor|sir|dame|rev|hon|herr|frau|dipl|ing|mag|mba|msc|bsc|ra|rain|stb|"
    r"med|jur|rer|nat|phil|habil|mgr|phdr|judr|mudr|rndr|doc|m|mme|mlle|me|sr|sra|srta|don|doña|d|dott|dottssa|dra|avv|"
    r"arch|rag|geom|sig|sigra|sn|bay|bayan|av|ir|drs|mw|dhr|pan|pani|inż|lic|eng|engr)(?:\.(?:-?(?:ing|kfm|inf|oec|"
    r"phys|chem|math|psych|päd|wirt|jur|med|ssa)\.?)*|(?=\s)|-ing\.?)\s*)+",
    re.I,
)
DEGREES = re.compile(
    r"[,\s]+(?:ph\.?\s?d\.?|m\.?d\.?|mba|m\.?sc\.?|b\.?sc\.?|m\.?a\.?|b\.?a\.?|ll\.?m\.?|ll\.?b\.?|esq\.?|jr\.?|sr\.?|"
    r"ii|iii|iv|cpa|cfa|pmp|rn|dds|jd|msw|bba|csc)(?=$|[,\s])",
    re.I,
)
FOUNDED = re.compile(
    r"(?:founded|established|estab\.|est\.|since|gegründet|gründung|gründungsjahr|seit|fondée?|créée?|depuis|fundada|fundado|"
    r"fundação|constituida|desde|nata|fondata|costituita|dal|opgericht|sinds|grundades|grundat|grundlagt|stiftet|"
    r"perustettu|założona|założony|powstała|założenia|od|založena|založeno|vznikla|alapítva|alapítás|kuruldu|kuruluş|основана|с)"
    r"\b[^\d\n.]{0,40}?((?:1[6-9]|20)\d\d)\b|((?:1[6-9]|20)\d\d)[^\s\d]{0,5}\s(?:[^\s\d]{1,20}\s){0,4}?"
    r"(?:founded|gegründet|gründete|kuruldu|kurulmuştur|alapították|perustettu)",
    re.I,
)
LEGAL_FORM = re.compile(
    r"(?<![\w.])(?:GmbH(?:\s?&\s?Co\.?\s?KG)?|AG|KG|OHG|UG|e\.?\s?K\.|eG|GbR|mbH|Ltd\.?|Limited|LLC|L\.L\.C\.|Inc\.?|Incorporated|"
    r"Corp\.?|Corporation|Co\.|PLC|plc|LLP|DAC|CLG|Pty\.? Ltd\.?|Pte\.? Ltd\.?|Pvt\.? Ltd\.?|Private Limited|"
    r"S\.?A\.?R\.?L\.?|SAS|S\.A\.S\.|SA|S\.A\. de C\.V\.|S\.A\.|SASU|EURL|SNC|"
    r"S\.?r\.?l\.?|S\.?p\.?A\.?|S\.n\.c\.|S\.L\.U?\.?|SL|SLU|Lda\.?|Ltda\.?|"
    r"B\.?V\.?|N\.?V\.?|VOF|BVBA|AB|A/S|ApS|AS|ASA|Oy|Oyj|Sp\.? z o\.?\s?o\.?|S\.?K\.?A\.?|s\.?r\.?o\.?|a\.\s?s\.|"
    r"spol\. s r\. ?o\.|"
    r"Kft\.?|Zrt\.?|Nyrt\.?|A\.?Ş\.?|Ltd\. Şti\.|ООО|ОАО|ЗАО|d\.o\.o\.|ΑΕ|A\.E\.|Α\.Ε\.|K\.K\.|Co\., Ltd\.|SE)(?![\w])"
)
