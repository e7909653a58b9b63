from rmpl.backbones.backbone import load_backbone
from rmpl.records import Image
from rmpl.tasks import Prompt, Sample
from rmpl.training.data.lengths import fitting


def test_samples_that_are_too_long_are_counted_and_named_not_cut(twin):
    backbone = load_backbone(str(twin))
    picture = Image("big", None, 400, 400)
    samples = [
        Sample("t", "short", Prompt("Police fired."), "[]"),
        Sample("t", "long", Prompt("Police fired. " * 50), "[]"),
        Sample("t", "picture", Prompt("What?", picture), "[]"),
    ]
    lengths = [backbone.length(s.prompt, s.target) for s in samples]
    found = fitting(samples, backbone, lengths[2] - 1)
    assert [s.id for s in found.samples] == ["short"]
    assert found.lengths == lengths[:1]
    assert found.left_out == 2
    assert found.first_cases == [("long", lengths[1]), ("picture", lengths[2])]
    assert "2 too long were left out: long" in str(found)
    for limit in (max(lengths), None):
        assert fitting(samples, backbone, limit).lengths == lengths
