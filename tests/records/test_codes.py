import re
from importlib import import_module

import pytest
from pydantic import TypeAdapter, ValidationError

from app.database.codes import VOCABULARIES, Code
from app.records.bodies import Country
from app.records.countries import countries_like, country_names

for noun in ("facilities", "populations", "incidents", "figures", "claims", "sources", "actors"):
    import_module(f"app.{noun}.codes")

EXPECTED = {
    "access": "public partner restricted",
    "actor-kind": "state state_force armed_group coalition intergovernmental ngo company authority other",
    "basis": "counted documented official estimated claimed reported extrapolated derived",
    "change-action": "create update retract merge split redact",
    "claim-modality": "asserted probable possible questioned assumed forecast recommended",
    "claim-verdict": "supported likely unverified disputed refuted misinformation",
    "estimate-flag": "bounds_by_editor bounds_out_of_order rounded single_person",
    "facility-built-as": "purpose_built converted tents unknown",
    "facility-kind": """prison pretrial police_custody military intelligence immigration juvenile psychiatric hospital
        rehabilitation labour camp transit hotel improvised unofficial supervision other unknown""",
    "facility-legal-basis": "criminal administrative migration military security health none_claimed unknown",
    "facility-level": "network facility unit",
    "facility-relation": "predecessor successor annex same_site",
    "facility-security": "open low medium high mixed unknown",
    "facility-status": "open closed damaged destroyed planned unknown",
    "figure-cause": "violence use_of_force suicide illness accident undetermined pending not_stated",
    "figure-measure": """killed died injured ill escaped attempted_escape recaptured surrendered arrested at_large
        hostages rescued missing released transferred displaced attackers participants forces_engaged vehicle_bombs
        related_attacks checkpoints_passed other""",
    "figure-of": """detainee minor family_member attacker militant guard security_force staff civilian aid_worker
        unknown""",
    "figure-unit": "persons families things events",
    "incident-facility-role": "site custody place_of_death other",
    "incident-kind": """armed_attack armed_clash bombardment killing prison_break escape abscond attempted_escape riot
        disturbance protest hunger_strike self_harm threat_of_self_harm assault abusive_behaviour hostage_taking
        death_in_custody execution ill_treatment use_of_force isolation injury medical_emergency epidemic fire
        property_damage contraband transfer release removal repatriation opening closure change_of_control
        system_failure complaint birth other""",
    "incident-outcome": "succeeded partly foiled disputed unknown",
    "incident-severity": "minor major critical",
    "incident-status": "ongoing contained ended unconfirmed unknown",
    "location-precision": "exact near area region country unknown",
    "missing-reason": "not_collected not_published not_applicable suppressed pending unreadable",
    "name-kind": "official alias transliteration former",
    "part-of-day": "night morning afternoon evening unknown",
    "party-role": "attacker defender operator supporter accomplice belligerent victim mediator other",
    "party-standing": "established reported alleged denied",
    "population-legal-status": """sentenced unsentenced administrative migration security without_charge family_member
        unknown""",
    "population-measure": "held capacity admitted released died staff",
    "population-statistic": """point midnight daily_average flow official operational design emergency contracted
        out_of_use unknown""",
    "qualifier": "exact approximately at_least more_than at_most fewer_than between magnitude unknown",
    "reason-code": "new_report source_corrected our_error duplicate out_of_scope safety legal",
    "sex": "female male other unknown",
    "source-kind": "article report dataset bulletin statement video court_record other",
    "source-views-of": "authors publisher",
    "tally": "total current additional",
}

every_list = pytest.mark.parametrize("name", sorted(EXPECTED))


@every_list
def test_the_codes_are_those_of_the_contract_in_its_order(name: str) -> None:
    assert tuple(code.value for code in VOCABULARIES[name]) == tuple(EXPECTED[name].split())


@every_list
def test_the_list_says_what_it_is_for(name: str) -> None:
    said = VOCABULARIES[name].__doc__ or ""
    assert said.endswith(".")
    assert "\n" not in said
    assert said != Code.__doc__


@every_list
def test_every_code_has_a_definition_of_its_own(name: str) -> None:
    codes = list(VOCABULARIES[name])
    assert len({code.definition for code in codes}) == len(codes)
    for code in codes:
        assert code.definition.endswith("."), code
        assert len(code.definition) <= 160, code
        assert code.definition == " ".join(code.definition.split()), code
        assert code.definition.rstrip(".").lower() != code.value.replace("_", " "), code


def test_a_definition_says_more_than_the_name_of_its_code() -> None:
    def words(text: str) -> set[str]:
        return set(re.findall(r"[a-z]+", text.lower())) - {"a", "an", "the", "is", "of", "in"}

    for codes in VOCABULARIES.values():
        for code in codes:
            assert len(words(code.definition) - words(code.value.replace("_", " "))) >= 3, code


def test_a_code_equals_its_text() -> None:
    for codes in VOCABULARIES.values():
        for code in codes:
            assert code == code.value
            assert f"{code}" == code.value
            assert TypeAdapter(codes).validate_python(code.value) is code


def test_countries_are_those_of_the_standard_and_kosovo() -> None:
    names = country_names()
    assert len(names) == 249 + 1
    assert list(names) == sorted(names)
    assert all(re.fullmatch("[A-Z]{3}", code) for code in names)
    assert len(set(names.values())) == len(names)
    assert "user-assigned" in names["XKX"]
    assert all(names[code] for code in ("SYR", "IRQ", "GBR", "CIV", "PSE", "TUR"))


def test_names_are_the_short_names_of_the_standard() -> None:
    names = country_names()
    assert names["GBR"] == "United Kingdom of Great Britain and Northern Ireland"
    assert names["BOL"] == "Bolivia (Plurinational State of)"
    assert names["SYR"] == "Syrian Arab Republic"
    # Words turned round stay only where the standard itself turns them.
    assert {code for code, name in names.items() if ", " in name} - {"XKX"} == {"BES", "PSE", "SHN"}


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("UK", ["GBR"]),
        ("KSV", ["XKX"]),
        ("Kosovo", ["XKX"]),
        ("SY", ["SYR"]),
        ("syr", ["SYR"]),
        (" iq ", ["IRQ"]),
        ("Syria", ["SYR"]),
        ("syria", ["SYR"]),
        ("Iran", ["IRN"]),
        ("South Korea", ["KOR"]),
        ("United States", ["USA"]),
        ("Russia", ["RUS"]),
        ("Turkey", ["TUR"]),
        ("ivory coast", ["CIV"]),
        ("SYRR", ["SYR"]),
        ("Afganistan", ["AFG"]),
        ("nowhere", []),
        ("ZZZ", []),
        ("", []),
    ],
)
def test_what_is_no_code_hints_at_the_country_it_stands_for(text: str, codes: list[str]) -> None:
    hinted = countries_like(text)
    assert hinted[:1] == codes


def test_a_hint_names_three_countries_at_most() -> None:
    assert len(countries_like("EUU")) <= 3


def test_a_country_that_is_none_is_refused_with_its_hint() -> None:
    with pytest.raises(ValidationError, match=r"'UK' is not a country \(ISO 3166-1 alpha-3\); did you mean 'GBR'\?"):
        TypeAdapter(Country).validate_python("UK")
    with pytest.raises(ValidationError, match=r"'ZZZ' is not a country \(ISO 3166-1 alpha-3\)(?!;)"):
        TypeAdapter(Country).validate_python("ZZZ")
    assert TypeAdapter(Country).validate_python("XKX") == "XKX"
