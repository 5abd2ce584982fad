"""What a match is worth, as data that the engine is given."""

from typing import Final

from shared.index import Weights

WEIGHTS: Final = Weights(
    title=5.0,  # who types the words of a headline wants that article
    summary=2.0,
    tags=2.0,
    by=1.0,
    body=1.0,
    accented=0.5,  # typed without marks, «ban» means «ban» a little more than «bàn»
    whole=10.0,  # the whole question in a row, be it in the body, beats one word in a title
    adjacent=2.0,  # Vietnamese words are of several syllables: side by side they are the word
)
