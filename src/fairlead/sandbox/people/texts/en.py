"""English."""

from fairlead.sandbox.people.model import Answer
from fairlead.sandbox.people.texts.language import Language, lines

ENGLISH = Language(
    code="en",
    greetings=("Hi {sender},", "Hello {sender},", "{sender},", "Hey {sender} -", "Dear {sender},", ""),
    closings=("Best,", "Thanks,", "Cheers,", "Kind regards,", "Best regards,", ""),
    answers={
        Answer.INTERESTED: lines("""
            This sounds like something we could use. Do you have half an hour on Thursday?
            Good timing, we were just discussing this in the team. Please send over some times next week.
            Yes, happy to have a look. Could you show it to me and my co-founder?
            Sure, let's talk. My calendar is pretty open on Tuesday afternoon.
            I'd like to see a demo. Mornings are best for me.
            Sounds good to me. Call me any time after three.|My direct line is in the signature.
            We have exactly this problem right now. How soon could we set something up?
            Interesting! Count me in for a short call.
            Okay, you have my attention. Friday 10am?
            Please send me the deck, and let's plan a meeting for the week after.
            Yes please. Book something in whenever suits you, I'm flexible until the 20th.
        """),
        Answer.QUESTION: lines("""
            What does it cost for a team of twelve?
            Does this work with the CRM we have, or would we have to switch?
            Before we go any further: where is the data kept?
            Who else in our industry is using it?
            How is this different from what the big vendors offer?
            Could you explain how long the setup usually takes?
            Is there a contract term or can one cancel by the month?
            I don't quite understand what you do. Can you put it in two sentences?
            Do you have a reference customer about our size?
            What would you need from our side to get going?
            Does that include support, or is it extra?
        """),
        Answer.LATER: lines("""
            We have no budget left this year. Try me again in January.
            Not now, we are in the middle of a migration. Maybe after the summer.
            Could you get back to me next quarter? There is too much on my plate at the moment.
            The timing is bad, we are moving offices. Ping me in two months.
            Let's revisit this in spring.
            I like the idea but nothing will happen before our new head of sales starts in March.
            Busy season here. Please write again in about six weeks.
            We just signed for twelve months with someone else, so ask again in a year.
            Can we pick this up once the audit is over? Should be end of next month.
            Too early for us. We'll be ready to look at it in the second half of the year.
            Remind me in a few weeks, please.
        """),
        Answer.NOT_INTERESTED: lines("""
            Thanks, but no thanks.
            We're not interested.
            We already have a solution we are happy with, so I'll pass.
            This isn't a fit for us. Good luck!
            I appreciate the note but we have no need for that.
            We do this in house and have no plans to change it.
            No, sorry. Not something we would spend money on.
            I had a look and it is not for us.
            Not relevant for a company like ours, I'm afraid.
            We'll stay with our current supplier.
            Passing on this one.
        """),
        Answer.UNSUBSCRIBE: lines("""
            Please take me off your list.
            Remove me.
            Stop emailing me.
            I never signed up for this. Delete my address from your database, please.
            unsubscribe
            Please do not contact me again.
            Take my address out of whatever list you bought. Last warning.
            Kindly remove our company from your mailings.
            No more emails please.
            I don't wish to receive messages from you any longer.
            Opt out. And tell me where you got my data from.
        """),
        Answer.WRONG_PERSON: lines("""
            I'm not the right person for this. Please contact {colleague}: {colleague_address}
            That is handled by {colleague} ({colleague_address}), not by me.
            I moved to another team last year. {colleague} has taken over, {colleague_address}.
            You'd better ask my colleague {colleague}, who looks after these things. {colleague_address}
            Wrong department :) Try {colleague_address}
            I don't decide on that. {colleague} does - {colleague_address}.
            Forwarding would take me longer than telling you: {colleague}, {colleague_address}.
            My predecessor did this. These days it is {colleague} <{colleague_address}>.
            Not my area. You want {colleague}, whose address is {colleague_address}.
            Please direct this to {colleague} at {colleague_address}, I have nothing to do with purchasing.
        """),
    },
    wrong_person_unnamed=lines("""
        I'm not the one who decides on this, sorry.
        Wrong person, I work in a different department.
    """),
    out_of_office=lines("""
        I am out of the office until {back} with limited access to email.
        Thank you for your message. I am on holiday and will be back on {back}.|In urgent cases please call our office.
        I'm travelling and will return on {back}. Replies may take a while.
        Thanks for writing! I'm on annual leave, returning {back}.
        I am away from my desk. I will read your message after {back}.
        Currently on parental leave. I'm back on {back}.
        You have caught me on vacation. From {back} on I'll be at my desk again.
        I will be at a conference this week and cannot answer before {back}.
        Out sick at the moment; I expect to return on {back}.
        Please note that I do not work until {back}. Your email is not forwarded.
    """),
    acknowledgment=lines("""
        Thank you for contacting {company}. We have received your message and will reply within two working days.
        This is to confirm that your email has arrived. A member of the team will look at it.
        Your request was registered. Please do not answer this message.
        Thanks for getting in touch! We read everything and usually answer by the next day.
        We got your email. This mailbox is read from Monday to Friday.
        Your message is in our queue. You will hear from us.
        Thank you. A ticket was opened for your inquiry.
        {company} thanks you for your interest. Somebody will be with you shortly.
        We confirm receipt of your message.
        This is an automated confirmation: your mail reached the right place at {company}.
    """),
    away_subject="Automatic reply: {subject}",
    received_subject="We received your message: {subject}",
    unsubscribe_subject="unsubscribe",
    months=(
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ),
    short_months=("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    short_weekdays=("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    long_date="{day} {month} {year}",
    gmail="On {weekday}, {month} {day}, {year} at {hour12}:{minute} {half} {name} <{address}> wrote:",
    apple="On {day} {month} {year}, at {hour}:{minute}, {name} <{address}> wrote:",
    thunderbird="On {day:02d}/{number:02d}/{year} {hour}:{minute}, {name} wrote:",
    outlook_prefix="RE:",
    outlook_fields=("From", "Sent", "To", "Subject"),
    iphone="Sent from my iPhone",
    outlook_phone="Get Outlook for iOS",
)
