"""AK5xx: dates and times."""

from __future__ import annotations

from typing import Final

from alertkit.compiler.codes.code import Code

CODES: Final[dict[str, Code]] = {
    "AK501": Code(
        "No such time zone",
        "Zones are named as in the IANA database; abbreviations such as CET and CEST do not say when clocks change.",
        wrong="timezone: Europe/Pariss\n",
        right="timezone: Europe/Paris\n",
    ),
    "AK502": Code(
        "A date that does not exist, or an end before its beginning",
        "The date is of the right form, but the calendar has no such day, or the end does not come after the beginning.",
        wrong=(
            'maintenance:\n  - {from: "2026-02-30T22:00", until: "2026-03-01T04:00", match: {service: web}, reason: Upgrade}\n'
        ),
        right=(
            'maintenance:\n  - {from: "2026-02-28T22:00", until: "2026-03-01T04:00", match: {service: web}, reason: Upgrade}\n'
        ),
    ),
    "AK503": Code(
        "A hand-off that does not fit its rotation",
        "A weekly rotation hands over on a weekday (Mon 09:00), a monthly one on a day from 1 to 28 (1 09:00), a "
        "daily and an hourly one at a time (09:00; of an hourly one only the minutes count).",
        wrong=(
            "people:\n"
            "  - {id: amelie, name: Amélie Durand, slack: U024BE7LH}\n"
            "schedules:\n"
            "  - name: primary\n"
            "    layers:\n"
            '      - {rotation: weekly, handoff: "09:00", from: "2026-01-05", members: [amelie]}\n'
        ),
        right=(
            "people:\n"
            "  - {id: amelie, name: Amélie Durand, slack: U024BE7LH}\n"
            "schedules:\n"
            "  - name: primary\n"
            "    layers:\n"
            '      - {rotation: weekly, handoff: "Mon 09:00", from: "2026-01-05", members: [amelie]}\n'
        ),
    ),
    "AK504": Code(
        "Steps that are not in the order of time",
        "Each step says how long after the opening of the incident it is due. Steps stand in that order, and what "
        "is due at once is one step.",
        wrong=(
            "escalation:\n"
            "  - name: standard\n"
            "    steps:\n"
            "      - {after: 10m, notify: [{team: web}]}\n"
            "      - {after: 5m, notify: [{team: platform}]}\n"
        ),
        right=(
            "escalation:\n"
            "  - name: standard\n"
            "    steps:\n"
            "      - {after: 5m, notify: [{team: web}]}\n"
            "      - {after: 10m, notify: [{team: platform}]}\n"
        ),
    ),
}
