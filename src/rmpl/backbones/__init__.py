"""Vision-language models: loading them, prompts as tensors, image features, settings.

``rmpl.backbones.backbone.load_backbone`` loads all of them: hub checkpoints, local folders and the
embedded model. What differs between model families is in ``families``.
"""
