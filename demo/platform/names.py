"""Names for the people, companies and apps of the play. All invented; mail goes to .example."""

from random import Random
from unicodedata import normalize

PEOPLE = (
    ("Amara Okafor", "Africa/Lagos"),
    ("Jonas Lindqvist", "Europe/Stockholm"),
    ("Priya Raman", "Asia/Kolkata"),
    ("Mateo Herrera", "America/Mexico_City"),
    ("Hana Kobayashi", "Asia/Tokyo"),
    ("Colm Gallagher", "Europe/Dublin"),
    ("Leila Haddad", "Europe/Paris"),
    ("Dmitri Volkov", "Europe/Riga"),
    ("Grace Whitfield", "America/Chicago"),
    ("Tomás Almeida", "America/Sao_Paulo"),
    ("Nadia Petrova", "Europe/Sofia"),
    ("Wei Chen", "Asia/Singapore"),
    ("Ruth Abelson", "America/New_York"),
    ("Kiri Walker", "Pacific/Auckland"),
)

TEAMS = (
    ("Harbour & Finch", "Harbour & Finch Ltd", "Europe/London"),
    ("Kestrel Robotics", "Kestrel Robotics, Inc.", "America/Los_Angeles"),
    ("Blaue Stunde", "Blaue Stunde GmbH", "Europe/Berlin"),
    ("Tidewater Clinics", "Tidewater Clinics LLC", "America/New_York"),
    ("Pixel Orchard", "Pixel Orchard AB", "Europe/Stockholm"),
    ("Monsoon Labs", "Monsoon Labs Pvt Ltd", "Asia/Kolkata"),
    ("Ferrocarril Sur", "Ferrocarril Sur S.A.", "America/Argentina/Buenos_Aires"),
    ("Lantern Books", "Lantern Books Co-op", "America/Chicago"),
    ("Southerly Surf", "Southerly Surf Pty Ltd", "Australia/Sydney"),
    ("Ópera Digital", "Ópera Digital, S.L.", "Europe/Madrid"),
    ("Mapletree Payroll", "Mapletree Payroll Inc.", "America/Toronto"),
    ("Yuki Freight", "Yuki Freight K.K.", "Asia/Tokyo"),
)

# Each enterprise with its teams; a team keeps its own billing zone.
ENTERPRISES = (
    (
        "Meridian Health",
        "Meridian Health Group, Inc.",
        "America/New_York",
        (("Meridian Patient Portal", "America/New_York"), ("Meridian Research", "Europe/Berlin"),
         ("Meridian Claims", "America/Chicago")),
    ),
    (
        "Northwind Energy",
        "Northwind Energy plc",
        "Europe/London",
        (("Northwind Trading", "Europe/London"), ("Northwind Field Ops", "America/Denver"),
         ("Northwind Forecasts", "Europe/Copenhagen")),
    ),
    (
        "Castellan Bank",
        "Castellan Bank AG",
        "Europe/Zurich",
        (("Castellan Cards", "Europe/Zurich"), ("Castellan Mobile", "Europe/Lisbon"),
         ("Castellan Markets", "Asia/Singapore")),
    ),
    (
        "Outback Retail",
        "Outback Retail Holdings Pty Ltd",
        "Australia/Sydney",
        (("Outback Storefront", "Australia/Sydney"), ("Outback Logistics", "Australia/Perth")),
    ),
)  # fmt: skip

STREETS = ("Quay Street", "Mill Lane", "Linden Avenue", "Station Road", "Harbour View", "Elm Court")

_ADJECTIVES = (
    "quiet", "amber", "frosty", "still", "brave", "salty", "lucid", "mossy", "distant", "polished",
    "rapid", "hidden", "gentle", "copper", "winter", "morning", "patient", "silver", "restless",
    "northern", "paper", "velvet", "sleepy", "solar",
)  # fmt: skip
_NOUNS = (
    "harbor", "meadow", "citadel", "river", "ridge", "lantern", "thicket", "falcon", "glade",
    "summit", "orchard", "comet", "island", "canyon", "beacon", "willow", "prairie", "anchor",
    "spring", "badger", "cascade", "dune", "fjord", "sparrow",
)  # fmt: skip


def app_name(rng: Random) -> str:
    """A name of the kind a platform invents: quiet-harbor-4821."""
    return f"{rng.choice(_ADJECTIVES)}-{rng.choice(_NOUNS)}-{rng.randrange(1000, 10000)}"


def mail_domain(name: str) -> str:
    plain = normalize("NFKD", name.lower())
    letters = "".join(c for c in plain if c.isascii() and c.isalnum())
    return f"{letters}.example"
