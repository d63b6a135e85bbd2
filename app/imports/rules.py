"""The rules that a line of an import's report names."""

from app.database.codes import Code


class ImportRule(Code):
    """Why a row of an import was rejected, or what a person should check in it."""

    unclosed_quote = "unclosed_quote", "A quoted cell has no closing quote. The line is rejected."
    unescaped_quote = (
        "unescaped_quote",
        "A quoted cell contains a quote that is not doubled. The cell is read up to the next quote that can end it.",
    )
    too_many_cells = "too_many_cells", "The row has more cells than the header. Rejected."
    too_few_cells = "too_few_cells", "The row has fewer cells than the header. The missing ones count as empty."
    line_end_in_cell = "line_end_in_cell", "A cell contains a lone carriage return. It counts as a blank."
    cell_error = (
        "cell_error",
        "A cell holds an error of a spreadsheet, or a formula that was never calculated. It counts as missing.",
    )
    merged_cells = "merged_cells", "A cell is one of several that are merged. It has the value of the first."
    too_long = "too_long", "A cell is longer than any value can be. Rejected."
    not_text = "not_text", "Some bytes are not text in the encoding of the rest of the file. Rejected."
    encoding_guessed = "encoding_guessed", "The file is not UTF-8, so its encoding was guessed. Check its letters."
    not_json = "not_json", "The line, or the rest of the file, is not JSON. Rejected."
    not_an_object = "not_an_object", "The row is JSON but not an object. Rejected."
    no_identity = "no_identity", "The columns that identify the record are empty. Rejected."
    repeated_key = (
        "repeated_key",
        "A key that should occur once occurs again. The row is taken for another record, and its key is numbered.",
    )
    shared_slug = (
        "shared_slug",
        "Another text makes the same slug. The row is taken for another record, and its slug is numbered.",
    )
    not_found = "not_found", "No row of the other file has this key. The columns looked up there are missing."
    never_made = "never_made", "A condition of the mapping held in no row of the file, so a record was never made."
    not_in_table = "not_in_table", "The mapping's table does not list this text. Rejected, or the value is left out."
    not_a_date = "not_a_date", "The text is not a date in a format of the mapping. Rejected, or the value is left out."
    not_a_count = "not_a_count", "A value to add up is not a whole number. Rejected, or the value is left out."
    partial_sum = "partial_sum", "Some columns to add up are empty. Written as at least the sum of the others."
    not_a_figure = "not_a_figure", "The text cannot be read as a figure in words. Rejected."
    negative = "negative", "A count is below zero. Rejected."
    invalid = (
        "invalid",
        "The register does not accept the value; the line says why. Rejected, or the value is left out.",
    )
    replaced = (
        "replaced",
        "The text may name a person, so the text that the mapping gives for this case was written instead.",
    )
    looks_like = (
        "looks_like",
        "A new facility has a name similar to that of one that the register holds. It was written as a new one.",
    )
    repeated = (
        "repeated",
        "Two values of the row are the same statement: the mapping does not say what tells them apart. Rejected.",
    )
    contradicts = (
        "contradicts",
        "An earlier row of this import states something else. Of two statements it stands; of two fields, the later.",
    )
    another_key = (
        "another_key",
        "One key of the row leads to a facility or an incident that has another key of the same scheme. Rejected.",
    )
    withheld = (
        "withheld",
        "A part of the exported record was withheld from whoever exported it. Rejected: the record stays as it is.",
    )
    edited = (
        "edited",
        "A person changed or retracted in the register what the row states as before. It was left as it is.",
    )
    not_stated = (
        "not_stated",
        "A record that an import made of a source of these files, and that they do not state any more.",
    )
    unwritable_subject = (
        "unwritable_subject",
        "A facility, source or actor that the row refers to cannot be written; the line says why. Rejected.",
    )
    refused = "refused", "The register does not accept the record beside those it holds; the line says why. Rejected."
    bounds_out_of_order = (
        "bounds_out_of_order",
        "The published low, best and high are not in order. Written as published, and flagged.",
    )
    rounded = "rounded", "The published number has a fraction and is no daily average. Written rounded, and flagged."
