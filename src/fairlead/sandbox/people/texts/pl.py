"""Polish."""

from fairlead.sandbox.people.model import Answer
from fairlead.sandbox.people.texts.language import Language, lines

POLISH = Language(
    code="pl",
    greetings=("Dzień dobry,", "Cześć {sender},", "Witam,", "Dzień dobry {sender},", "Szanowni Państwo,", ""),
    closings=("Pozdrawiam", "Z poważaniem", "Pozdrowienia", "Dziękuję", "Serdecznie pozdrawiam", ""),
    answers={
        Answer.INTERESTED: lines("""
            Brzmi ciekawie. Czy w czwartek po południu ma Pan/Pani pół godziny?
            Dobry moment, właśnie o tym rozmawialiśmy. Proszę o kilka terminów.
            Tak, chętnie zobaczę prezentację.
            Jasne, proszę zadzwonić jutro rano.
            Podoba mi się to, porozmawiajmy w przyszłym tygodniu.
            Mamy dokładnie ten problem. Kiedy moglibyśmy zacząć?
            Czemu nie! Wtorek o 14 mi pasuje.
            Proszę przesłać materiały, a potem ustalimy spotkanie.
            Zgoda na krótką rozmowę telefoniczną.
            Świetny pomysł, mój wspólnik też chciałby to zobaczyć.
        """),
        Answer.QUESTION: lines("""
            Ile to kosztuje dla dwunastu osób?
            Czy działa to z naszym CRM?
            Gdzie są przechowywane dane?
            Czym różnicie się od dużych dostawców?
            Jak długo trwa wdrożenie?
            Czy jest minimalny okres umowy?
            Nie do końca rozumiem, czym się zajmujecie. Można prosić w dwóch zdaniach?
            Czy macie klientów z naszej branży?
            Czy wsparcie jest wliczone w cenę?
            Co byłoby potrzebne z naszej strony?
        """),
        Answer.LATER: lines("""
            W tym roku nie mamy już budżetu. Proszę odezwać się w styczniu.
            Teraz nie, jesteśmy w trakcie migracji. Może po wakacjach.
            Czy może Pan/Pani wrócić do mnie w przyszłym kwartale?
            Przeprowadzamy się, proszę zapytać za dwa miesiące.
            Wróćmy do tego wiosną.
            Pomysł dobry, ale do marca nic się nie wydarzy.
            Mamy gorący okres. Proszę napisać ponownie za sześć tygodni.
            Właśnie podpisaliśmy umowę z kimś innym na rok. Potem chętnie.
            Dla nas za wcześnie, raczej w drugim półroczu.
            Proszę mi o tym przypomnieć za kilka tygodni.
        """),
        Answer.NOT_INTERESTED: lines("""
            Dziękuję, nie jesteśmy zainteresowani.
            Mamy już rozwiązanie i jesteśmy z niego zadowoleni.
            Nie, dziękuję.
            To nie dla nas. Powodzenia!
            Nie potrzebujemy tego.
            Robimy to sami i nie planujemy zmian.
            Przejrzałam ofertę i to do nas nie pasuje.
            Dla firmy takiej jak nasza nie ma to znaczenia.
            Zostajemy przy obecnym dostawcy.
            Doceniam wiadomość, ale nie skorzystamy.
        """),
        Answer.UNSUBSCRIBE: lines("""
            Proszę usunąć mnie z listy.
            Proszę więcej do mnie nie pisać.
            Wypisz mnie
            Nigdy nie wyrażałem zgody. Proszę skasować moje dane.
            Dość tych maili.
            Nie życzę sobie dalszego kontaktu.
            Proszę wykreślić mój adres z bazy.
            Rezygnuję ze wszystkich wiadomości od Państwa.
            Koniec reklam, inaczej zgłoszę to do UODO.
            Nie chcę dostawać od was kolejnych wiadomości.
        """),
        Answer.WRONG_PERSON: lines("""
            To nie do mnie. Proszę pisać do: {colleague}, {colleague_address}
            Tym zajmuje się {colleague} ({colleague_address}).
            Zmieniłem dział, teraz prowadzi to {colleague}, {colleague_address}.
            To nie moja działka. Proszę spróbować {colleague_address}
            Decyduje {colleague}, adres {colleague_address}.
            Zły dział :) właściwy adres to {colleague_address}
            Kiedyś robił to ktoś inny, dziś {colleague} <{colleague_address}>.
            Nie zajmuję się zakupami. Proszę o kontakt: {colleague}, {colleague_address}.
            Lepiej zapytać osobę odpowiedzialną: {colleague}. {colleague_address}
            Właściwą osobą jest {colleague}, e-mail {colleague_address}.
        """),
    },
    wrong_person_unnamed=lines("""
        To nie ja o tym decyduję, przykro mi.
        Niewłaściwa osoba, pracuję w innym dziale.
    """),
    out_of_office=lines("""
        Jestem poza biurem do {back}.
        Dziękuję za wiadomość. Jestem na urlopie i wracam {back}.
        W tym tygodniu jestem w delegacji, odpowiem po {back}.
        Będę nieobecny do {back}.|W pilnych sprawach proszę dzwonić do biura.
        Nie mam dostępu do poczty przed {back}.
        Przebywam na urlopie rodzicielskim, powrót {back}.
        Jestem na zwolnieniu; planuję wrócić {back}.
        Biorę udział w targach i przeczytam pocztę po {back}.
        Wiadomość nie zostanie przekazana. Wracam {back}.
        Chwilowo mnie nie ma. Do usłyszenia {back}.
    """),
    acknowledgment=lines("""
        Dziękujemy za kontakt z {company}. Odpowiemy w ciągu dwóch dni roboczych.
        Otrzymaliśmy Państwa wiadomość.
        E-mail dotarł. Prosimy nie odpowiadać na tę wiadomość.
        Zgłoszenie zostało zarejestrowane. Odezwiemy się.
        Dziękujemy! Skrzynka jest czytana od poniedziałku do piątku.
        Potwierdzamy odbiór wiadomości.
        Dla Państwa sprawy utworzono zgłoszenie.
        {company} dziękuje za zainteresowanie.
        To automatyczne potwierdzenie: wiadomość dotarła na miejsce.
        Czytamy wszystko i zwykle odpowiadamy następnego dnia.
    """),
    away_subject="Odpowiedź automatyczna: {subject}",
    received_subject="Potwierdzenie odbioru: {subject}",
    unsubscribe_subject="wypisz",
    months=(
        "stycznia",
        "lutego",
        "marca",
        "kwietnia",
        "maja",
        "czerwca",
        "lipca",
        "sierpnia",
        "września",
        "października",
        "listopada",
        "grudnia",
    ),
    short_months=("sty", "lut", "mar", "kwi", "maj", "cze", "lip", "sie", "wrz", "paź", "lis", "gru"),
    short_weekdays=("pon.", "wt.", "śr.", "czw.", "pt.", "sob.", "niedz."),
    long_date="{day} {month} {year}",
    gmail="{weekday}, {day} {month} {year} o {hour}:{minute} {name} <{address}> napisał(a):",
    apple="Wiadomość napisana przez {name} <{address}> w dniu {day} {month} {year}, o godz. {hour}:{minute}:",
    thunderbird="W dniu {day:02d}.{number:02d}.{year} o {hour}:{minute}, {name} pisze:",
    outlook_prefix="Odp.:",
    outlook_fields=("Od", "Wysłano", "Do", "Temat"),
    iphone="Wysłane z iPhone'a",
    outlook_phone="Pobierz aplikację Outlook dla systemu iOS",
)
