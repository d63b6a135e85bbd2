"""The rows of the reference event, typed from its tables and not from the data files.

`|` parts the columns, `-` is null, `;` parts the entries of a list, and `key=value` columns at the end say what most
rows leave to the default. A source stands there by the name of its row: S1, H5.
"""

# name | slug | publisher | author | published on | address | title, with ¦ for the bar
SOURCES_TABLE = """
S1 | lister-mei-2022-01-24 | Middle East Institute | Charles Lister | 2022-01-24 | https://mei.edu/blog/attack-al-sina-prison-points-broader-isis-resurgence | Attack on al-Sina Prison points to broader ISIS resurgence
S2 | syriacpress-2022-01-21 | Syriac Press | - | 2022-01-21 | https://syriacpress.com/blog/2022/01/21/89-isis-members-re-captured-after-brazen-attack-on-sinaa-prison-in-hasakah-north-and-east-syria-sporadic-gunfire-heard-around-prison-late-on-friday/ | 89 ISIS members re-captured after brazen attack on Sina’a Prison in Hasakah, North and East Syria, sporadic gunfire heard around prison late on Friday
S3 | iswnews-2022-01-22 | ISWNews Analysis Group | ISWNews Analysis Group | 2022-01-22 | https://english.iswnews.com/22474/isis-attacks-al-sinaah-prison-in-hasakah/ | ISIS attacks al-Sina’ah prison in Hasakah
S4 | rudaw-2022-01-24 | Rudaw | - | 2022-01-24 | https://rudaw.net/english/middleeast/syria/240120221 | Islamic State fighters pledge to fight to end as Kurdish forces impose week-long curfew
S5 | rudaw-2022-01-26 | Rudaw | Alannah Travers | 2022-01-26 | - | SDF declare victory in week-long ISIS stand off in northeast Syrian prison
S6 | sohr-2022-01-29 | SOHR | - | 2022-01-30/2022-01-31 | https://www.syriahr.com/en/237142/ | Al-Sina’a prison ¦ ISIS decapitated, cremated and tortured dozens of prison staff
S7 | pledgetimes-2022-01-30 | Pledge Times | - | 2022-01-30 | https://pledgetimes.com/the-observatory-the-death-toll-from-the-gweran-prison-clashes-in-al-hasakah-increased/ | The Observatory: the death toll from the Gweran prison clashes in Al-Hasakah increased
S8 | thenational-2022-01-31 | The National | - | 2022-01-31 | https://www.thenationalnews.com/mena/syria/2022/01/31/syrian-kurdish-forces-count-losses-after-isis-prison-siege/ | Syrian Kurdish forces count losses after ISIS prison siege
S9 | devdiscourse-2022-01-31 | Devdiscourse | Reuters | 2022-01-31 | https://www.devdiscourse.com/article/law-order/1904436-kurdish-led-forces-says-121-died-during-syria-prison-clash-with-islamic-state | Kurdish-led forces says 121 died during Syria prison clash with Islamic State
S10 | syriadirect-2022-01-31 | Syria Direct | - | 2022-01-31 | https://syriadirect.org/in-hasakah-city-needs-and-tensions-run-high-after-is-prison-attack/ | In Hasakah city, needs and tensions run high after IS prison attack
S11 | albawaba-2022-02-01 | Al Bawaba | - | 2022-02-01 | https://www.albawaba.com/node/will-terrorists-reorganize-400-isis-members-loose-syria-1464545 | New Terror State? 400 ISIS Members on the Loose in Syria
S12 | etana-2022-02-02 | ETANA | - | 2022-02-02/2022-02-06 | https://etanasyria.org/syria-military-brief-north-east-syria-2-february-2022/ | Syria Military Brief North East Syria 2 February 2022
S13 | stj-al-sinaa-2022 | Syrians for Truth and Justice | - | 2022-01-31/2022-06-04 | https://stj-sy.org/en/syria-al-hasakah-new-horrifying-details-about-is-attack-on-al-sinaa-prison | Syria/al-Hasakah: New Horrifying Details about IS Attack on al-Sinaa Prison
S14 | itic-al-sinaa-2022 | Meir Amit Intelligence and Terrorism Information Center | - | 2022-01-30/2022-12-31 | http://www.mesop.de/?p=123453 | ISIS’s takeover of the prison in Al-Hasakah, which it presents as an achievement, may bring about additional such actions
H1 | ocha-al-hol-2019-05-01 | OCHA Syria | - | 2019-05 | https://reliefweb.int/report/syrian-arab-republic/syria-humanitarian-response-al-hol-camp-situation-report-no-3-1-may-2019 | Syria: Humanitarian Response in Al Hol camp, Situation Report No. 3 – As of 1 May 2019 [EN/AR]
H2 | al-hol-snapshot-2019-06-19 | OCHA | - | 2019-06-19 | https://reliefweb.int/report/syrian-arab-republic/north-east-syria-al-hol-camp-service-mapping-snapshot-19-june-2019 | North East Syria: Al Hol camp service mapping snapshot - As of 19 June 2019
H3 | al-hol-snapshot-2019-08-01 | OCHA | - | 2019-08-01 | https://reliefweb.int/report/syrian-arab-republic/north-east-syria-al-hol-camp-service-mapping-snapshot-01-august-2019 | North East Syria: Al Hol camp service mapping snapshot - As of 01 August 2019
H4 | reach-al-hol-2019-09 | REACH | - | 2020-01 | https://vdocuments.mx/camp-profile-al-hol-1123101-camp-profile-al-hol-9-in-the-two-weeks-prior.html | Camp Profile: Al Hol, Al-Hasakeh governorate, Syria, October 2019
H5 | al-hol-2020-01-13 | OCHA | - | 2020-01-15 | https://www.humanitarianresponse.info/en/operations/syria/infographic/syrian-arab-republic-north-east-syria-al-hol-camp-13-1-2020-en | SYRIAN ARAB REPUBLIC : North East Syria: Al Hol camp -13 1 2020 [EN]
W1 | wikipedia-battle-of-al-hasakah-2022 | Wikipedia | - | - | https://simple.wikipedia.org/wiki/Battle_of_al-Hasakah_(2022) | Battle of al-Hasakah (2022)
W2 | wikipedia-al-hawl-refugee-camp | Wikipedia | - | - | https://en.wikipedia.org/wiki/Al-Hawl_refugee_camp | Al-Hawl refugee camp
W3 | opensyria-data-geography | OpenSyria | - | - | - | data-geography
"""  # noqa: E501

# name | slug | words of its name | kind | part of
ACTORS_TABLE = """
A1 | sdf | Syrian Democratic Forces | armed_group | -
A2 | isis | ISIS | armed_group | -
A3 | us-led-coalition | U.S.-led coalition | coalition | -
A4 | us-forces | United States forces | state_force | us-led-coalition
A5 | uk-special-forces | British special forces | state_force | -
A6 | turkey | Turkey | state | -
A7 | united-nations | United Nations | intergovernmental | -
A8 | assad-government | Assad government; Syria | authority | -
A9 | human-rights-groups | human rights groups | ngo | -
sohr | sohr | Syrian Observatory for Human Rights | ngo | -
asayish | asayish | Internal Security Forces | state_force | -
"""

# name | slug | level | parent | kind | built as | operator | supported by | country, areas, place | words of its text
FACILITIES_TABLE = """
P1 | sdf-isis-prisons | network | - | improvised | unknown | sdf | us-led-coalition | SYR; -; -; - | makeshift; poorly resourced; without trial; non-state
P2 | sdf-family-camps | network | - | camp | unknown | - | - | SYR; -; -; - | families; ISIS; areas of the Syrian Democratic Forces
P3 | al-sina-prison | facility | sdf-isis-prisons | improvised | converted | sdf | us-led-coalition | SYR; Al-Hasakeh; Al-Hasakeh; al-Hasakeh | school buildings; walled; heavily guarded; al-Hasakah; Hasaka; Hesekê; الحسكة | point=36.5 40.8 area | codes=SY08 SY0800
P4 | al-sina-prison-northern-wing | unit | al-sina-prison | improvised | converted | sdf | us-led-coalition | SYR; Al-Hasakeh; Al-Hasakeh; al-Hasakeh | adult militants; male minors; together | codes=SY08 SY0800
al-hol-camp | al-hol-camp | facility | sdf-family-camps | camp | unknown | - | - | SYR; Al-Hasakeh; Al-Hasakeh; al-Hol | camp | point=36.4 41.1 area | codes=SY08 SY0800
"""  # noqa: E501

NAMES_OF = {
    "al-sina-prison": """
        al-Sina, al-Sina'a, al-Sinaa, Sina'a, Al-Sina'ah, Ghweran, Ghwayran, Ghuwayran, Gweran, Ghweiran, Ghuweyran,
        سجن الصناعة, سجن غويران, Girtîgeha Sînaa, Zindana Sînaa, Xiwêran
    """,
    "al-hol-camp": "الهول",
}
"""The names that a search must find."""

PRISON, WING, CAMP = "al-sina-prison", "al-sina-prison-northern-wing", "al-hol-camp"

# name (part) | facility | source | as written | low / best / high, qualifier | as of
POPULATIONS_TABLE = """
N1 | sdf-isis-prisons | S1 | 12,000 | - / 12000 / - approximately ed. | 2022-01-24 | affiliation=isis | trial=none
N2 | sdf-family-camps | S1 | roughly 65,000 | - / 65000 / - approximately | 2022-01-24 | legal_status=family_member
N3 | al-sina-prison-northern-wing | S1 | hundreds | 200 / - / 999 magnitude | 2022-01-20 | affiliation=isis
N4 | al-sina-prison-northern-wing | S1 | as many as 800 | - / - / 800 at_most | 2022-01-20 | sex=male | max_age=17 | group=male minors
N5 | al-sina-prison | S1 | 800 | - / 800 / - approximately ed. | 2022-01-20 | sex=male | max_age=17 | group=boys
K1 | al-sina-prison | S2 | an estimated 5,000 | - / 5000 / - approximately | 2022-01-20 | affiliation=isis | group=former ISIS members
K2 | al-sina-prison | S3 | nearly 5,000 | - / 5000 / - approximately | 2022-01-20 | affiliation=isis
K3 | al-sina-prison | S5 | around 5,000 | - / 5000 / - approximately | 2022-01-20 | affiliation=isis
K4 | al-sina-prison | S10 | more than 3,000 | 3001 / - / - more_than | 2022-01-20 | affiliation=isis
K5 | al-sina-prison | S10 | 700 | 700 / 700 / 700 exact | 2022-01-20 | sex=male | max_age=17 | legal_status=family_member
K6 | al-sina-prison | S12 | around 3,500 | - / 3500 / - approximately | 2022-01-20 | sex=male | affiliation=isis
K7 | al-sina-prison | S13 | approximately 1000 | - / 1000 / - approximately | 2022-01-20 | described_as=extremist
K8 | al-sina-prison | S14 | over 4,000 | 4001 / - / - more_than | 2022-01-20 | affiliation=isis
H1 held | al-hol-camp | H1 | 73,477 | 73477 / 73477 / 73477 exact | 2019-05-01
H1 arrivals | al-hol-camp | H1 | 64,087 | 64087 / 64087 / 64087 exact | 2019-05-01 | measure=admitted | statistic=flow | period_start=2018-12-04
H2 held | al-hol-camp | H2 | 73,043 | 73043 / 73043 / 73043 exact | 2019-06-19
H3 held | al-hol-camp | H3 | 68,823 | 68823 / 68823 / 68823 exact | 2019-07-31
H4 held | al-hol-camp | H4 | 69,015 | 69015 / 69015 / 69015 exact | 2019-09 | hedged=yes
H5 total | al-hol-camp | H5 | 66,101 | 66101 / 66101 / 66101 exact | 2020-01
H5 Iraqis | al-hol-camp | H5 | 30,724 | 30724 / 30724 / 30724 exact | 2020-01 | nationality=IRQ
H5 Syrians | al-hol-camp | H5 | 25,780 | 25780 / 25780 / 25780 exact | 2020-01 | nationality=SYR
H5 third-country nationals | al-hol-camp | H5 | 9,597 | 9597 / 9597 / 9597 exact | 2020-01 | origin=third_country
"""  # noqa: E501

INCIDENT = "al-sina-prison-attack-2022"

# name | order | date | part of day | source | words of its text
TIMELINE_TABLE = """
E1 | 1 | 2022-01-20 | evening | S1 | two car bombs; exterior walls; northern wing
E2 | 2 | 2022-01-20 | evening | S1 | coordinated assault; several axes; suicide belts
E3 | 3 | - | - | S1 | SDF vehicles; break through; secure walls
E4 | 4 | - | - | S1 | hundreds of detainees; escape
E5 | 5 | - | - | S1 | some of the attackers; control of the northern wing
E6 | 6 | 2022-01-24 | - | S1 | fighting goes on; fifth day; northern wing; still held; two parallel neighbourhoods
E7 | 7 | 2022-01-26 | - | S5 | SDF announces; full control
E8 | 8 | 2022-01-30 | - | S7 | SDF announces; end of its sweep; last pockets; northern dormitories
"""

# name (part) | actor | role | standing | words of its note
PARTIES_TABLE = """
R1 | isis | attacker | established | -
R2 operator | sdf | operator | established | -
R2 defender | sdf | defender | established | 10,000
R3 | us-forces | supporter | established | air support
R4 United States | us-forces | supporter | reported | special forces
R4 British | uk-special-forces | supporter | reported | special forces
R5 | turkey | accomplice | alleged | only; claim; SDF
"""

# name | source | measure | of | actor | as written | low / best / high, qualifier | attributed to | as of
FIGURES_TABLE = """
F1 | S1 | attackers | - | isis | as many as 200 | - / - / 200 at_most | - | 2022-01-20
F2 | S1 | vehicle_bombs | - | isis | two | 2 / 2 / 2 exact | - | 2022-01-20 | unit=things
F3 | S1 | forces_engaged | - | sdf | 10,000 | - / 10000 / - approximately ed. | - | 2022-01-24 | tally=current
F4 | S1 | escaped | detainee | - | hundreds | 200 / - / 999 magnitude | - | 2022-01-20
F5 | S1 | killed | militant | isis | 175 | 175 / 175 / 175 exact | - | 2022-01-24 | hedged=yes
F6 | S1 | recaptured | detainee | - | more than 450 | 451 / - / - more_than | - | 2022-01-24 | hedged=yes
F7 | S1 | killed | security_force | sdf | 27 | 27 / 27 / 27 exact | - | 2022-01-24
F8 | S1 | hostages | security_force | sdf | at least 25 | 25 / - / - at_least | - | 2022-01-24 | tally=current
F9 | S1 | displaced | civilian | - | 45,000 | - / 45000 / - approximately ed. | united-nations | 2022-01-24
F10 | S1 | related_attacks | - | isis | more than a dozen | 13 / - / - more_than | - | 2022-01-24 | unit=events | period_start=2022-01-20
F11 | S1 | checkpoints_passed | - | sdf | at least a dozen | 12 / - / - at_least | - | 2022-01-20 | unit=things
F12 | S1 | attackers | - | isis | 200 | - / 200 / - approximately ed. | - | 2022-01-20
G1 | S2 | recaptured | detainee | - | 89 | 89 / 89 / 89 exact | sdf | 2022-01-21
G2 | S2 | killed | security_force | asayish | two | 2 / 2 / 2 exact | sdf | 2022-01-21
G3 | S2 | vehicle_bombs | - | isis | a car bomb | 1 / 1 / 1 exact | - | 2022-01-20 | unit=things
G4 | S3 | vehicle_bombs | - | isis | two | 2 / 2 / 2 exact | - | 2022-01-20 | unit=things
G5 | S3 | killed | civilian | - | three | 3 / 3 / 3 exact | - | 2022-01-22
G6 | S3 | killed | militant | isis | 22 | 22 / 22 / 22 exact | sdf | 2022-01-22 | period_start=2022-01-22
G7 | S4 | attackers | - | isis | over two hundred | 201 / - / - more_than | sdf | 2022-01-20
G8 | S4 | killed | security_force | sdf | twenty-seven | 27 / 27 / 27 exact | sdf | 2022-01-23
G9 | S5 | killed | - | - | 181 | 181 / 181 / 181 exact | sohr | 2022-01-26
G10 | S5 | killed | militant | isis | 124 | 124 / 124 / 124 exact | sohr | 2022-01-26
G11 | S5 | killed | security_force | - | 50 | 50 / 50 / 50 exact | sohr | 2022-01-26
G12 | S5 | killed | civilian | - | seven | 7 / 7 / 7 exact | sohr | 2022-01-26
G13 | S5 | surrendered | detainee | - | about 1,000 | - / 1000 / - approximately | sdf | 2022-01-26
G14 | S6 | killed | - | - | 332 | 332 / 332 / 332 exact | sohr | 2022-01-29
G15 | S6 | killed | militant | isis | 246 | 246 / 246 / 246 exact | sohr | 2022-01-29
G16 | S6 | killed | guard; security_force | - | 79 | 79 / 79 / 79 exact | sohr | 2022-01-29
G17 | S6 | killed | civilian | - | seven | 7 / 7 / 7 exact | sohr | 2022-01-29
G18 | S6 | displaced | civilian | - | thousands | 2000 / - / 9999 magnitude | sohr | 2022-01-29
G19 | S7 | killed | militant | isis | 268 | 268 / 268 / 268 exact | sohr | 2022-01-30
G20 | S7 | killed | security_force | - | 98 | 98 / 98 / 98 exact | sohr | 2022-01-30
G21 | S7 | killed | civilian | - | seven | 7 / 7 / 7 exact | sohr | 2022-01-30
G22 | S8 | killed | security_force; staff | sdf | 121 | 121 / 121 / 121 exact | sdf | 2022-01-31
G23 | S8 | killed | militant | isis | about 374 | - / 374 / - approximately | sdf | 2022-01-31
G24 | S8 | killed | civilian | - | four | 4 / 4 / 4 exact | sdf | 2022-01-31
G25 | S8 | surrendered | militant | isis | another 300 | 300 / 300 / 300 exact | sdf | 2022-01-31 | tally=additional
G26 | S8 | displaced | - | - | more than 45,000 | 45001 / - / - more_than | united-nations | 2022-01-31
G27 | S9 | killed | civilian; guard; security_force | - | 121 | 121 / 121 / 121 exact | sdf | 2022-01-31
G28 | S9 | killed | security_force | sdf | 40 | 40 / 40 / 40 exact | sdf | 2022-01-31
G29 | S9 | killed | guard | - | 77 | 77 / 77 / 77 exact | sdf | 2022-01-31
G30 | S9 | killed | civilian | - | four | 4 / 4 / 4 exact | sdf | 2022-01-31
G31 | S10 | killed | militant | isis | more than 370 | 371 / - / - more_than | sdf | 2022-01-31
G32 | S10 | surrendered | detainee | - | some 3,500 | - / 3500 / - approximately | - | 2022-01-31 | hedged=yes
G33 | S10 | escaped | detainee | - | an undetermined number | - / - / - unknown | - | 2022-01-31
G34 | S11 | missing | detainee | - | 400 | 400 / 400 / 400 exact | sdf | 2022-02-01 | hedged=yes
G35 | S12 | died | - | - | at least 180 | 180 / - / - at_least | - | 2022-02-02
G36 | S12 | displaced | civilian | - | around 4,000 | - / 4000 / - approximately | - | 2022-01-25 | unit=families
G37 | S13 | escaped | detainee | - | estimated in the hundreds | 200 / - / 999 magnitude | - | 2022-01-20/2022-01-30 | basis=estimated | hedged=yes
G38 | S13 | killed | guard; staff | - | 10 | 10 / 10 / 10 exact | - | 2022-01-20/2022-01-30 | basis=documented
G39 | S14 | attackers | - | isis | about 200 | - / 200 / - approximately | - | 2022-01-20
G40 | S11 | at_large | militant | isis | around 400 | - / 400 / - approximately | - | 2022-02-01 | tally=current | hedged=yes
G41 | S5 | killed | - | - | at least 181 | 181 / - / - at_least | - | 2022-01-26
"""  # noqa: E501

# place in the document | the rows that stand there
LOCATORS_TABLE = """
headline | G27
paragraph 1 | C11; F1; F2; F4; N3; N4; G2; G3; G4; G19; G20; G21; G22; G28; G29; G30; G41; K1; H3 held; H5 total; H5 Iraqis; H5 Syrians; H5 third-country nationals
paragraph 2 | F3; F5; F6; F7; F8; F9; F10; G1; G7; G14; G15; G16; G17; G23; G25; K3; K4; K5
paragraph 3 | C2; C13; C14; C15; G8; G9; G10; G11; G12; G24
paragraph 4 | C4; C6; C20; N1; N5; G26; G31; G32; G33; G40
paragraph 5 | C7; C8; C9; C10; F11; F12; G5; G6; G13
paragraph 6 | C1; C5; C16; G18; K2
paragraph 7 | C19; C21; C22; C23; C24; N2
paragraph 8 | C17; C18; C28; C29
paragraph 9 | C25; C26; C27
embedded post after paragraph 2 | G34
ISIS Activity, item 1 | G35; G36; K6
Executive Summary, paragraph 1 | K7
Executive Summary, paragraph 2 | G37
Executive Summary, paragraph 3 | G38
Overview, item 1 | G39; K8
paragraphs 1 and 4 | C3
paragraphs 4 and 5 | C12
highlights, item 1 | H1 held; H1 arrivals
Highlights, paragraph 1 | H2 held
Number of individuals, footnote 1 | H4 held
"""  # noqa: E501

# row | words of its note
NOTES_TABLE = """
F4 | the way was cleared for hundreds
F5 | the SDF's statement of 23 January
F7 | names no source; not independent
F9 | "up to 45,000 people"
F10 | elsewhere; may or may not govern
G6 | of that day, not since the attack began
G8 | Sunday 23 January
G9 | the newspaper's
G26 | "up to 45,000 people"
G27 | 40, 77 and 4
G34 | a third party's; no such number
G38 | not a toll; about 70 staff
G41 | hedges it and names nobody
N1 | without trial
K6 | thought to be affiliated with ISIS
K7 | two neighbouring prisons; may count one or both; more than 1,000; 5,000
H1 held | 67%
H3 held | deregistration of some 2,000; absent
H4 held | camp management; 22 to 25 September 2019; not stated
"""

# name | slug | made by; - is the author of S1 | facility | incident | about | modality | assessed by S1 | words of it
CLAIMS_TABLE = """
C1 | sdf-turkey-complicit | sdf | - | I1 | turkey | asserted | misinformation | SDF says; Turkey; complicit
C2 | coalition-attack-weakened-isis | us-led-coalition | - | I1 | isis | asserted | disputed | coalition says; ISIS weaker
C3 | sdf-boys-security-risk | sdf | P4 | - | - | asserted | - | SDF had deemed; boys; security risks
C4 | rights-groups-outcry-over-boys | human-rights-groups | P3 | - | - | asserted | supported | fate of the boys; inside the prison
C5 | sdf-knows-attackers-origin | sdf | - | I1 | - | asserted | disputed | SDF says; precisely where; came from
C6 | boys-held-with-militants-for-years | - | P4 | - | - | asserted | - | battle-hardened militants; for years; few asked why
C7 | prison-security-possibly-infiltrated | - | P3 | - | - | questioned | - | may have been infiltrated; coalition investigation
C8 | detainees-knew-of-attack | - | P3 | - | - | probable | - | probably knew; beforehand; video
C9 | detainees-bribe-guards-for-phones | - | P3 | - | - | asserted | - | guards' phones; bribery
C10 | checkpoints-intelligence-failure | - | - | I1 | - | asserted | - | at least a dozen checkpoints unseen; intelligence and security
C11 | largest-isis-attack-in-three-years | - | - | I1 | - | asserted | - | biggest ISIS attack; Syria and Iraq; three years
C12 | largest-isis-detention-facility | - | P3 | - | - | asserted | - | largest detention facility; in the world; most sensitive
C13 | prison-breaks-top-isis-agenda | - | - | - | isis | asserted | - | prison breaks; top of ISIS's agenda; free prisoners
C14 | attack-imagery-propaganda-gain | - | - | I1 | isis | asserted | - | imagery; propaganda gain
C15 | attack-possible-turning-point | - | - | - | isis | forecast | - | 2013-14; may mark a turning point; recovery
C16 | turkey-accusation-distracts | - | - | - | sdf | asserted | - | accusation; Turkey; distracts; SDF's own failings
C17 | isis-rebuilding-since-2019 | - | - | - | isis | asserted | - | rebuilding; territorial defeat of March 2019
C18 | coalition-cut-resources | - | - | - | us-led-coalition | asserted | - | cut its resources; pressure; SDF
C19 | detention-ticking-time-bomb | - | P1 | - | - | asserted | - | without trial; makeshift; non-state actor; ticking time bomb
C20 | coalition-willingness-in-question | - | P1 | - | us-led-coalition | questioned | - | willingness; 12,000; in question
C21 | no-movement-on-male-fighters-since-2014 | - | P1 | - | - | asserted | - | male fighters; nothing has moved; 2014
C22 | marginal-progress-on-families | - | P2 | - | - | asserted | - | marginal progress; families
C23 | local-tribunal-and-transfer-ruled-out | - | P1 | - | assad-government | assumed | - | local tribunal; legally and logistically; transfer; out of the question
C24 | secure-prisoners-meanwhile | - | P1 | - | - | recommended | - | international community; securing the prisoners
C25 | events-may-speed-isis-recovery | - | - | I1 | isis | forecast | - | risk accelerating; recovery
C26 | fight-against-isis-not-over | - | - | - | isis | asserted | - | fight; far from over
C27 | isis-had-openings-before-attack | - | - | - | isis | asserted | - | many openings; before the attack
C28 | sdf-called-tactical-partner | - | - | - | sdf | asserted | - | "our tactical partner"; adjective in quotation marks
C29 | counterinsurgency-harder-than-territory | - | - | - | isis | asserted | - | territory; simple; counterinsurgency
"""  # noqa: E501

NAMES = """
S1 S2 S3 S4 S5 S6 S7 S8 S9 S10 S11 S12 S13 S14 W1 W2 W3
A1 A2 A3 A4 A5 A6 A7 A8 A9 sohr asayish
P1 P2 P3 P4 al-hol-camp
N1 N2 N3 N4 N5
I1
E1 E2 E3 E4 E5 E6 E7 E8
R1 R2 R3 R4 R5
F1 F2 F3 F4 F5 F6 F7 F8 F9 F10 F11 F12
C1 C2 C3 C4 C5 C6 C7 C8 C9 C10 C11 C12 C13 C14 C15 C16 C17 C18 C19 C20 C21 C22 C23 C24 C25 C26 C27 C28 C29
G1 G2 G3 G4 G5 G6 G7 G8 G9 G10 G11 G12 G13 G14 G15 G16 G17 G18 G19 G20
G21 G22 G23 G24 G25 G26 G27 G28 G29 G30 G31 G32 G33 G34 G35 G36 G37 G38 G39 G40 G41
K1 K2 K3 K4 K5 K6 K7 K8
H1 H2 H3 H4 H5
"""
"""Every row of the reference event's tables, by name."""
