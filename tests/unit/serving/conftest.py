"""Property tests are about what is true, not about how busy the machine is."""

from hypothesis import settings

settings.register_profile("any speed", deadline=None)
settings.load_profile("any speed")
