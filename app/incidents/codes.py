"""Code lists of incidents."""

from app.database.codes import Code


class IncidentKind(Code):
    """What happened; an incident takes every kind that fits, so an assault that frees people is a prison break too."""

    armed_attack = (
        "armed_attack",
        "One side strikes the facility, its staff or those held, with weapons or explosives, from outside.",
    )
    armed_clash = "armed_clash", "Two armed sides fight at or around the facility, or who attacked is not stated."
    bombardment = "bombardment", "Hit from a distance by aircraft, drones, artillery or rockets, aimed at it or not."
    killing = "killing", "Deliberate, unlawful taking of life; neither a judicial execution nor a death in fighting."
    prison_break = "prison_break", "Several get out by force or breach, with inside or outside help."
    escape = "escape", "One or a few get out over a barrier (wall, fence, lock, escort) without an armed breach."
    abscond = (
        "abscond",
        "Leaving where no barrier had to be overcome: open prison, outside work, failure to return from leave.",
    )
    attempted_escape = "attempted_escape", "Somebody tried to get out, by whichever means, and nobody did."
    riot = "riot", "Many held people use violence together and staff lose control of part of the facility."
    disturbance = "disturbance", "Collective disorder with staff still in control: refusal, barricade, brawl, unrest."
    protest = "protest", "Peaceful collective action inside or at the gates, other than by refusing food."
    hunger_strike = "hunger_strike", "Food or drink refused in protest, by one person or many."
    self_harm = "self_harm", "Injury done to oneself, attempted suicide included; if fatal, death_in_custody as well."
    threat_of_self_harm = "threat_of_self_harm", "Somebody says or shows that they mean to harm themselves; none done."
    assault = "assault", "Violence between persons, sexual violence included, by a held person or a visitor."
    abusive_behaviour = "abusive_behaviour", "Threats, insults or harassment of persons, without violence."
    hostage_taking = "hostage_taking", "Somebody is seized and kept under threat, to force a demand or as a shield."
    death_in_custody = (
        "death_in_custody",
        "Somebody in custody dies, of any cause; killing or execution is added where it applies.",
    )
    execution = "execution", "A death sentence of a court, or of a body that claims to be one, is carried out."
    ill_treatment = "ill_treatment", "Torture, cruel or degrading acts or conditions laid to staff or authorities."
    use_of_force = (
        "use_of_force",
        "Staff or security forces use restraint, batons, gas or firearms against people held.",
    )
    isolation = (
        "isolation",
        "Somebody is kept apart from others: solitary confinement, segregation, a locked cell.",
    )
    injury = "injury", "Somebody is hurt by accident, at work or in an unstated way; not by assault or self-harm."
    medical_emergency = (
        "medical_emergency",
        "Acute illness, overdose or childbirth complication of individuals, needing urgent care.",
    )
    epidemic = "epidemic", "An infectious disease spreads among the people held or staff."
    fire = "fire", "Something burns, set alight or by accident."
    property_damage = "property_damage", "Buildings or equipment are damaged or destroyed, other than by fire alone."
    contraband = "contraband", "Forbidden things found or smuggled: drugs, telephones, weapons."
    transfer = "transfer", "People are moved to another place of custody in the same country; custody goes on."
    release = "release", "People are let go: sentence served, pardon, bail, amnesty, exchange, tribal guarantee."
    removal = "removal", "People are sent out of the country against their will: deportation, extradition, rendition."
    repatriation = "repatriation", "People are brought back to their own country under an arrangement with it."
    opening = "opening", "A facility or a unit begins to hold people, or begins again."
    closure = "closure", "A facility or a unit ceases to hold people, for good or for a time."
    change_of_control = (
        "change_of_control",
        "Another actor takes over the running, by force or agreement, in whole or in part.",
    )
    system_failure = (
        "system_failure",
        "Power, water, heating, locks, alarms or records fail, so that safety or care suffers.",
    )
    complaint = "complaint", "A formal grievance is lodged with staff, an inspector or a court."
    birth = "birth", "A child is born to a mother in custody."
    other = "other", "Known, and none of these fits; say what under `kinds_as_written`."


class IncidentSeverity(Code):
    """How grave the operator or the source rates it, on whichever scale it uses; null where it does not."""

    minor = "minor", "Dealt with locally in the ordinary course; no lasting harm."
    major = "major", "Reported upwards: serious harm, or order lost in part of the facility."
    critical = "critical", "Top of the scale: deaths, a breach of the perimeter, or outside forces called in."


class IncidentOutcome(Code):
    """Whether those who set out to do it reached their aim."""

    succeeded = "succeeded", "They reached it: people got out, the demand was met, the place was taken."
    partly = "partly", "They reached some of it: a few got out and others were stopped."
    foiled = "foiled", "They were stopped before reaching any of it, be it in planning or in the act."
    disputed = "disputed", "The parties or sources contradict each other about it."
    unknown = (
        "unknown",
        "No source says whether the aim was reached, or there was none, as with an illness or an accident.",
    )


class IncidentStatus(Code):
    """How far it had gone as of `status_as_of`."""

    ongoing = "ongoing", "Still going on: fighting, siege, strike or search has not ceased."
    contained = "contained", "Confined and under control, but not over: holdouts remain, or people are still at large."
    ended = "ended", "Over, declared so by those in charge or plain from the facts."
    unconfirmed = "unconfirmed", "That it happened at all rests on a single or doubtful report."
    unknown = "unknown", "That it happened is not in doubt; whether it has ended is not stated."


class IncidentFacilityRole(Code):
    """How a facility is tied to the incident."""

    site = "site", "Where it happened, the immediate surroundings included."
    custody = (
        "custody",
        "What held the people concerned, though it happened elsewhere: on escort, at court, in hospital.",
    )
    place_of_death = "place_of_death", "Where the person died, if brought there afterwards: a hospital, another prison."
    other = "other", "Another tie, such as where people were taken to or where the order came from."


class PartyRole(Code):
    """What an actor did in the incident."""

    attacker = "attacker", "Struck first, or carried out the assault, breach or seizure."
    defender = "defender", "Fought to hold or retake the facility."
    operator = "operator", "Ran the facility when it happened, whether or not it fought."
    supporter = "supporter", "Openly aided the defence or the operator: air support, special forces, supplies."
    accomplice = "accomplice", "Aided the attackers: planning, passage, arms, inside help. Grave, so mind the standing."
    belligerent = "belligerent", "Took part in the fighting; which side struck is not stated."
    victim = "victim", "Suffered it as a group or institution: its members were harmed or its property struck."
    mediator = "mediator", "Negotiated between the sides, a surrender or hostage release included."
    other = "other", "Was involved otherwise; say how in the note."


class PartyStanding(Code):
    """How sure it is that the actor played that role."""

    established = "established", "Undisputed, owned by the actor itself, or shown by independent evidence."
    reported = "reported", "Stated as fact by sources without a stake in it, and not independently shown."
    alleged = "alleged", "Rests only on the claim of somebody with an interest; the note or a claim says whose."
    denied = "denied", "Alleged by somebody and contradicted by the actor itself."
