"""Faults that were seen, each a kind, and the tests that hold what is right: by the names that the rows have.

A row of A to E is tested by what is called after it (`test_a7_...`), or by the tests that are listed here.
"""

import re
from pathlib import Path

import pytest

ROWS = {
    **{f"A{number}": () for number in range(1, 33)},
    **{f"B{number}": () for number in range(1, 22)},
    "A23": ("a_key_given_twice_is_a_fault_that_names_it", "a_line_that_says_a_key_twice_is_a_fault"),
    "B1": ("facilities_are_merged_and_split", "actors_and_sources_are_merged_and_split"),
    "B2": (
        "a_field_is_added_to_a_register_that_holds_records",
        "a_change_of_a_model_is_a_migration_that_goes_up_and_down_and_up",
    ),
    "B6": ("what_a_cache_holds_of_the_past_is_no_longer_valid",),
    "B7": ("no_row_of_the_history_or_the_log_changes_goes_or_is_added",),
    "B8": ("a_database_without_a_register_says_what_to_do", "reads_of_a_database_without_a_register_say_what_to_run"),
    "B9": ("a_setting_that_cannot_be_used_is_told", "a_taken_port_is_told_before_anything_is_done"),
    "B12": (
        "a_key_entered_on_the_documentation_writes_a_figure",
        "writes_show_a_padlock_that_asks_for_the_key_and_reads_show_none",
    ),
    "B13": ("generated_clients_read_write_and_import", "only_what_a_write_needs_is_required_of_it"),
    "B14": ("one_entity_tag_stands_for_the_same_bytes",),
    "B15": ("a_database_of_another_build_is_refused",),
    "B16": ("a_command_that_is_misused_says_so", "a_busy_database_is_no_import_with_rejected_rows"),
    "B17": ("every_route_answers_with_revision_0_and_nothing", "its_front_page_leads_nowhere_that_fails"),
    "B18": ("the_tutorial_shows_what_a_reader_sees",),
    "B19": ("a_filter_that_holds_few_records_is_looked_up", "every_order_has_an_index"),
    "B20": ("a_hundred_unknown_names_are_answered_and_few_of_them_compared",),
    "C copies and contradictions": ("the_report_tells_what_became_of_every_row",),
    "C a figure of an empty cell": ("a_figure_of_an_empty_cell_is_no_record",),
    "C looks like": ("c_places_with_keys_of_one_list_are_not_asked_about_unless_they_are_called_the_same",),
    "C JSON on one line": ("c_the_rows_of_a_json_file_on_one_line_have_numbers",),
    "C titles": ("c_titles_above_the_column_names_are_passed_over",),
    "C sep=": ("c_a_line_that_names_the_delimiter_is_no_header",),
    "C .xls": ("c_what_is_no_table_is_refused_with_a_sentence",),
    "C rows of commas": ("c_rows_of_separators_alone_are_no_rows",),
    "C decimal commas of coordinates": ("c_degrees_with_a_comma_are_read_or_told_how",),
    "C Allowed: .": ("a_parameter_that_cannot_be_used",),
    "C tracebacks": (
        "c_a_file_that_is_damaged_is_told_by_every_command",
        "a_command_that_is_misused_says_so",
        "a_file_or_a_record_at_fault_is_told",
    ),
    "C countries": ("what_is_no_code_hints_at_the_country_it_stands_for",),
    "C media types, marks, lists": (
        "media_types_marks_and_lists_are_read_as_they_are_meant",
        "a_body_may_begin_with_a_byte_order_mark",
    ),
    "C today east of UTC": ("a_day_is_no_future_once_it_has_begun_anywhere",),
    "C endings in capitals": ("kinds_follow_the_name_before_the_content",),
    "C GeoJSON": ("c_what_a_feature_has_itself_is_read_beside_its_properties",),
    "C constants of a mapping": ("c_a_constant_is_checked_before_the_first_row",),
    "C sentences": ("every_pattern_has_a_sentence", "a_parameter_that_cannot_be_used"),
    "C hints": ("a_hint_is_near_or_there_is_none", "a_slug_like_no_other_is_named_alone"),
    "C articles": ("a_code_of_a_vocabulary_has_its_article",),
    "C keys": ("a_key_that_does_not_work_is_told_from_none",),
    "C XLSX": ("a_workbook_has_real_dates_and_loses_no_text",),
    "D what a mapping can say": (
        "the_examples_of_the_documentation_are_run",
        "a_lookup_names_what_it_does_not_find",
        "a_record_for_each_part_is_named_by_all_that_name_it",
        "a24_the_newest_row_counts_where_a_column_has_its_date",
        "d_a_country_is_known_by_its_names",
        "d_the_order_of_the_fields_of_an_entry_says_nothing",
    ),
    "D withdrawal": ("a29_a_corrected_file_lists_and_withdraws",),
    "D drafts": (
        "a_draft_of_a_table_of_places_runs",
        "a_draft_of_a_table_of_events_makes_incidents",
        "a_draft_sees_the_months_that_are_columns",
        "what_is_no_count_is_never_counted",
    ),
    "E fractions": ("e_an_average_is_what_was_published", "e_a_fraction_of_anything_else_is_refused"),
    "E undated incidents": ("an_undated_incident_is_kept_with_the_reason",),
    "E codes": ("the_codes_are_those_of_the_contract_in_its_order",),
    "E areas, notes, locators": ("a_filter_finds_these_rows_of_the_reference_event", "claim"),
    "E alleged by": ("an_alleged_role_says_who_alleges_it",),
    "E untitled sources": ("a_source_without_a_title_is_called_by_its_publisher_and_day",),
}
"""The rows, and the tests of those that none is called after."""


@pytest.fixture(scope="module")
def tests() -> set[str]:
    """What every test of the project is called, without `test_`."""
    found: set[str] = set()
    for path in Path(__file__).parent.rglob("test_*.py"):
        found.update(re.findall(r"^(?:async )?def test_(\w+)", path.read_text("utf-8"), re.MULTILINE))
    return found


def test_every_fault_that_was_seen_has_a_test(tests: set[str]) -> None:
    untested = {
        row
        for row, listed in ROWS.items()
        if not listed and not any(name.startswith(f"{row.lower()}_") for name in tests)
    }
    assert untested == set()
    assert {name for listed in ROWS.values() for name in listed} - tests == set()
