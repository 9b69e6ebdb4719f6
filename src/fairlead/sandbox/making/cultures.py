"""Names of many cultures: given names, family names, short forms, and how each is written in plain letters.

An underscore stands for a space inside one name ("van_den_Berg"). Names come without regard to real persons:
any likeness of a whole name is chance.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Culture:
    language: str
    female: tuple[str, ...]
    male: tuple[str, ...]
    family: tuple[str, ...]
    short: dict[str, str] = field(default_factory=dict)
    # Letters whose usual plain form is more than the letter without its mark.
    plain: dict[str, str] = field(default_factory=dict)
    # Endings of family names that women carry: (male ending, female ending), the first that fits.
    female_endings: tuple[tuple[str, str], ...] = ()
    double_family: float = 0.0  # share of two family names joined by `joint`
    joint: str = "-"
    two_given: float = 0.1  # share of people with a middle name


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.replace("_", " ") for word in text.split())


def _short(text: str) -> dict[str, str]:
    pairs = (pair.partition(":") for pair in text.split())
    return {full: brief for full, _, brief in pairs}


GERMAN_PLAIN = {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"}
NORDIC_PLAIN = {"ø": "o", "Ø": "O", "æ": "ae", "Æ": "Ae", "å": "a", "Å": "A", "ö": "o", "ä": "a"}

CULTURES: dict[str, Culture] = {
    "english": Culture(
        "en",
        _words("Emma Olivia Charlotte Amelia Grace Sophie Katherine Elizabeth Rebecca Jennifer Susan "
               "Margaret Hannah Abigail Victoria Samantha Alexandra Patricia Deborah Rachel Lucy Megan "
               "Holly Fiona Bridget"),
        _words("James William Thomas Robert Richard Edward Michael Christopher Daniel Matthew Andrew "
               "Jonathan Benjamin Nicholas Anthony Joseph Samuel Stephen Gregory Timothy Oliver Harry "
               "George Liam Sean Callum"),
        _words("Smith Taylor Walker Wright Thompson Robinson Clarke Hughes Edwards Green Baker Turner "
               "Parker Cooper Morgan Bennett Carter Phillips Mitchell Campbell Stewart O'Brien O'Connor "
               "MacDonald McCarthy Fletcher Whitfield Ashworth Hargreaves Langley Pemberton Hollis"),
        _short("James:Jim William:Bill Robert:Bob Richard:Rick Edward:Ted Michael:Mike Christopher:Chris "
               "Daniel:Dan Matthew:Matt Andrew:Andy Jonathan:Jon Benjamin:Ben Nicholas:Nick Anthony:Tony "
               "Joseph:Joe Samuel:Sam Stephen:Steve Gregory:Greg Timothy:Tim Katherine:Kate Elizabeth:Liz "
               "Rebecca:Becky Jennifer:Jenny Susan:Sue Margaret:Maggie Abigail:Abby Victoria:Vicky "
               "Samantha:Sam Alexandra:Alex Patricia:Pat Deborah:Debbie Thomas:Tom Oliver:Ollie"),
        double_family=0.03, two_given=0.25,
    ),
    "german": Culture(
        "de",
        _words("Anna Katharina Sabine Ursula Heike Franziska Johanna Lena Greta Claudia Birgit Susanne "
               "Annegret Friederike Jördis Käthe Anne-Marie Marlene Ute Svenja Bärbel"),
        _words("Jürgen Wolfgang Maximilian Sebastian Matthias Stefan Andreas Björn Günter Karl-Heinz "
               "Hans-Peter Lukas Felix Johannes Friedrich Thorsten Götz Rüdiger Uwe Jörg Alexander"),
        _words("Müller Schröder Weiß Schäfer König Krüger Böhm Groß Jäger Hoffmann Zimmermann Lehmann "
               "Köhler Vogel Kühn Brandt Dörr Löffler Strauß Wagner von_Hagen von_der_Heide zu_Rhein "
               "Steinmetz Ackermann Füßl"),
        _short("Katharina:Kathi Maximilian:Max Sebastian:Basti Matthias:Matze Stefan:Steff Johannes:Hannes "
               "Friedrich:Fritz Alexander:Alex Franziska:Franzi Wolfgang:Wolf Johanna:Hanna Susanne:Susi"),
        GERMAN_PLAIN, double_family=0.06,
    ),
    "french": Culture(
        "fr",
        _words("Camille Chloé Élodie Hélène Françoise Zoé Aurélie Bénédicte Marie-Claire Anne-Sophie "
               "Geneviève Manon Margaux Noémie Océane Solène Inès Léa Céline"),
        _words("Jean-Pierre Jean-Luc François Rémi Frédéric Jérôme Gaël Étienne Benoît Mathéo Thierry "
               "Guillaume Loïc Cédric Théo Raphaël Hervé Gérard Antoine Olivier"),
        _words("Lefèvre Bouché Dubois Moreau Gérard Béranger Fournier Mercier Dupré Château Rousseau "
               "Le_Goff de_La_Tour D'Amboise Lévêque Chevalier Beaumont Delacroix Garçon Pâquet Besançon "
               "L'Hermite Vasseur Maréchal"),
        _short("Frédéric:Fred Guillaume:Guy Aurélie:Lili Raphaël:Raph Étienne:Titi Antoine:Tony "
               "Bénédicte:Béné"),
        {"œ": "oe", "Œ": "Oe", "æ": "ae"}, double_family=0.04,
    ),
    "spanish": Culture(
        "es",
        _words("María Lucía Carmen Sofía Inés Begoña Rocío Concepción Montserrat Paloma Pilar Nerea Itziar "
               "Ángela Belén Noelia María_José Ana_Belén Verónica"),
        _words("José Jesús Álvaro Íñigo Sebastián Joaquín Andrés Ramón Rubén Óscar Francisco Ignacio "
               "Juan_Carlos José_Luis Iván Martín Tomás Agustín Nicolás"),
        _words("García Muñoz Peña Núñez Ibáñez Rodríguez Fernández Hernández Gutiérrez Álvarez Vázquez "
               "Domínguez Castaño Ordóñez de_la_Fuente del_Río de_la_Cruz Zúñiga Echeverría Jiménez Cañas "
               "Sáez Bermúdez Pascual"),
        _short("Francisco:Paco José:Pepe Ignacio:Nacho Concepción:Concha Montserrat:Montse Sebastián:Sebas "
               "Joaquín:Quino Rubén:Rubi Verónica:Vero"),
        {}, double_family=0.5, joint=" ", two_given=0.05,
    ),
    "italian": Culture(
        "it",
        _words("Giulia Chiara Francesca Alessandra Beatrice Ludovica Ilaria Niccolina Donatella Ginevra "
               "Fiammetta Elisa Martina Serena Mariagrazia Antonella"),
        _words("Alessandro Giuseppe Niccolò Matteo Lorenzo Gianluca Pierluigi Salvatore Vincenzo Leonardo "
               "Giovanni Emanuele Raffaele Tommaso Gianfranco Nicolò"),
        _words("Rossi D'Angelo De_Luca Di_Stefano Della_Valle Lo_Presti Esposito Bianchi Colombo Ferrari "
               "Romano Conti Marchetti Cantù Forlì Dell'Acqua Mancini Vitale Caruso Santoro Bellini Zanetti"),
        _short("Alessandro:Ale Giuseppe:Beppe Vincenzo:Enzo Giovanni:Gianni Francesca:Franci Salvatore:Totò "
               "Alessandra:Sandra Leonardo:Leo"),
    ),
    "polish": Culture(
        "pl",
        _words("Agnieszka Małgorzata Katarzyna Żaneta Zofia Łucja Grażyna Bożena Joanna Magdalena Wioletta "
               "Jadwiga Elżbieta Kinga Świętosława Hanna"),
        _words("Łukasz Paweł Krzysztof Grzegorz Stanisław Michał Wojciech Jędrzej Bartłomiej Przemysław "
               "Zbigniew Rafał Tomasz Sławomir Mikołaj Maciej"),
        _words("Kowalski Wiśniewski Wójcik Kamiński Zieliński Szymański Dąbrowski Kozłowski Jabłoński "
               "Krawczyk Gołąb Grzyb Pająk Śliwa Żurek Wróbel Źdźbło Czerwiński Błaszczyk Sikora"),
        _short("Agnieszka:Aga Małgorzata:Gosia Katarzyna:Kasia Joanna:Asia Krzysztof:Krzysiek "
               "Grzegorz:Grzesiek Bartłomiej:Bartek Przemysław:Przemek Stanisław:Staszek Wojciech:Wojtek "
               "Tomasz:Tomek Łukasz:Łuki"),
        {"ł": "l", "Ł": "L"}, female_endings=(("ski", "ska"), ("cki", "cka")), double_family=0.05,
    ),
    "dutch": Culture(
        "nl",
        _words("Anouk Fleur Femke Saskia Lotte Marijke Wilhelmina Roos Sanne Liesbeth Noortje Esmée Zoë "
               "Maaike"),
        _words("Daan Sjoerd Jeroen Willem Maarten Pieter Joost Ruud Thijs Cornelis Hendrik Koen Jan-Willem "
               "Gijs Loïs"),
        _words("de_Vries van_Dijk van_den_Berg van_der_Meer ter_Horst in_'t_Veld van_'t_Hof de_Jong Bakker "
               "Visser Mulder Dekker Hoekstra op_den_Kamp Kuipers Vermeulen Schuurman Brouwer Ten_Brink "
               "Zijlstra"),
        _short("Wilhelmina:Mien Willem:Wim Cornelis:Kees Hendrik:Henk Liesbeth:Lies Pieter:Piet "
               "Maarten:Maart"),
        {}, double_family=0.08,
    ),
    "portuguese": Culture(
        "pt",
        _words("Inês Conceição Leonor Mariana Débora Letícia Lívia Fátima Graça Assunção Beatriz Luísa "
               "Carolina Júlia"),
        _words("João José António Luís Simão Estêvão Gonçalo Tomé Thiago Otávio Vinícius Caio Nuno Sérgio "
               "Rogério"),
        _words("da_Silva dos_Santos Gonçalves Conceição Magalhães Simões Araújo Falcão Brandão Leitão "
               "Assunção e_Sousa Oliveira Pereira Queirós do_Nascimento Guimarães Calçada Figueirêdo "
               "Moutinho"),
        _short("João:Joãozinho José:Zé António:Toni Gonçalo:Gonça Beatriz:Bia Carolina:Carol Vinícius:Vini "
               "Leonor:Nônô Thiago:Thi"),
        {}, double_family=0.35, joint=" ",
    ),
    "swedish": Culture(
        "sv",
        _words("Åsa Märta Birgitta Kerstin Linnéa Ebba Sara Maj-Britt Ingrid Frida Hedvig Elin Malin"),
        _words("Göran Björn Åke Håkan Sören Lars-Erik Jonas Östen Gustav Rasmus Viktor Anders Per-Olof "
               "Jörgen"),
        _words("Lindström Sjöberg Åkesson Öberg Bergström Söderlund Nyström Hällgren Johansson Andersson "
               "Sjögren Ekdahl Wåhlin Björklund af_Klint von_Essen Hedlund Norling"),
        _short("Birgitta:Gittan Gustav:Gurra Anders:Adde Jonas:Jonte Viktor:Vicke Malin:Malle"),
        NORDIC_PLAIN, double_family=0.05,
    ),
    "danish": Culture(
        "da",
        _words("Mette Kirstine Søs Anne-Mette Signe Maj Freja Bodil Lærke Ragnhild Åshild Sigrid Tone"),
        _words("Søren Jørgen Bjørn Kåre Åge Øyvind Håvard Mads Rasmus Aksel Sven Troels Vebjørn"),
        _words("Sørensen Jørgensen Mølgård Kjær Østergaard Bødker Næss Ødegård Møller Holm Brøndum Krogh "
               "Håland Dahl Ærø Lyngbø"),
        _short("Kirstine:Stine Jørgen:Jørn Rasmus:Ras Aksel:Aks"),
        {**NORDIC_PLAIN, "ø": "oe", "Ø": "Oe", "å": "aa", "Å": "Aa"}, double_family=0.06,
    ),
    "czech": Culture(
        "cs",
        _words("Kateřina Jiřina Zdeňka Lenka Tereza Věra Žofie Markéta Eliška Šárka Růžena Božena Anežka"),
        _words("Jiří Ondřej Tomáš Lukáš Řehoř Matěj Zdeněk Václav Štěpán Miloš Luděk Vojtěch Přemysl"),
        _words("Novák Dvořák Procházka Černý Kučera Veselý Horák Němec Růžička Šťastný Říha Žák Hájek Kříž "
               "Sedláček Zeman Doležal Čapek"),
        _short("Kateřina:Katka Tereza:Terka Jiří:Jirka Ondřej:Ondra Václav:Vašek Vojtěch:Vojta Zdeněk:Zdenda "
               "Štěpán:Štěpa"),
        {}, female_endings=(("ý", "á"), ("ek", "ková"), ("a", "ová"), ("ec", "cová"), ("", "ová")),
    ),
    "turkish": Culture(
        "tr",
        _words("Ayşe Elif Gülşah Özlem Şebnem Çiğdem Işıl Tuğba Zeynep Fatma_Nur Sıla Büşra Nilüfer"),
        _words("Mehmet Çağrı Barış Ömer Yiğit Oğuzhan Uğur Emre İsmail Doğan Şükrü Kağan Ali_Rıza"),
        _words("Yılmaz Öztürk Şahin Çelik Yıldız Aydın Kılıç Güneş Koç Doğru Işık Türkoğlu Erdoğmuş Çağlar "
               "Ünal Bağcı"),
        _short("Mehmet:Memo İsmail:İso Oğuzhan:Oğuz Ömer:Ömo Nilüfer:Nil Zeynep:Zey"),
        {"ı": "i", "İ": "I"}, double_family=0.04,
    ),
    "greek": Culture(
        "el",
        _words("Eleni Maria Katerina Georgia Sofia Vasiliki Anastasia Despina Ioanna Kalliope Panagiota"),
        _words("Giorgos Dimitris Konstantinos Nikolaos Ioannis Panagiotis Vasilis Athanasios Charalambos "
               "Stavros"),
        _words("Papadopoulos Georgiou Nikolaidis Oikonomou Vasileiou Karagiannis Antoniou Makris "
               "Papageorgiou Konstantinidis Hatzis Alexiou"),
        _short("Konstantinos:Kostas Nikolaos:Nikos Ioannis:Yannis Panagiotis:Takis Athanasios:Thanos "
               "Charalambos:Babis Anastasia:Tasia Panagiota:Yota"),
    ),
    "vietnamese": Culture(
        "en",
        _words("Thị_Hương Ngọc_Ánh Thu_Hà Bích_Phượng Mỹ_Linh Thanh_Thảo Kim_Ngân Diễm_Quỳnh Tú_Uyên"),
        _words("Đức_Anh Minh_Quân Văn_Hùng Quốc_Bảo Hữu_Phước Tiến_Đạt Gia_Huy Trọng_Nghĩa Thành_Đô"),
        _words("Nguyễn Trần Lê Phạm Hoàng Huỳnh Võ Đặng Bùi Đỗ Ngô Dương Lý Trịnh"),
        {}, {"đ": "d", "Đ": "D"}, two_given=0.0,
    ),
    "indian": Culture(
        "en",
        _words("Priya Ananya Lakshmi Sunita Kavitha Deepika Aishwarya Meenakshi Shreya Padmavathi Ritu "
               "Nandini"),
        _words("Rajesh Venkatesh Arjun Sanjay Karthik Balakrishnan Vikram Harpreet Subramaniam Amit Rohan "
               "Chandrashekhar"),
        _words("Sharma Iyer Krishnamurthy Patel Reddy Chatterjee Singh Venkataraman Mukherjee Nair "
               "Deshpande Bhattacharya Ramanathan Gill Kulkarni Raghunathan"),
        _short("Balakrishnan:Bala Venkatesh:Venky Subramaniam:Subbu Chandrashekhar:Chandru Aishwarya:Aishu "
               "Harpreet:Harry Rajesh:Raj"),
        two_given=0.2,
    ),
    "chinese": Culture(
        "en",
        _words("Xiaoling Meihua Jing Yanfang Lihua Qian Ruoxi Shuyi Zixuan Fang"),
        _words("Wei Jianguo Zhiqiang Xiaoming Haoran Guoliang Yichen Tao Zhongxian Bo"),
        _words("Wang Zhang Liu Chen Zhao Huang Zhou Xu Sun Ouyang Zhuge Lü Xie Qiu Ng Tsai"),
        _short("Xiaoling:Linda Zhiqiang:Jack Haoran:Leo Jianguo:James Meihua:May Shuyi:Shirley"),
        {"ü": "u"}, two_given=0.0,
    ),
    "japanese": Culture(
        "en",
        _words("Yūko Sakura Haruka Emi Keiko Ayumi Shōko Naomi Michiko Rin"),
        _words("Kenji Tarō Hiroshi Yūta Shin'ichi Daisuke Ryōhei Takeshi Kōji Satoshi"),
        _words("Satō Suzuki Takahashi Itō Kobayashi Ōno Katō Yamamoto Kondō Sudō Nakamura Jun'oka"),
        {}, two_given=0.0,
    ),
    "arabic": Culture(
        "en",
        _words("Fatima Aisha Layla Noor Yasmin Khadija Rania Salma Huda Zainab"),
        _words("Mohammed Ahmed Abdullah Omar Khalid Yousef Abdul_Rahman Mustafa Tariq Hassan Nour_Eddine"),
        _words("Al-Farsi El-Sayed Haddad Khoury Al_Mansouri Bin_Saeed Abu_Zayd Nasser Al-Qahtani Benali "
               "El_Amrani Rahman"),
        _short("Mohammed:Mo Abdullah:Abdu Yousef:Joe Khadija:Dija Mustafa:Moose"),
    ),
    "hungarian": Culture(
        "en",
        _words("Zsófia Ágnes Enikő Réka Piroska Tünde Erzsébet Gyöngyi Júlia"),
        _words("László Győző István Zoltán Ödön Jenő Bálint Gergő Árpád"),
        _words("Kovács Szűcs Tóth Nagy Szőke Fehér Juhász Bíró Lőrincz Török Gál Ősz"),
        _short("Erzsébet:Bözsi László:Laci István:Pista Zoltán:Zoli Zsófia:Zsófi"),
    ),
    "finnish": Culture(
        "en",
        _words("Päivi Äänisi Sini Heli Riikka Kyllikki Tuulikki Anna-Liisa Jenni"),
        _words("Väinö Yrjö Pekka Heikki Antti Jyrki Juha-Matti Sampo Ilkka"),
        _words("Mäkinen Hämäläinen Nieminen Järvinen Korhonen Pöyry Leppänen Väisänen Salo Räikkä Virtanen"),
        _short("Heikki:Hessu Juha-Matti:Jussi Antti:Ana"),
        NORDIC_PLAIN,
    ),
    "ukrainian": Culture(
        "en",
        _words("Oksana Yuliia Kateryna Olha Nataliia Svitlana Iryna Solomiia Anastasiia"),
        _words("Oleksandr Volodymyr Serhii Mykola Andrii Yevhen Dmytro Bohdan Vasyl"),
        _words("Shevchenko Kovalenko Bondarenko Tkachuk Kravchuk Melnyk Lysenko Hryhorenko Zaiets Pavliuk"),
        _short("Oleksandr:Sasha Volodymyr:Vova Anastasiia:Nastya Dmytro:Dima Kateryna:Katia Yevhen:Zhenia"),
    ),
}
