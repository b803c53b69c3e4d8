"""What somebody asks of the pipeline, completed by the settings."""

from __future__ import annotations

from sealq_configs.parameters import PredictParameters
from sealq_configs.presets import load_preset
from sealq_configs.purposes import load_purposes
from sealq_configs.settings import Settings
from sealq_configs.spec import PipelineSpec, ReadingMode


def wanted_spec(
    settings: Settings,
    parameters: PredictParameters,
    *,
    preset: str | None = None,
    dpi: int | None = None,
    reading: ReadingMode | None = None,
) -> PipelineSpec:
    """Return the spec of a job; what nobody named is as in the settings, or the preset's.

    Raises:
        PresetError: There is no such preset, or it can't be used.
        ParameterError: A parameter asks for a stage that the preset has no model for, or changes
            nothing in this way of reading.
        SettingsError: The file of purposes can't be used.
    """
    return load_preset(preset or settings.preset).spec(
        parameters, dpi or settings.dpi, reading, load_purposes(settings.purposes_file)
    )
