"""Code lists of actors."""

from app.database.codes import Code


class ActorKind(Code):
    """What sort of actor it is; no judgement on its legitimacy."""

    state = "state", "A country as a whole, as one speaks of France or Iraq doing something."
    state_force = (
        "state_force",
        "Armed forces, police, prison or intelligence service, of a state or a de facto administration.",
    )
    armed_group = "armed_group", "Organised fighters outside the command of a state, holding territory or not."
    coalition = (
        "coalition",
        "Several states or groups acting together under a joint name, without being an organisation.",
    )
    intergovernmental = (
        "intergovernmental",
        "Founded by states by treaty or resolution: the UN, its agencies, regional bodies.",
    )
    ngo = "ngo", "Non-governmental and non-profit: monitors, aid and advocacy groups, the Red Cross and Red Crescent."
    company = "company", "A business, such as a private prison operator, security contractor or broadcaster."
    authority = "authority", "A government, ministry or de facto administration: civil power, apart from its forces."
    other = "other", "None of these, such as a tribe, a political party or a person in public office."
