"""Vision-language models: loading them, prompts as tensors, image features, settings.

``rmpl.backbones.backbone.load_backbone`` is the one way in: for a hub checkpoint, a local folder
and the embedded model. What differs between model families stands in ``families``.
"""
