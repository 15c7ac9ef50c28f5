"""AK3xx: names, and people and channels that can be reached."""

from __future__ import annotations

from typing import Final

from alertkit.compiler.codes.code import Code

CODES: Final[dict[str, Code]] = {
    "AK301": Code(
        "An unknown name",
        "Something is named that is not defined: a team, service, person, schedule, channel or policy. Names are "
        "the tenant's own; teams, schedules and channels may also be the platform's.",
        wrong="services:\n  - {name: web, owner: webteam}\n",
        right="services:\n  - {name: web, owner: web}\n",
    ),
    "AK302": Code(
        "The same name twice",
        "Names are unique in a tenant: an alert, a policy or a person is found by its name. Two recording rules "
        "may share a name when their labels differ.",
        wrong="services:\n  - {name: web, owner: web}\n  - {name: web, owner: web}\n",
        right="services:\n  - {name: web, owner: web}\n  - {name: shop, owner: web}\n",
    ),
    "AK303": Code(
        "A reserved name",
        "The platform's teams and schedules can be named by every tenant, so no tenant defines one of the same "
        "name. Policies called `unrouted` or `owner-…` are alertkit's own: they take what no route takes.",
        wrong='teams:\n  - {name: web, slack: "#web"}\n  - {name: platform, slack: "#acme-platform"}\n',
        right='teams:\n  - {name: web, slack: "#web"}\n  - {name: acme-platform, slack: "#acme-platform"}\n',
    ),
    "AK304": Code(
        "A tenant's name does not fit its file",
        "A tenant is called as its file or folder is, in lower-case letters, digits and inner hyphens; `platform` "
        "is reserved. Files end in .yaml. What is called otherwise would be overlooked, so it is a problem.",
        wrong="# tenants/acme.yaml\ntenant: acme-music\n",
        right="# tenants/acme.yaml\ntenant: acme\n",
    ),
    "AK305": Code(
        "An unknown environment",
        "A tenant changes itself in environments that the project lists. One that it does not list would never be asked for.",
        wrong=(
            "# alertkit.yaml\n"
            "environments: [production, staging]\n"
            "# tenants/acme.yaml\n"
            "environments:\n"
            "  stagin:\n"
            "    title: Acme (staging)\n"
        ),
        right=(
            "# alertkit.yaml\n"
            "environments: [production, staging]\n"
            "# tenants/acme.yaml\n"
            "environments:\n"
            "  staging:\n"
            "    title: Acme (staging)\n"
        ),
    ),
    "AK306": Code(
        "Somebody who cannot be reached",
        "A person or team has no address, or one of a kind for which neither the tenant nor the platform has a "
        "channel. Nobody would be told.",
        wrong="people:\n  - {id: amelie, name: Amélie Durand}\n",
        right="people:\n  - {id: amelie, name: Amélie Durand, slack: U024BE7LH}\n",
    ),
    "AK307": Code(
        "No folder of tenants",
        "The project names a folder that is not there. Were that no problem, a slip of the pen would take every "
        "tenant for removed.",
        wrong="# alertkit.yaml\ntenants: tenant/\n",
        right="# alertkit.yaml\ntenants: tenants/\n",
    ),
    "AK308": Code(
        "Nothing to leave out",
        "An environment leaves an entry out by its name and `remove: true`. The entry must be in the tenant's definition, "
        "nothing else is said of it, and outside of environments an entry is removed by not writing it.",
        wrong=(
            "# alertkit.yaml\n"
            "environments: [staging]\n"
            "# tenants/acme.yaml\n"
            "environments:\n"
            "  staging:\n"
            "    teams:\n"
            "      - {name: wep, remove: true}\n"
        ),
        right=(
            "# alertkit.yaml\n"
            "environments: [staging]\n"
            "# tenants/acme.yaml\n"
            "alerts:\n"
            "  - name: QueueStuck\n"
            "    service: web\n"
            "    expr: queue_oldest_seconds > 600\n"
            "    severity: warning\n"
            "    summary: The oldest job waits\n"
            "environments:\n"
            "  staging:\n"
            "    alerts:\n"
            "      - {name: QueueStuck, remove: true}\n"
        ),
    ),
    "AK310": Code(
        "A channel lacks something",
        "Each type of channel needs its own keys: slack a token; email a host and a sender; pagerduty a routing "
        "key; webhook a URL and a secret to sign with.",
        wrong="channels:\n  - {name: pagerduty, type: pagerduty}\n",
        right="channels:\n  - {name: pagerduty, type: pagerduty, routing_key: {secret: pagerduty}}\n",
    ),
    "AK311": Code(
        "A key that does nothing for this type",
        "The key belongs to another type of channel, so it would have no effect here.",
        wrong="channels:\n  - {name: slack, type: slack, token: {secret: slack-bot}, port: 587}\n",
        right="channels:\n  - {name: slack, type: slack, token: {secret: slack-bot}}\n",
    ),
    "AK312": Code(
        "A webhook to a host that is not allowed",
        "A tenant's webhook posts only to hosts that the platform team lists, so that no definition makes the "
        "receiver call an address of its own choice.",
        wrong=(
            "channels:\n"
            '  - {name: hook, type: webhook, url: "https://hooks.acme.example/alerts", signing_secret: {secret: hook}}\n'
        ),
        right=(
            "# alertkit.yaml\n"
            "webhook_hosts: [hooks.acme.example]\n"
            "# tenants/acme.yaml\n"
            "channels:\n"
            '  - {name: hook, type: webhook, url: "https://hooks.acme.example/alerts", signing_secret: {secret: hook}}\n'
        ),
    ),
    "AK313": Code(
        "A channel that needs an address",
        "A step can tell a channel such as pagerduty, which needs no address. Slack and e-mail need one: notify a "
        "team, a person or a schedule, whose addresses are known.",
        wrong="escalation:\n  - name: standard\n    steps:\n      - notify: [{channel: slack}]\n",
        right="escalation:\n  - name: standard\n    steps:\n      - notify: [{team: web}]\n",
    ),
    "AK314": Code(
        "A type of channel that nobody brings",
        "The types that ship with alertkit, and those that `channel_types` of the project lists: packages installed beside the "
        "receiver bring them, which the compiler does not load.",
        wrong="channels:\n  - {name: chat, type: matrix, secrets: {token: {secret: matrix-bot}}}\n",
        right=(
            "# alertkit.yaml\n"
            "channel_types: [matrix]\n"
            "# tenants/acme.yaml\n"
            "channels:\n"
            "  - {name: chat, type: matrix, secrets: {token: {secret: matrix-bot}}}\n"
        ),
    ),
    "AK315": Code(
        "A mail server that is not allowed",
        "A tenant's e-mail channel uses only mail servers that the platform team lists, so that no definition makes the "
        "receiver call an address of its own choice. The platform's own mail channel needs no entry.",
        wrong="channels:\n  - {name: mail, type: email, host: smtp.acme.example, from: alerts@acme.example}\n",
        right=(
            "# alertkit.yaml\n"
            "mail_hosts: [smtp.acme.example]\n"
            "# tenants/acme.yaml\n"
            "channels:\n"
            "  - {name: mail, type: email, host: smtp.acme.example, from: alerts@acme.example}\n"
        ),
    ),
    "AK316": Code(
        "A Slack room that is not the tenant's",
        "Through the platform's Slack a tenant could write into any room of the workspace. It may address what `slack_rooms` of "
        "the project allows: patterns with `*`, in which `{tenant}` stands for the tenant's name. Without `slack_rooms` those "
        "are the rooms `#<tenant>` and `#<tenant>-…`, and every person; rooms by id have to be listed. A Slack channel of the "
        "tenant's own is not limited.",
        wrong=(
            '# alertkit.yaml\nslack_rooms: ["#{tenant}", "#{tenant}-*", "U*"]\n'
            '# tenants/acme.yaml\nteams:\n  - {name: web, slack: "#board"}\n'
        ),
        right=(
            '# alertkit.yaml\nslack_rooms: ["#{tenant}", "#{tenant}-*", "U*"]\n'
            '# tenants/acme.yaml\nteams:\n  - {name: web, slack: "#acme-web"}\n'
        ),
    ),
    "AK317": Code(
        "A language in a region where nobody knows it",
        "A warning: the region of a locale decides how numbers, dates and times are written. Of this language in this region "
        "nothing is known (Unicode's CLDR has no such locale), so they are written as in the language alone.",
        wrong="locale: fr_XX\n",
        right="locale: fr_CA\n",
    ),
}
