"""The table of events on a page, without a browser."""

import msgspec

from builders import sentence
from rmpl.records import Document, Span, TextEvent
from rmpl.viewer.extraction import extraction_page
from viewer.samples import make_picture, predicted_document


def test_an_event_in_a_caption_leads_to_its_image(tmp_path):
    [image, *_] = predicted_document(make_picture(tmp_path), "doc1").images
    image = msgspec.structs.replace(image, caption="Police arrested him . He <fell> .")
    sentences = (sentence("a", "He came ."), sentence("b", "He <fell> ."))
    events = tuple(TextEvent(one.id, one.id, "Life:Die", Span(1, 2), (), 0.9) for one in sentences)
    document = Document("d", sentences, (image,), text_events=events)
    page = extraction_page(title="Events", documents=[document], rule="All.")
    assert page.count("caption of ") == 1
    assert (
        'He &lt;fell&gt; .</span><span class="quoted">caption of <a href="#d1f1">Image 1</a>'
        in page
    )
