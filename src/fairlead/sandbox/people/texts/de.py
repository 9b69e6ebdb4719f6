"""German."""

from fairlead.sandbox.people.model import Answer
from fairlead.sandbox.people.texts.language import Language, lines

GERMAN = Language(
    code="de",
    greetings=("Hallo {sender},", "Guten Tag {sender},", "Hi {sender},", "Moin {sender},", "Servus {sender},", ""),
    closings=("Viele Grüße", "Mit freundlichen Grüßen", "Beste Grüße", "LG", "Schöne Grüße", ""),
    answers={
        Answer.INTERESTED: lines("""
            Das klingt spannend. Haben Sie am Donnerstag eine halbe Stunde Zeit?
            Passt gut, genau darüber haben wir gestern gesprochen. Schicken Sie mir gern ein paar Termine.
            Ja, das würde ich mir gern ansehen.
            Gerne! Rufen Sie mich morgen Vormittag einfach an.
            Können Sie uns das einmal vorführen? Mein Chef wäre auch dabei.
            Interessant. Nächste Woche Dienstag ab 14 Uhr ginge bei mir.
            Wir suchen so etwas gerade. Wie schnell könnten wir starten?
            Klingt gut, lassen Sie uns telefonieren.
            Schicken Sie mir bitte Unterlagen und machen wir dann einen Termin aus.
            Ok, Sie haben mich neugierig gemacht. Freitag um zehn?
            Sehr gern, mein Kalender ist ab dem 15. recht frei.
        """),
        Answer.QUESTION: lines("""
            Was kostet das bei zwölf Nutzern?
            Läuft das auch mit unserem CRM zusammen?
            Wo liegen denn die Daten, in Deutschland?
            Was unterscheidet Sie von den großen Anbietern?
            Wie lange dauert die Einführung normalerweise?
            Gibt es eine Mindestlaufzeit?
            Ich habe noch nicht ganz verstanden, was Sie genau machen. Können Sie das kurz erklären?
            Haben Sie Referenzen aus unserer Branche?
            Wie sieht es mit dem Datenschutz aus, gibt es einen AV-Vertrag?
            Was müssten wir dafür mitbringen?
            Ist der Support im Preis enthalten?
        """),
        Answer.LATER: lines("""
            In diesem Jahr ist das Budget leider verplant. Melden Sie sich gern im Januar noch einmal.
            Im Moment passt es nicht, wir stecken mitten in einer Umstellung. Vielleicht nach dem Sommer.
            Kommen Sie bitte im nächsten Quartal wieder auf mich zu.
            Gerade ist Hochsaison bei uns. In sechs Wochen sieht es besser aus.
            Grundsätzlich ja, aber erst wenn die neue Vertriebsleitung im März da ist.
            Das Thema schauen wir uns im Frühjahr an.
            Wir ziehen gerade um. Bitte in zwei Monaten nochmal nachfragen.
            Wir haben uns eben erst für ein Jahr gebunden. Danach gern.
            Erinnern Sie mich doch bitte in ein paar Wochen daran.
            Für uns noch zu früh. Zweites Halbjahr wäre realistisch.
            Nach der Prüfung, also Ende nächsten Monats, können wir darüber reden.
        """),
        Answer.NOT_INTERESTED: lines("""
            Danke, aber kein Interesse.
            Wir haben dafür schon eine Lösung und sind zufrieden.
            Das passt leider nicht zu uns.
            Nein danke, das brauchen wir nicht.
            Wir machen das selbst und wollen daran nichts ändern.
            Vielen Dank für das Angebot, wir möchten es nicht nutzen.
            Kein Bedarf.
            Ich habe es mir angesehen, es ist nichts für uns.
            Für ein Unternehmen wie unseres ist das nicht relevant.
            Wir bleiben bei unserem jetzigen Dienstleister. Trotzdem viel Erfolg!
        """),
        Answer.UNSUBSCRIBE: lines("""
            Bitte nehmen Sie mich aus Ihrem Verteiler.
            Keine weiteren Mails bitte!
            Löschen Sie meine Adresse.
            Ich habe dem nie zugestimmt. Bitte entfernen Sie meine Daten nach DSGVO.
            abmelden
            Bitte kontaktieren Sie mich nicht mehr.
            Austragen, sonst Abmahnung.
            Unterlassen Sie es, mir Werbung zu schicken.
            Streichen Sie uns bitte von Ihrer Liste.
            Woher haben Sie meine Adresse? Sofort löschen!
        """),
        Answer.WRONG_PERSON: lines("""
            Da bin ich nicht der richtige Ansprechpartner. Bitte wenden Sie sich an {colleague}: {colleague_address}
            Das macht bei uns {colleague} ({colleague_address}).
            Ich bin in eine andere Abteilung gewechselt. Zuständig ist jetzt {colleague}, {colleague_address}.
            Nicht mein Bereich. {colleague_address} wäre die richtige Adresse.
            Schreiben Sie am besten {colleague} direkt an: {colleague_address}
            Über so etwas entscheidet {colleague}, erreichbar unter {colleague_address}.
            Dafür ist {colleague} verantwortlich, ich habe damit nichts zu tun. {colleague_address}
            Falsche Stelle :-) Versuchen Sie es bei {colleague_address}.
            Mein Vorgänger hat das betreut, heute ist es {colleague} <{colleague_address}>.
            Mit dem Einkauf habe ich nichts zu tun, fragen Sie bitte {colleague} unter {colleague_address}.
        """),
    },
    wrong_person_unnamed=lines("""
        Dafür bin ich leider nicht zuständig.
        Ich bin da die falsche Person, das ist eine andere Abteilung.
    """),
    out_of_office=lines("""
        Ich bin bis {back} nicht im Büro und lese meine Mails nur gelegentlich.
        Vielen Dank für Ihre Nachricht. Ich bin im Urlaub und ab dem {back} wieder für Sie da.
        Derzeit bin ich auf Dienstreise. Ab {back} erreichen Sie mich wieder.
        Ich habe Urlaub bis zum {back}.|In dringenden Fällen rufen Sie bitte in der Zentrale an.
        Momentan nicht am Platz. Ihre Nachricht lese ich nach dem {back}.
        Bin in Elternzeit und ab {back} zurück.
        Leider bin ich erkrankt und voraussichtlich am {back} wieder da.
        Ich besuche diese Woche eine Messe und antworte ab dem {back}.
        Ihre E-Mail wird nicht weitergeleitet. Ich kehre am {back} zurück.
        Ich bin gerade in den Bergen ohne Empfang. Am {back} sitze ich wieder am Schreibtisch.
    """),
    acknowledgment=lines("""
        Vielen Dank für Ihre Anfrage an {company}. Wir melden uns innerhalb von zwei Werktagen.
        Ihre Nachricht ist bei uns eingegangen.
        Wir haben Ihre E-Mail erhalten und kümmern uns darum. Bitte antworten Sie nicht auf diese Nachricht.
        Ihr Anliegen wurde erfasst. Sie hören von uns.
        Danke für Ihre Mail! Das Postfach wird montags bis freitags gelesen.
        Hiermit bestätigen wir den Eingang Ihrer Nachricht.
        Für Ihre Anfrage wurde ein Ticket eröffnet.
        {company} bedankt sich für Ihr Interesse. Ein Mitarbeiter wird sich bei Ihnen melden.
        Dies ist eine automatische Bestätigung: Ihre Mail ist angekommen.
        Wir lesen alles und antworten meist bis zum nächsten Tag.
    """),
    away_subject="Automatische Antwort: {subject}",
    received_subject="Eingangsbestätigung: {subject}",
    unsubscribe_subject="Abmeldung",
    months=(
        "Januar",
        "Februar",
        "März",
        "April",
        "Mai",
        "Juni",
        "Juli",
        "August",
        "September",
        "Oktober",
        "November",
        "Dezember",
    ),
    short_months=("Jan.", "Feb.", "März", "Apr.", "Mai", "Juni", "Juli", "Aug.", "Sept.", "Okt.", "Nov.", "Dez."),
    short_weekdays=("Mo.", "Di.", "Mi.", "Do.", "Fr.", "Sa.", "So."),
    long_date="{day:02d}.{number:02d}.{year}",
    gmail="Am {weekday}, {day}. {month} {year} um {hour}:{minute} Uhr schrieb {name} <{address}>:",
    apple="Am {day:02d}.{number:02d}.{year} um {hour}:{minute} schrieb {name} <{address}>:",
    thunderbird="Am {day:02d}.{number:02d}.{year} um {hour}:{minute} schrieb {name}:",
    outlook_prefix="AW:",
    outlook_fields=("Von", "Gesendet", "An", "Betreff"),
    iphone="Von meinem iPhone gesendet",
    outlook_phone="Outlook für iOS beziehen",
)
