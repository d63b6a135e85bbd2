"""Code lists of sources."""

from app.database.codes import Code


class SourceKind(Code):
    """What sort of document it is."""

    article = "article", "News, commentary or analysis in a newspaper, agency, magazine, journal or blog."
    report = "report", "A study or account published on its own: by an inspector, monitor, agency or NGO."
    dataset = "dataset", "Published tables or files to be read by machine, with or without a text."
    bulletin = "bulletin", "One issue of a periodic count or situation update: a weekly roll, a situation report."
    statement = "statement", "What an actor issues in its own name: a press release, communiqué, post or speech."
    video = "video", "Moving pictures, with or without words: broadcast, bodycam, propaganda, amateur footage."
    court_record = "court_record", "From judicial proceedings: judgment, indictment, order, inquest, testimony."
    other = "other", "Any further document, such as a letter, map, photograph or satellite image."


class SourceViewsOf(Code):
    """Who answers for what the document says, where it attributes a number to nobody else."""

    authors = "authors", "Those who wrote it: it says that the views are theirs and not the publisher's."
    publisher = "publisher", "The body that issued it; the default, also where writers are named without such a note."
