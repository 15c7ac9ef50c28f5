"""Where languages are spoken, as far as readers' numbers, dates and times differ by it."""

from __future__ import annotations

from typing import Final

_REGIONS: Final = {
    "en": (
        "AE AG AI AS AT AU BB BE BI BM BS BW BZ CA CC CH CK CM CX CY CZ DE DG DK DM ER ES FI FJ FK FM FR GB GD GG GH GI "
        "GM GS GU GY HK HU ID IE IL IM IN IO IT JE JM KE KI KN KY LC LR LS MG MH MO MP MS MT MU MV MW MY NA NF NG NL NO "
        "NR NU NZ PG PH PK PL PN PR PT PW RO RW SB SC SD SE SG SH SI SK SL SS SX SZ TC TK TO TT TV TZ UG UM US VC VG VI "
        "VU WS ZA ZM ZW"
    ),
    "fr": (
        "BE BF BI BJ BL CA CD CF CG CH CI CM DJ DZ FR GA GF GN GP GQ HT KM LU MA MC MF MG ML MQ MR MU NC NE PF PM RE RW "
        "SC SN SY TD TG TN VU WF YT"
    ),
    "de": "AT BE CH DE IT LI LU",
    "es": "AR BO BR BZ CL CO CR CU DO EA EC ES GQ GT HN IC MX NI PA PE PH PR PY SV US UY VE",
    "it": "CH IT SM VA",
}
"""Source: the locales of Unicode's CLDR, as Babel 2.18 ships them."""


def is_known(locale: str) -> bool:
    """True for a language alone, and with a region whose ways of writing are known; with another it is read as the language."""
    language, _, region = locale.partition("_")
    return not region or region in _REGIONS[language].split()
