"""What an answer may load and run, should a browser show it."""

from typing import Final

# Data is not a page: should a browser ever render an answer as one, nothing in it may run, load or be framed.
DATA_CSP: Final = "default-src 'none'; frame-ancestors 'none'"
# The pages load files of this server only, and send what is asked in a form there: nothing inline, no other host.
PAGE_CSP: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
