"""Settings, presets, models and logging: what every other part of sealq stands on."""
