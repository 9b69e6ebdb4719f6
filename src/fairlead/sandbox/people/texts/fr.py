"""French."""

from fairlead.sandbox.people.model import Answer
from fairlead.sandbox.people.texts.language import Language, lines

FRENCH = Language(
    code="fr",
    greetings=("Bonjour {sender},", "Bonjour,", "Cher {sender},", "Bonsoir {sender},", "{sender},", ""),
    closings=("Cordialement,", "Bien à vous,", "Bonne journée,", "Merci,", "Cdt,", ""),
    answers={
        Answer.INTERESTED: lines("""
            Cela m'intéresse. Êtes-vous disponible jeudi après-midi ?
            Vous tombez bien, nous en parlions hier. Proposez-moi des créneaux.
            Oui, je veux bien voir une démonstration.
            Avec plaisir, appelez-moi demain matin.
            Votre approche me plaît, parlons-en la semaine prochaine.
            C'est exactement notre problème en ce moment. On peut commencer quand ?
            Pourquoi pas ! Mardi à 14 h me convient.
            Envoyez-moi une documentation et fixons un rendez-vous.
            D'accord pour un court échange téléphonique.
            Bonne idée. Mon associé aimerait assister à la présentation.
            Volontiers, mon agenda est assez libre à partir du 15.
        """),
        Answer.QUESTION: lines("""
            Quel est le tarif pour une équipe de douze personnes ?
            Est-ce compatible avec notre CRM ?
            Où sont hébergées les données ?
            Qu'est-ce qui vous distingue des grands éditeurs ?
            Combien de temps prend la mise en place ?
            Y a-t-il un engagement de durée ?
            Je n'ai pas bien compris ce que vous faites. Pouvez-vous résumer en deux phrases ?
            Avez-vous des clients dans notre secteur ?
            Le support est-il compris dans le prix ?
            De quoi auriez-vous besoin de notre côté ?
            Êtes-vous conformes au RGPD, et comment ?
        """),
        Answer.LATER: lines("""
            Plus de budget cette année. Recontactez-moi en janvier.
            Ce n'est pas le bon moment, nous sommes en pleine migration. Après l'été peut-être.
            Pouvez-vous revenir vers moi au prochain trimestre ?
            Nous sommes en plein déménagement, relancez-moi dans deux mois.
            Reparlons-en au printemps.
            L'idée est bonne, mais rien ne se fera avant l'arrivée du nouveau directeur en mars.
            Période très chargée ici. Réécrivez-moi dans six semaines environ.
            Nous venons de signer pour un an avec un autre prestataire. À voir ensuite.
            Trop tôt pour nous, plutôt au second semestre.
            Rappelez-moi cela dans quelques semaines, s'il vous plaît.
        """),
        Answer.NOT_INTERESTED: lines("""
            Merci, mais cela ne nous intéresse pas.
            Nous avons déjà une solution qui nous convient.
            Non merci.
            Ce n'est pas adapté à notre activité. Bonne continuation !
            Nous n'en avons pas besoin.
            Nous faisons cela en interne et ne comptons pas changer.
            Je ne donnerai pas suite à votre proposition.
            J'ai regardé, ce n'est pas pour nous.
            Sans intérêt pour une entreprise comme la nôtre.
            Nous restons avec notre fournisseur actuel.
        """),
        Answer.UNSUBSCRIBE: lines("""
            Merci de me retirer de votre liste.
            Ne m'écrivez plus.
            Désinscription SVP.
            Je n'ai jamais donné mon accord. Supprimez mes données.
            Stop
            Veuillez ne plus me contacter.
            Retirez notre société de vos envois, merci.
            Arrêtez vos mails publicitaires, sinon je préviens la CNIL.
            Effacez mon adresse de votre base, immédiatement.
            Je ne souhaite plus recevoir vos messages.
        """),
        Answer.WRONG_PERSON: lines("""
            Je ne suis pas la bonne personne. Adressez-vous à {colleague} : {colleague_address}
            C'est {colleague} qui s'en occupe ({colleague_address}).
            J'ai changé de service, voyez avec {colleague}, {colleague_address}.
            Ce n'est pas mon domaine. Écrivez plutôt à {colleague_address}
            La décision revient à {colleague}, joignable à l'adresse {colleague_address}.
            Mauvais service :) Essayez {colleague_address}
            Mon prédécesseur gérait cela, désormais c'est {colleague} <{colleague_address}>.
            Je ne m'occupe pas des achats. Contactez {colleague} : {colleague_address}.
            Vous devriez en parler à ma collègue ou mon collègue {colleague}, {colleague_address}.
            Ce sujet est suivi par {colleague}, dont voici l'adresse : {colleague_address}.
        """),
    },
    wrong_person_unnamed=lines("""
        Je ne suis pas la personne concernée, désolé.
        Ce n'est pas moi qui décide, je travaille dans un autre service.
    """),
    out_of_office=lines("""
        Je suis absent du bureau jusqu'au {back}.
        Merci pour votre message. Je suis en congés et serai de retour le {back}.
        En déplacement cette semaine, je vous répondrai à partir du {back}.
        Actuellement en vacances, retour le {back}.|Pour toute urgence, appelez le standard.
        Je n'aurai pas accès à ma messagerie avant le {back}.
        En congé parental, je reprends le {back}.
        Souffrant, je devrais être de retour le {back}.
        Je participe à un salon et lirai vos messages après le {back}.
        Votre message ne sera pas transféré. Retour prévu le {back}.
        Absence prolongée : je reprends le {back}, merci de votre patience.
    """),
    acknowledgment=lines("""
        Merci d'avoir contacté {company}. Nous vous répondrons sous deux jours ouvrés.
        Votre message nous est bien parvenu.
        Nous avons bien reçu votre courriel. Merci de ne pas répondre à ce message.
        Votre demande est enregistrée. Un conseiller reviendra vers vous.
        Merci ! Cette boîte est lue du lundi au vendredi.
        Nous accusons réception de votre message.
        Un dossier a été ouvert pour votre demande.
        {company} vous remercie de votre intérêt.
        Ceci est une confirmation automatique : votre courriel est arrivé.
        Nous lisons tout et répondons en général le lendemain.
    """),
    away_subject="Réponse automatique : {subject}",
    received_subject="Accusé de réception : {subject}",
    unsubscribe_subject="désinscription",
    months=(
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ),
    short_months=(
        "janv.",
        "févr.",
        "mars",
        "avr.",
        "mai",
        "juin",
        "juil.",
        "août",
        "sept.",
        "oct.",
        "nov.",
        "déc.",
    ),
    short_weekdays=("lun.", "mar.", "mer.", "jeu.", "ven.", "sam.", "dim."),
    long_date="{day} {month} {year}",
    gmail="Le {weekday} {day} {month} {year} à {hour}:{minute}, {name} <{address}> a écrit :",
    apple="Le {day} {month} {year} à {hour}:{minute}, {name} <{address}> a écrit :",
    thunderbird="Le {day:02d}/{number:02d}/{year} à {hour}:{minute}, {name} a écrit :",
    outlook_prefix="RE:",
    outlook_fields=("De", "Envoyé", "À", "Objet"),
    iphone="Envoyé de mon iPhone",
    outlook_phone="Télécharger Outlook pour iOS",
)
