"""Code lists of populations."""

from app.database.codes import Code


class PopulationMeasure(Code):
    """What the number counts at the facility."""

    held = "held", "People in custody there: a stock at a moment, or an average of such stocks."
    capacity = "capacity", "Places for people to be held, under the definition that the statistic names."
    admitted = (
        "admitted",
        "Entries during the period, from outside or other facilities; one person may count more than once.",
    )
    released = "released", "People let out during the period; neither escapes nor moves to other facilities."
    died = "died", "People who died in its custody during the period, of any cause and wherever they died."
    staff = "staff", "People employed or posted there: guards, administration, health workers."


class PopulationStatistic(Code):
    """What sort of count, or which definition of capacity, the number follows."""

    point = "point", "Count: a stock at one moment of the date given, the hour unstated or other than midnight."
    midnight = (
        "midnight",
        "Count: the stock at midnight or the close of the day, the usual roll of prison services.",
    )
    daily_average = "daily_average", "Count: the mean of the daily stocks over the period."
    flow = "flow", "Count: all events within the period (admissions, releases, deaths), never a stock."
    official = (
        "official",
        "Capacity: the number the authority publishes, under its own rule (certified, uncrowded, legal).",
    )
    operational = (
        "operational",
        "Capacity: the most the administration says it can hold safely, with its staff and regime today.",
    )
    design = "design", "Capacity: what the architects intended, whatever has been changed since."
    emergency = "emergency", "Capacity: with temporary beds or doubling-up beyond the ordinary limit, for a time."
    contracted = (
        "contracted",
        "Capacity: places paid for or guaranteed under a contract with a private or public provider.",
    )
    out_of_use = (
        "out_of_use",
        "Capacity: places that exist and cannot be used, through damage, repair or want of staff.",
    )
    unknown = "unknown", "Count or capacity: the source does not say which definition it follows."


class PopulationLegalStatus(Code):
    """Under what title the people counted are held, according to the holder; null means all of them."""

    sentenced = "sentenced", "Convicted and sentenced by a court, appeals still open or not, as the source counts it."
    unsentenced = (
        "unsentenced",
        "Charged or under investigation, not yet tried or sentenced: remand and pre-trial detainees.",
    )
    administrative = (
        "administrative",
        "By executive order without criminal proceedings, other than over migration or security.",
    )
    migration = "migration", "Over entry, stay or removal under immigration or asylum law."
    security = (
        "security",
        "As a threat under emergency, counter-terrorism or conflict powers: internees, captured fighters.",
    )
    without_charge = "without_charge", "With neither charge nor order nor other legal title put forward."
    family_member = (
        "family_member",
        "Only because of kinship with somebody suspected or held; no accusation of their own.",
    )
    unknown = "unknown", "People the source counts apart as of unstated status; for all statuses leave the field null."
