"""Spanish."""

from fairlead.sandbox.people.model import Answer
from fairlead.sandbox.people.texts.language import Language, lines

SPANISH = Language(
    code="es",
    greetings=("Hola {sender},", "Hola {sender}:", "Buenos días {sender},", "Estimado/a {sender}:", "{sender},", ""),
    closings=("Un saludo,", "Saludos,", "Gracias,", "Saludos cordiales,", "Un abrazo,", ""),
    answers={
        Answer.INTERESTED: lines("""
            Me interesa. ¿Tiene un rato el jueves por la tarde?
            Llega en buen momento, ayer hablamos de esto. Mándeme unas fechas.
            Sí, me gustaría ver una demostración.
            Claro, llámeme mañana por la mañana.
            Suena bien. Hablemos la semana que viene.
            Justo tenemos ese problema. ¿Cuándo podríamos empezar?
            ¡Adelante! El martes a las cuatro me va bien.
            Envíeme la documentación y buscamos un hueco para reunirnos.
            De acuerdo, una llamada corta me parece perfecto.
            Buena idea, mi socia también querría estar en la presentación.
            Con mucho gusto, a partir del 15 tengo la agenda libre.
        """),
        Answer.QUESTION: lines("""
            ¿Cuánto cuesta para un equipo de doce?
            ¿Se integra con nuestro CRM?
            ¿Dónde se guardan los datos?
            ¿En qué se diferencia de los grandes proveedores?
            ¿Cuánto se tarda en ponerlo en marcha?
            ¿Hay permanencia?
            No termino de entender qué hacen ustedes. ¿Me lo resume en dos frases?
            ¿Tienen clientes de nuestro sector?
            ¿El soporte está incluido en el precio?
            ¿Qué necesitarían por nuestra parte?
        """),
        Answer.LATER: lines("""
            Este año ya no queda presupuesto. Escríbame en enero.
            Ahora no puede ser, estamos en plena migración. Quizá después del verano.
            ¿Podría volver a contactarme el próximo trimestre?
            Estamos de mudanza, pregúnteme dentro de dos meses.
            Lo retomamos en primavera.
            Me gusta la idea, pero no haremos nada hasta que llegue la nueva directora en marzo.
            Temporada alta por aquí. Escríbame de nuevo en unas seis semanas.
            Acabamos de firmar con otro por un año. Más adelante, con gusto.
            Aún es pronto para nosotros, mejor en el segundo semestre.
            Recuérdemelo en unas semanas, por favor.
        """),
        Answer.NOT_INTERESTED: lines("""
            Gracias, pero no nos interesa.
            Ya tenemos una solución y estamos contentos con ella.
            No, gracias.
            No encaja con lo que hacemos. ¡Suerte!
            No tenemos necesidad de esto.
            Lo hacemos nosotros mismos y no pensamos cambiarlo.
            Lo he mirado y no es para nosotros.
            No es relevante para una empresa como la nuestra.
            Seguiremos con nuestro proveedor actual.
            Agradezco el mensaje, pero lo dejamos pasar.
        """),
        Answer.UNSUBSCRIBE: lines("""
            Por favor, quíteme de su lista.
            No me escriba más.
            Baja
            Nunca di mi consentimiento. Borre mis datos.
            Dejen de mandarme correos.
            Le ruego que no vuelva a contactarme.
            Elimine mi dirección de su base de datos.
            Solicito la baja de todos sus envíos.
            Basta de publicidad o lo denuncio.
            No deseo recibir más mensajes suyos.
        """),
        Answer.WRONG_PERSON: lines("""
            No soy la persona adecuada. Diríjase a {colleague}: {colleague_address}
            De eso se encarga {colleague} ({colleague_address}).
            Cambié de departamento; ahora lo lleva {colleague}, {colleague_address}.
            No es mi área. Pruebe en {colleague_address}
            Quien decide es {colleague}, escríbale a {colleague_address}.
            Se ha equivocado de departamento :) {colleague_address} es el correo bueno.
            Antes lo llevaba otra persona, hoy es {colleague} <{colleague_address}>.
            Yo no compro nada. Hable con {colleague}: {colleague_address}.
            Mejor pregunte a {colleague}, que atiende estos temas. {colleague_address}
            El contacto correcto es {colleague}, cuyo correo es {colleague_address}.
        """),
    },
    wrong_person_unnamed=lines("""
        No soy yo quien decide esto, lo siento.
        Persona equivocada, trabajo en otro departamento.
    """),
    out_of_office=lines("""
        Estoy fuera de la oficina hasta el {back}.
        Gracias por su mensaje. Estoy de vacaciones y vuelvo el {back}.
        De viaje esta semana, responderé a partir del {back}.
        Estaré ausente hasta el {back}.|Si es urgente, llame a la centralita.
        No tendré acceso al correo antes del {back}.
        Estoy de baja por paternidad y regreso el {back}.
        Me encuentro enfermo; espero volver el {back}.
        Asisto a una feria y leeré su correo después del {back}.
        Su mensaje no será reenviado. Regreso el {back}.
        Ahora mismo no estoy. Nos leemos el {back}.
    """),
    acknowledgment=lines("""
        Gracias por contactar con {company}. Responderemos en un plazo de dos días laborables.
        Hemos recibido su mensaje.
        Su correo ha llegado bien. No responda a este mensaje, por favor.
        Su consulta ha quedado registrada. Le contestaremos pronto.
        ¡Gracias! Este buzón se lee de lunes a viernes.
        Confirmamos la recepción de su correo.
        Se ha abierto una incidencia con su petición.
        {company} le agradece su interés.
        Esta es una confirmación automática de que su mensaje ha llegado.
        Leemos todo y solemos contestar al día siguiente.
    """),
    away_subject="Respuesta automática: {subject}",
    received_subject="Hemos recibido su mensaje: {subject}",
    unsubscribe_subject="baja",
    months=(
        "enero",
        "febrero",
        "marzo",
        "abril",
        "mayo",
        "junio",
        "julio",
        "agosto",
        "septiembre",
        "octubre",
        "noviembre",
        "diciembre",
    ),
    short_months=("ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sept", "oct", "nov", "dic"),
    short_weekdays=("lun", "mar", "mié", "jue", "vie", "sáb", "dom"),
    long_date="{day} de {month} de {year}",
    gmail="El {weekday}, {day} {month} {year} a las {hour}:{minute}, {name} (<{address}>) escribió:",
    apple="El {day} {month} {year}, a las {hour}:{minute}, {name} <{address}> escribió:",
    thunderbird="El {day}/{number}/{year} a las {hour}:{minute}, {name} escribió:",
    outlook_prefix="RE:",
    outlook_fields=("De", "Enviado", "Para", "Asunto"),
    iphone="Enviado desde mi iPhone",
    outlook_phone="Obtener Outlook para iOS",
)
