"""Settings of the tests: as many examples as time allows, the same ones everywhere."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile("archcalc", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("archcalc")
