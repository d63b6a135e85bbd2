"""Which ways of counting go together: statistics that may be added to each other."""

from collections.abc import Mapping, Sequence

from app.answers.sums import STOCKS
from app.populations.codes import PopulationMeasure, PopulationStatistic

FLOWS = (PopulationStatistic.flow, PopulationStatistic.unknown)
OF_MEASURE: Mapping[PopulationMeasure, Sequence[PopulationStatistic]] = {
    PopulationMeasure.held: STOCKS,
    PopulationMeasure.staff: STOCKS,
    PopulationMeasure.admitted: FLOWS,
    PopulationMeasure.released: FLOWS,
    PopulationMeasure.died: FLOWS,
}
"""Statistics that may be added to each other; of capacity each definition stands alone."""
