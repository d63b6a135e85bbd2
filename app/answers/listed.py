"""Every derived answer there is, in the order in which the documentation has them."""

from typing import Final

from app.answers.declaration import DerivedAnswer
from app.answers.occupancies import OCCUPANCY, OCCUPANCY_SERIES
from app.answers.summaries import POPULATION_SUMMARY
from app.answers.tolls import TOLL

ANSWERS: Final[tuple[DerivedAnswer, ...]] = (TOLL, OCCUPANCY, OCCUPANCY_SERIES, POPULATION_SUMMARY)
