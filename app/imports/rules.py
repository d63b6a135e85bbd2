"""The rules that a line of an import's report names."""

from app.database.codes import Code


class ImportRule(Code):
    """What a row of an import met with: why it was rejected, or what a person should look at."""

    unclosed_quote = "unclosed_quote", "A quote is opened and never closed: the line is no row. Rejected."
    unescaped_quote = (
        "unescaped_quote",
        "A quote inside a quoted cell is not doubled: the cell goes on to a quote that can close it.",
    )
    too_many_cells = "too_many_cells", "The row has more cells than the header has names. Rejected."
    too_few_cells = "too_few_cells", "The row ends early: the cells that are not there are missing."
    line_end_in_cell = "line_end_in_cell", "A lone carriage return stands inside a cell: taken for a blank."
    too_long = "too_long", "A cell is longer than any value: the line is no row. Rejected."
    not_text = "not_text", "Some bytes are no text in the encoding that the rest of the file is in. Rejected."
    encoding_guessed = "encoding_guessed", "The file is not UTF-8, and its encoding is a guess: look at its letters."
    not_json = "not_json", "The line, or from here on the file, is not JSON. Rejected."
    not_an_object = "not_an_object", "What stands there is JSON and no object: no row. Rejected."
    no_identity = "no_identity", "The columns that say which record it is are empty. Rejected."
    repeated_key = "repeated_key", "A key comes again where it should not: taken as another record, and numbered."
    shared_slug = "shared_slug", "The slug is made of another text too: taken as another record, and numbered."
    not_in_table = "not_in_table", "The text is in no table of the mapping. Rejected, or the value is left out."
    not_a_date = "not_a_date", "The text is no date of the mapping's formats. Rejected, or the value is left out."
    not_a_count = "not_a_count", "What should be added up is no whole number. Rejected, or the value is left out."
    partial_sum = (
        "partial_sum",
        "Some columns to be added up are empty: at least the sum of the others.",
    )
    not_a_figure = "not_a_figure", "The text is no figure in words that can be read. Rejected."
    negative = "negative", "A count is below zero. Rejected."
    invalid = "invalid", "The register does not take the value, as told. Rejected, or the value is left out."
    replaced = "replaced", "A text may name a person: the mapping puts another in its place."
    looks_like = "looks_like", "A facility is taken as new, and its name looks like that of a known one."
    repeated = "repeated", "An earlier row of the import states the same, or is the same incident. Rejected."
    unwritable_subject = "unwritable_subject", "What the row speaks of cannot be written, as told. Rejected."
    refused = "refused", "The record does not fit those the register has, as told. Rejected."
    bounds_out_of_order = "bounds_out_of_order", "The low, best and high published are not in order: kept, and flagged."
    rounded = "rounded", "The number published has a fraction: stored rounded, and flagged."
