"""Words of names that say what sort of place or body it is, in many languages: they tell few names apart."""

COMMON: dict[str, str] = {
    "prison": (
        "prison prisons jail jails gaol gevangenis prisao presidio penal penitenciaria penitenciario penitentiary "
        "penitentiaire penitenciarul carcel cárcel carcere carcerario casa circondariale gefängnis gefaengnis jva "
        "haftanstalt justizvollzugsanstalt strafanstalt fängelse fengsel vankila vezenie vězení więzienie zakład "
        "karny тюрьма в'язниця вязниця girtîgeh girtîgeha girtigeh zindan zindana cezaevi hapishane hapishanesi "
        "hapsxane سجن السجن سجون زندان زیندان بەندیخانە گرتیگەه maison arret arrêt unidad establecimiento "
        "estabelecimento prisional prisional jel penjara lapas rutan 监狱 監獄 刑務所"
    ),
    "camp": (
        "camp camps kamp kampa kampî campo acampamento campement lager лагерь табір مخيم المخيم معسكر كامب کمپ "
        "کەمپ kampı internment encampment kwanliso"
    ),
    "detention": (
        "detention detainment detentie detención detencion detención detenção detenzione holding custody "
        "custodial remand pretrial provisoire preventiva provisória sizo сизо изолятор следственный arrest احتجاز "
        "توقيف حجز اعتقال معتقل المعتقل الاحتجاز الاعتقال gözaltı binxezkirin"
    ),
    "centre": (
        "centre center centro zentrum centrum центр facility facilities complex complexe complexo complejo "
        "compound site institution institute institut instituto institución unit block building anstalt مركز "
        "المركز مجمع مبنى navend navenda merkez merkezi ناوەند"
    ),
    "central": "central centrale zentral центральная центральный المركزي مركزي navendî navendi merkez",
    "military": "military militaire militar militare militär askeri leşkerî военная العسكري عسكري العسكرية نظامی",
    "police": (
        "police policia polícia policía polizia polizei polis полиция полиции الشرطة شرطة مخفر karakol station "
        "stazione estación estação commissariat comisaría comisaria delegacia precinct revier отдел"
    ),
    "branch": "branch branche sección seccion فرع الفرع division section directorate قسم شعبة şaxê",
    "hospital": "hospital hôpital hopital spital krankenhaus больница مستشفى المستشفى مشفى nexweşxane hastane",
    "correctional": (
        "correctional corrections correction correccional correcional reformatory reformatorio colony colonie "
        "colonia colônia колония исправительная ик ik rehabilitation réhabilitation reinserção reinserción "
        "reintegration ressocialização socioeducativo islahi إصلاح الإصلاح تأهيل ندامتگاه"
    ),
    "women": (
        "women womens women's female femmes mujeres mulheres femenino feminino feminina frauen женская النساء "
        "نساء للنساء jinan kadın"
    ),
    "juvenile": "juvenile juveniles youth young minors boys menores mineurs jugend jovem jóvenes ахдас الأحداث أحداث",
    "migration": (
        "immigration immigrant migration migrants migrantes migratoria removal deportation rétention retention "
        "asylum refugee refugees abschiebung cie cpr cra"
    ),
    "security": (
        "security sécurité seguridad segurança sicherheit maximum max supermax high medium minimum low الأمن أمن "
        "امنية الأمنية intelligence المخابرات مخابرات asayish"
    ),
    "district": (
        "district county city municipal regional province provincial state federal national department "
        "départemental estadual estatal governorate general مدينة محافظة of for and the de del della des la le "
        "les los do da dos das du di on in at by with der die das und y e et of à al el il في و van het den"
    ),
    "school": "school école ecole escuela escola schule школа مدرسة المدرسة dibistan medresesi",
    "forces": (
        "forces force front group movement army brigade brigades battalion militia organization organisation "
        "organisatie council committee ministry government party union committee government's قوات القوات جيش "
        "حركة تنظيم hêzên"
    ),
}
