"""Every derived answer there is, in the order in which the documentation has them."""

from typing import Final

from app.answers.changes import CHANGE_SUMMARY
from app.answers.conflicts import FACILITY_CONFLICTS, INCIDENT_CONFLICTS
from app.answers.coverage import COVERAGE
from app.answers.declaration import DerivedAnswer
from app.answers.incident_summaries import INCIDENT_SUMMARY
from app.answers.occupancies import OCCUPANCY, OCCUPANCY_SERIES
from app.answers.summaries import POPULATION_SUMMARY
from app.answers.toll_series import TOLL_SERIES
from app.answers.tolls import TOLL

ANSWERS: Final[tuple[DerivedAnswer, ...]] = (
    TOLL,
    TOLL_SERIES,
    INCIDENT_CONFLICTS,
    OCCUPANCY,
    OCCUPANCY_SERIES,
    FACILITY_CONFLICTS,
    POPULATION_SUMMARY,
    INCIDENT_SUMMARY,
    COVERAGE,
    CHANGE_SUMMARY,
)
