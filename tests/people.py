"""The people of the tests: who acts, and why. Values, no rows."""

from core.actor import Actor

ADA = Actor.person("usr_ada00000000000000000000000", "Ada (finance)")
SAM = Actor.person("usr_sam00000000000000000000000", "Sam (support)")
PLATFORM = Actor.system("platform")
