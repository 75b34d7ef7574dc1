"""Sentences that make genes explain or predict a response."""

import re

_GENES = re.compile(r"\bgen(?:es?|etic\w*|otypes?)\b|\bexpression\b", re.I)
_CLAIMS = re.compile(
    r"\b(?:explain|predict|respond|respons|caus(?:e|ing)|determin|driv(?:e|ing)|underl|decide)\w*",
    re.I,
)
_DENIED = re.compile(r"\b(?:nothing|not|no|never|cannot|neither|nobody)\b", re.I)


def claims(text: str) -> list[str]:
    """Sentences that join genes with a response and do not deny it."""
    plain = re.sub(r"\s+", " ", re.sub(r"<[^>]+>|`[^`]*`", " ", text))
    sentences = re.split(r"(?<=[.:;|])\s|[{}]", plain)
    return [
        sentence
        for sentence in sentences
        if _GENES.search(sentence) and _CLAIMS.search(sentence) and not _DENIED.search(sentence)
    ]
