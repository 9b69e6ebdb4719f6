"""Italian."""

from fairlead.sandbox.people.model import Answer
from fairlead.sandbox.people.texts.language import Language, lines

ITALIAN = Language(
    code="it",
    greetings=("Ciao {sender},", "Buongiorno {sender},", "Gentile {sender},", "Salve {sender},", "{sender},", ""),
    closings=("Cordiali saluti,", "Saluti,", "Grazie,", "Un saluto,", "Buona giornata,", ""),
    answers={
        Answer.INTERESTED: lines("""
            Mi interessa. Ha mezz'ora giovedì pomeriggio?
            Capita a proposito, ne parlavamo ieri. Mi mandi qualche data.
            Sì, vorrei vedere una dimostrazione.
            Volentieri, mi chiami domani mattina.
            Sembra utile, sentiamoci la prossima settimana.
            È proprio il nostro problema. Quando potremmo partire?
            Perché no! Martedì alle 15 per me va bene.
            Mi invii del materiale e poi fissiamo un incontro.
            D'accordo per una breve telefonata.
            Ottima idea, anche il mio socio vorrebbe partecipare alla presentazione.
            Con piacere, dal 15 in poi sono abbastanza libero.
        """),
        Answer.QUESTION: lines("""
            Quanto costa per dodici persone?
            Si collega al nostro CRM?
            Dove vengono conservati i dati?
            In cosa siete diversi dai grandi fornitori?
            Quanto tempo serve per partire?
            C'è un vincolo di durata?
            Non ho capito bene cosa fate. Me lo spiega in due righe?
            Avete clienti nel nostro settore?
            L'assistenza è compresa nel prezzo?
            Di cosa avreste bisogno da parte nostra?
        """),
        Answer.LATER: lines("""
            Quest'anno il budget è finito. Mi riscriva a gennaio.
            Adesso no, siamo nel mezzo di una migrazione. Magari dopo l'estate.
            Può ricontattarmi nel prossimo trimestre?
            Stiamo traslocando, ne riparliamo fra due mesi.
            Riprendiamo il discorso in primavera.
            L'idea mi piace, ma prima di marzo non si muove nulla.
            Periodo pieno. Mi scriva di nuovo fra sei settimane.
            Abbiamo appena firmato per un anno con un altro. Più avanti volentieri.
            Per noi è presto, meglio nel secondo semestre.
            Me lo ricordi fra qualche settimana, per favore.
        """),
        Answer.NOT_INTERESTED: lines("""
            Grazie, ma non siamo interessati.
            Abbiamo già una soluzione e ci troviamo bene.
            No, grazie.
            Non fa per noi. In bocca al lupo!
            Non ne abbiamo bisogno.
            Lo facciamo internamente e non intendiamo cambiare.
            Ho dato un'occhiata e non è adatto a noi.
            Non è rilevante per un'azienda come la nostra.
            Restiamo con il fornitore attuale.
            La ringrazio del messaggio, ma passo.
        """),
        Answer.UNSUBSCRIBE: lines("""
            Per favore mi tolga dalla lista.
            Non mi scriva più.
            Cancellatemi.
            Non ho mai dato il consenso. Eliminate i miei dati.
            Basta email.
            La prego di non contattarmi oltre.
            Rimuovete il mio indirizzo dal vostro archivio.
            Chiedo la cancellazione da tutti i vostri invii.
            Smettetela o segnalo al Garante.
            Non desidero ricevere altri messaggi.
        """),
        Answer.WRONG_PERSON: lines("""
            Non sono la persona giusta. Si rivolga a {colleague}: {colleague_address}
            Se ne occupa {colleague} ({colleague_address}).
            Ho cambiato ufficio, ora segue tutto {colleague}, {colleague_address}.
            Non è il mio settore. Provi con {colleague_address}
            A decidere è {colleague}, scriva a {colleague_address}.
            Reparto sbagliato :) l'indirizzo giusto è {colleague_address}
            Prima lo faceva un altro, oggi è {colleague} <{colleague_address}>.
            Io non mi occupo di acquisti. Contatti {colleague}: {colleague_address}.
            Le conviene chiedere a {colleague}, che segue questi temi. {colleague_address}
            Il riferimento corretto è {colleague}, la cui mail è {colleague_address}.
        """),
    },
    wrong_person_unnamed=lines("""
        Non sono io a decidere, mi dispiace.
        Persona sbagliata, lavoro in un altro reparto.
    """),
    out_of_office=lines("""
        Sono fuori ufficio fino al {back}.
        Grazie per il messaggio. Sono in ferie e rientro il {back}.
        In trasferta questa settimana, risponderò dal {back}.
        Sarò assente fino al {back}.|Per urgenze chiamate il centralino.
        Non avrò accesso alla posta prima del {back}.
        Sono in congedo parentale e torno il {back}.
        Sono malato; conto di rientrare il {back}.
        Partecipo a una fiera e leggerò la posta dopo il {back}.
        Il suo messaggio non verrà inoltrato. Rientro il {back}.
        Al momento non ci sono. Ci sentiamo il {back}.
    """),
    acknowledgment=lines("""
        Grazie per aver contattato {company}. Risponderemo entro due giorni lavorativi.
        Abbiamo ricevuto il suo messaggio.
        La sua email è arrivata. Non risponda a questo messaggio.
        La sua richiesta è stata registrata. Le risponderemo presto.
        Grazie! Questa casella viene letta dal lunedì al venerdì.
        Confermiamo la ricezione della sua email.
        È stata aperta una pratica per la sua richiesta.
        {company} la ringrazia per l'interesse.
        Questa è una conferma automatica: il messaggio è arrivato.
        Leggiamo tutto e di solito rispondiamo il giorno dopo.
    """),
    away_subject="Risposta automatica: {subject}",
    received_subject="Conferma di ricezione: {subject}",
    unsubscribe_subject="cancellazione",
    months=(
        "gennaio",
        "febbraio",
        "marzo",
        "aprile",
        "maggio",
        "giugno",
        "luglio",
        "agosto",
        "settembre",
        "ottobre",
        "novembre",
        "dicembre",
    ),
    short_months=("gen", "feb", "mar", "apr", "mag", "giu", "lug", "ago", "set", "ott", "nov", "dic"),
    short_weekdays=("lun", "mar", "mer", "gio", "ven", "sab", "dom"),
    long_date="{day} {month} {year}",
    gmail="Il giorno {weekday} {day} {month} {year} alle ore {hour}:{minute} {name} <{address}> ha scritto:",
    apple="Il giorno {day} {month} {year}, alle ore {hour}:{minute}, {name} <{address}> ha scritto:",
    thunderbird="Il {day:02d}/{number:02d}/{year} {hour}:{minute}, {name} ha scritto:",
    outlook_prefix="R:",
    outlook_fields=("Da", "Inviato", "A", "Oggetto"),
    iphone="Inviato da iPhone",
    outlook_phone="Scarica Outlook per iOS",
)
