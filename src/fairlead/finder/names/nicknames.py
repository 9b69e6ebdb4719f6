"""What people are called, and what that is short for.

Facts of everyday language, put together for this product from the languages themselves: each row is a given name and
its usual short and pet forms, written in ASCII as in an address.
"""

from collections import defaultdict
from typing import Final

# fmt: off
_ROWS: Final = """
alexander alex sandy xander lex sascha sasha
alexandra alex sandra sasha lexi
abigail abby gail
abraham abe
adalbert bert
agnieszka aga
albert al bert
aleksander alek olek
aleksandr sasha alex
aleksandra ola sasha
aleksey alex alyosha lesha
alejandro alex ale
alfred al fred alf
allison ally
amanda mandy
ana ani
anastasia nastya ana
anatoly tolya
andrea andi
andreas andi andy
andrew andy drew
andrey andrew
andrzej jedrzej andrew
angela angie
ann annie
anna ania anya annie
anthony tony ant
antonio toni tonio
archibald archie
arthur art
barbara barb basia babs
bartholomew bart
bartosz bartek
beatrice bea trixie
beatriz bea
benedict ben
benedikt ben
benjamin ben benny benji
bernard bernie
bernhard bernd
bernhardt bernd
bradley brad
calvin cal
cameron cam
carolina caro
caroline caro carrie
cassandra cass cassie
catalina cata
catherine cathy kate cat katie
cecilia ceci
charles charlie chuck chas
charlotte charlie lotte lottie
christian chris
christina chris tina
christine chris tina
christoph chris
christopher chris topher kit
claudia claudi
clifford cliff
concepcion concha conchita
constance connie
cornelia conny
cornelius cor niels
cynthia cindy
daniel dan danny dani
daniela dani
danielle dani
david dave davy
deborah deb debbie
denis den
dennis den
diana di
dietrich dirk
dmitry dima mitya
dominic dom nic
dominik dom nik
donald don donnie
dorothea dora dorle
dorothy dot dottie dolly
douglas doug
eduard edi
eduardo edu lalo
edward ed eddie ted ned
edwin ed win
eleanor ellie nora nell
eleonora nora
elena lena
elizabeth liz beth betsy lizzie eliza betty lisa
elisabeth lisa elise sissi lisbeth
elzbieta ela
emanuel manu
emiliano emi
emily em emmy
emma em
enrique quique kike
eric rick
ernest ernie
esteban este
eugene gene
evgeny zhenya eugene
ewa ewka
ferdinand ferdi
fernando fer nando
florian flo
florence flo
frances fran frankie
francesca franci fra
francesco franco fra
francis frank fran
francisco paco pancho fran cisco
francois franck
franklin frank
franz franzl
frederic fred
frederick fred freddy rick
frederik fred
friedrich fritz fred
gabriel gabe gabi
gabriela gabi gaby
gabriele gabi
geoffrey geoff jeff
georg schorsch
georgios giorgos george
gerald gerry jerry
gerard gerry
gerhard gerd
gertrud trudi
gheorghe ghita
giovanni gianni vanni
giuseppe peppe beppe pino
gonzalo gonza
grace gracie
gregory greg
grzegorz grzesiek greg
guadalupe lupe
guillaume guy
guillermo guille memo
gustav gus
gustavo gus tavo
harold harry hal
harriet hattie
heinrich heinz heiner
helena lena
helene lene
henrietta etta
henry harry hank
herbert herb bert
hermann herm
howard howie
hubert hub
ignacio nacho
ignatius iggy
irina ira
isaac ike zac
isabel isa bel
isabella bella isa izzy
isabelle isa belle
ivan vanya
jacob jake
jacqueline jackie
jakub kuba
james jim jimmy jamie
jane janie
janet jan
janina nina
jason jay
jean jeannot
jeffrey jeff
jennifer jen jenny
jeremy jerry jem
jerome jerry
jesus chuy suso
jessica jess jessie
joachim achim jochen
joan joanie
joanna asia jo
joanne jo
johannes hannes hans joe jan
john jack johnny
jonas joni
jonathan jon nathan jonny
jorge coque
jose pepe
josef sepp jupp
joseph joe joey
josephine jo josie
joshua josh
juan juanito
judith judy
julia jule
julian jules
katarzyna kasia
katharina kathi katja kati
katherine kate kathy katie kat
kathleen kathy kath
kathryn kate kathy
katrin kati
kazimierz kazik
kenneth ken kenny
kimberly kim
konstantin kostya
konstantinos kostas dinos
kristina kris tina
kristopher kris
krzysztof krzysiek kris chris
laura lau
lawrence larry laurie
leonard leo len lenny
leonardo leo
leopold leo poldi
leslie les
lewis lew
lillian lily lil
linda lin
lorenzo renzo
louis lou
louise lou
lourdes lulu
lucas luke
lucia luci
luciano lucio
ludmila lyuda mila
ludwig lutz
luis lucho
maciej maciek
madeleine maddie
madeline maddie
magdalena magda lena
malcolm mal
malgorzata gosia
manfred manni
manuel manolo manu
manuela manu ela
margaret maggie meg peggy marge greta
margarita rita marga
margarete grete greta
maria mary mia
mariana mari
marianne mari
mariusz mario
martin marty
martina tina
massimiliano max
massimo max
mateusz mati
matthew matt matty
matthias matt matze
matthieu matt
maurice maury
maximilian max maxi
megan meg
melanie mel
melissa mel missy
mercedes merche
michael mike mick micky michi
michal michal
michel michou
michelle shelly
miguel migue
mikhail misha mike
mildred millie
mitchell mitch
mohamed mo
mohammad mo
mohammed mo
muhammad mo
nadezhda nadia
nancy nan
natalia nata talia natasha
nataliya natasha natalia
natalie nat
nathan nate
nathaniel nate nat
nicholas nick nicky
nicola nicky
nicolas nico nick
nicole nicky nic
niklas nik
nikolaos nikos nick
nikolaus niko klaus
nikolay kolya nick
norbert nobby
norman norm
olga olya
oleksandr sasha alex
oliver ollie oli
olivia liv livvy
pamela pam
patricia pat trish patty tricia
patrick pat paddy
penelope penny
peter pete
petra petzi
philip phil
philipp phil
philippe phil
phillip phil
pilar pili
piotr piotrek peter
prudence pru
rachel rach
rafael rafa
rainer rai
ralph ralf
ramona mona
raymond ray
rebecca becky becca
reginald reg reggie
reinhard reini
renate rena
ricardo rick richie
richard rick dick rich richie
robert rob bob bobby robbie bert
roberto rob beto
roderick rod
rodrigo rodri
rodney rod
roland roli
ronald ron ronnie
rosa rosie
rosario charo
rosemary rosie
rudolf rudi
rupert rupi
russell russ
samantha sam
samuel sam sammy
santiago santi
sandra sandi
sara sari
sarah sally
sebastian seb basti sebas
sebastiano seba
sergey serge seryozha
sergio sergi
shirley shirl
sigmund sigi
siegfried sigi
simon si
simone simo
slawomir slawek
sofia sofi
solomon sol
sophie soph
stanislaw staszek stan
stanley stan
stefan steff
stefanie steffi
stephan steph
stephanie steph
stephen steve
steven steve
stewart stu
stuart stu
susan sue susie
susanne susi
suzanne sue
svetlana sveta lana
sylvia sylvie
tadeusz tadek
tamara toma
tatiana tanya tania
terence terry
teresa tere terry
theodor theo
theodore ted theo teddy
theresa terry tess
therese resi
thomas tom tommy
tiffany tiff
timothy tim timmy
tobias tobi toby
tomasz tomek tom
ulrich uli
ulrike uli rike
ursula uschi ulla
valentina vale tina
valentin vale
valerie val
vasily vasya
veronica vero ronnie
veronika vero
vicente chente
victor vic
victoria vicky tori
viktor vitya vic
viktoria vicky
vincent vince vin
vincenzo enzo
virginia ginny
vladimir vlad volodya vova
volodymyr vlad volodya
waldemar waldek
walter walt wally
wilhelm willi willy
william bill will billy willie liam
wilfred wilf
winston win
wojciech wojtek
wolfgang wolf
xavier xavi
yekaterina katya kate
ekaterina katya kate
yevgeny zhenya
yury yura
yuri yura
zachary zach zack
zbigniew zbyszek
zygmunt zyga
""".strip().splitlines()
# fmt: on


def _tables() -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]:
    short: dict[str, tuple[str, ...]] = {}
    full: dict[str, list[str]] = defaultdict(list)
    for row in _ROWS:
        name, *forms = row.split()
        forms = [form for form in forms if form != name]
        short[name] = tuple(forms)
        for form in forms:
            full[form].append(name)
    return short, {form: tuple(names) for form, names in full.items()}


_SHORT, _FULL = _tables()
GIVEN_NAMES: Final = tuple(_SHORT)


def nicknames(first: str) -> tuple[str, ...]:
    """What somebody of this given name may be called, the most usual first."""
    return _SHORT.get(first, ())


def full_forms(first: str) -> tuple[str, ...]:
    """What this may be short for."""
    return _FULL.get(first, ())
