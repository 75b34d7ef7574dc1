"""XML that only holds values."""

from pathlib import Path

import pytest

from mri_response.core.errors import InputError
from mri_response.inputs.sources.safe_xml import number_of, parse_xml, text_of

PATH = Path("cat_a.xml")
BOMB = """<?xml version="1.0"?>
<!DOCTYPE S [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>
<S>&b;</S>
"""
FILE = '<?xml version="1.0"?><!DOCTYPE S [<!ENTITY a SYSTEM "file:///etc/hostname">]><S>&a;</S>'


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "utf-16"])
@pytest.mark.parametrize("text", [BOMB, FILE])
def test_declarations_of_a_document_type_are_refused(text, encoding):
    with pytest.raises(InputError, match=r"cat_a\.xml: found a declaration of a document type"):
        parse_xml(text.encode(encoding), PATH, "a report")


def test_texts_and_numbers():
    raw = b"<S><a> [1.5] </a><b/><c>x</c><d><e>2</e></d></S>"
    root = parse_xml(raw, PATH, "a report")
    assert text_of(root, "./a") == "1.5"
    assert number_of(root, "./d/e", PATH, "a report") == 2.0
    assert text_of(root, "./b") is None
    assert number_of(root, "./none", PATH, "a report") is None
    with pytest.raises(
        InputError, match=r"cat_a\.xml: c: found 'x', expected a number, as a report"
    ):
        number_of(root, "./c", PATH, "a report")
