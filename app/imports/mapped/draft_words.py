"""The words of this trade in the headers of tables, in seven languages."""

import re
import unicodedata
from typing import Final

WORDS: Final = {
    "name": "name nom nombre nome denominacion denominazione denominacao bezeichnung اسم الاسم",
    "facility": "facility prison establishment camp jail centre center site penitentiary etablissement prison centro "
    "establecimiento penal carcel prision estabelecimento unidade presidio istituto carcere anstalt jva haftanstalt "
    "gefangnis justizvollzugsanstalt السجن سجن المنشأة المركز",
    "key": "id code key ref case reference identifier uuid cod codigo clave cle identifiant kennung kennziffer "
    "schlussel codice nomis رمز كود رقم المعرف",
    "year": "year ano anio annee anno jahr سنة السنة العام",
    "month": "month mes mois monat mese شهر الشهر",
    "date": "date fecha data datum jour tag giorno day dia stichtag period periodo periode تاريخ التاريخ يوم",
    "of_place": "opened closed opening closing start end since until apertura cierre ouverture fermeture eroffnung "
    "schliessung abertura fechamento chiusura inauguracion inauguracao inicio published accessed source updated birth "
    "criacao افتتاح إغلاق",
    "held": "held population inmates inmate detainees detainee prisoners prisoner incarcerated incarcerees custody "
    "detenus detenu internos internas presos presas reclusos reclusas poblacion populacao gefangene haftlinge "
    "insassen belegung detenuti presenti effectif نزلاء النزلاء سجناء السجناء معتقلين المعتقلين المحتجزين",
    "amount": "total count number numero anzahl nombre quantidade cantidad totale gesamt insgesamt of de der عدد "
    "مجموع المجموع",
    "capacity": "capacity places beds capacidad capacidade capacite plazas vagas haftplatze kapazitat "
    "belegungsfahigkeit capienza posti السعة سعة الطاقة",
    "female": "female females women fem femenino feminino femme femmes mujeres mujer mulheres mulher frauen weiblich "
    "donne femmine نساء النساء إناث الإناث",
    "male": "male males men mas masculino homme hommes hombres hombre homens homem manner mannlich uomini maschi رجال "
    "الرجال ذكور الذكور",
    "unsentenced": "unsentenced unconvicted untried remand remanded pretrial procesados procesadas provisorio "
    "provisorios provisoria prevenus prevenu preventivos untersuchungshaft untersuchungsgefangene uhaft imputati "
    "giudicabili موقوفين الموقوفين موقوفون",
    "sentenced": "sentenced convicted condenados condenadas sentenciados condamnes condamne verurteilte strafhaft "
    "strafgefangene condannati definitivi محكومين المحكومين محكومون",
    "incident": "event incident incidents events evento eventos incidente incidentes vorfall vorfalle ereignis "
    "evenement evenements episodio ocorrencia ocorrencias suceso حادث حادثة الحادث",
    "killed": "killed fatalities asesinados asesinadas matados tues tue getotete getotet uccisi assassinados قتلى "
    "القتلى",
    "died": "died dead death deaths muertos muertes fallecidos fallecimientos mortes mortos obitos morts deces tote "
    "todesfalle verstorbene morti deceduti decessi وفيات الوفيات",
    "injured": "injured wounded heridos heridas lesionados feridos blesses blesse verletzte verletzt feriti جرحى "
    "الجرحى",
    "escaped": "escaped escapees escapes fugados fugas evadidos foragidos evades evasions entwichene geflohene "
    "entflohene evasi هاربين الهاربين فارين",
    "country": "country countries iso iso2 iso3 pais pays paese staat دولة الدولة البلد",
    "admin1": "state jurisdiction province governorate region adm admin estado uf provincia departamento departement "
    "bundesland regione comunidad محافظة المحافظة ولاية الولاية",
    "place": "city town location municipality place ciudad municipio localidad ville commune lieu ort stadt comune "
    "citta luogo cidade مدينة المدينة الموقع",
    "latitude": "lat latitude latitud latitudine breitengrad breite العرض",
    "longitude": "lon lng long longitude longitud longitudine langengrad lange الطول",
    "other": "percent pct rate ratio taxa tasa taux quote prozent age idade edad alter eta zip cep postcode plz phone "
    "telephone tel fax telefono telefone gid prec precision clarity url link score rank version ibge fips box",
}
"""What a column may be, and the words that its name has then."""
MONTHS: Final = (
    "january jan enero ene janvier janv januar gennaio gen janeiro يناير",
    "february feb febrero fevrier fevr februar febbraio febr fevereiro fev فبراير شباط",
    "march mar marzo mars marz marco مارس آذار",
    "april apr abril abr avril avr aprile أبريل ابريل نيسان",
    "may mayo mai maggio mag maio مايو أيار",
    "june jun junio juin juni giugno giu junho يونيو حزيران",
    "july jul julio juillet juil juli luglio lug julho يوليو تموز",
    "august aug agosto ago aout أغسطس اغسطس آب",
    "september sep sept septiembre set septembre settembre setembro سبتمبر أيلول",
    "october oct octubre octobre oktober okt ottobre ott outubro out أكتوبر اكتوبر",
    "november nov noviembre novembre novembro نوفمبر",
    "december dec diciembre dic decembre dezember dez dicembre dezembro ديسمبر",
)
"""What each month is called."""


def words_of(name: str) -> list[str]:
    """The words of a column's name, their case and accents left aside."""
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return re.findall(r"[^\W\d_]+", _plain(parted))


def _plain(text: str) -> str:
    letters = (one for one in unicodedata.normalize("NFKD", text) if not unicodedata.combining(one))
    return "".join(letters).casefold()


_KNOWN = {kind: {_plain(word) for word in listed.split()} for kind, listed in WORDS.items()}
_MONTH = {_plain(word): number for number, listed in enumerate(MONTHS, 1) for word in listed.split()}


def kinds_of(name: str) -> set[str]:
    """What a column may be by its name."""
    words = set(words_of(name))
    return {kind for kind, known in _KNOWN.items() if words & known}


def is_amount(name: str) -> bool:
    """Whether a name says that something is counted, and nothing of what but perhaps of whom."""
    people = {"amount", "female", "male", "unsentenced", "sentenced"}
    return all(any(word in _KNOWN[kind] for kind in people) for word in words_of(name))


OTHERS: Final = {
    "population": "population poblacion populacao popolazione bevolkerung",
    "everybody": "state national resident census general civilian country residente nacional nationale",
    "inhabitants": "inhabitants habitantes habitants einwohner wohnbevolkerung abitanti",
    "row": "idx index row rows rowname rownames rownumber rownum no nr num n s sl sr sno serial number unnamed column "
    "lfd line zeile fila ligne linha riga",
}
"""Words that say of a count that it is one of everybody somewhere, and words for the number of a row."""
_OTHER = {kind: set(listed.split()) for kind, listed in OTHERS.items()}


def counts_everybody(name: str) -> bool:
    """Whether a name says that those who live somewhere are counted, and nothing of who is held."""
    words = set(words_of(name))
    everybody = (words & _OTHER["population"] and words & _OTHER["everybody"]) or words & _OTHER["inhabitants"]
    return bool(everybody) and not words & (_KNOWN["held"] - _OTHER["population"])


def is_key(name: str) -> bool:
    """Whether a name is that of a key: it says so, or is the number of something, as `record_no`."""
    words = words_of(name)
    return bool(set(words) & _KNOWN["key"]) or (len(words) > 1 and words[-1] in {"no", "nr"})


def is_row_number(name: str) -> bool:
    """Whether a name says no more than that rows are counted."""
    return set(words_of(name)) <= _OTHER["row"]


def month_called(text: str) -> int | None:
    """The number of a month by its name."""
    return _MONTH.get(_plain(text).strip(" ."))


_YEAR_MONTH = re.compile(
    r"(?<!\d)(?:19|20)\d\d[-_./ ]?(0[1-9]|1[0-2])(?!\d)|(?<!\d)(0?[1-9]|1[0-2])[-_./ ](?:19|20)\d\d"
)


def time_in(name: str) -> str | None:
    """The year, or the month, that the name of a column has in it."""
    years = re.findall(r"(?<!\d)((?:19|20)\d\d)(?!\d)", name)
    if len(years) != 1:
        return None
    months = [number for word in words_of(name) if (number := _MONTH.get(word)) is not None]
    if len(months) == 1:
        return f"{years[0]}-{months[0]:02}"
    digits = _YEAR_MONTH.search(name)
    if digits is not None:
        return f"{years[0]}-{int(digits[1] or digits[2]):02}"
    return years[0] if not words_of(name) or kinds_of(name) & {"held", "capacity", "male", "female", "amount"} else None
