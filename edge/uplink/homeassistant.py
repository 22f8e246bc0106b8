"""The device as Home Assistant discovers it: one retained document that describes lock, sensors, events and the rest.

Everything is read from topics that exist anyway: the retained state, the status and the events. The keys are those of
Home Assistant's MQTT device discovery (2024.12 and newer), the values of `device_class` and `state_class` its own.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from edge.uplink.inbound import Handler, Inbound
from edge.uplink.topics import Topics

ONLINE = b"online"
FRESH_S = 300
"""An event of the backlog is no news: an automation must not switch on the light for a pass of last week."""

OF_THE_GATE: dict[str, tuple[str, ...]] = {
    "access": ("access.granted", "access.refused", "access.exit"),
    "door": ("door.opened", "door.closed", "door.forced", "door.held", "door.restored"),
}
OF_THE_STATION: dict[str, tuple[str, ...]] = {
    "waste": ("waste.dropped", "waste.missorted", "waste.offhours"),
    "bin": ("bin.nearlyfull", "bin.full", "bin.overflow", "bin.emptied", "bin.fire"),
}
OF_EVERY_DEVICE: dict[str, tuple[str, ...]] = {
    "trouble": (
        "device.fault",
        "device.recovered",
        "sensor.fault",
        "sensor.recovered",
        "storage.evicted",
        "command.refused",
    ),
}
"""One event entity each. Whom an event concerns stays out: Home Assistant keeps what it hears in its own database."""

Component = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Shown:
    """What of the device there is to be shown. `bins`: their names. `pictures`: the office opens pictures and publishes
    them at `picture_topic`.
    """

    door: bool = False
    people: bool = False
    bins: tuple[str, ...] = ()
    pictures: bool = False

    @property
    def groups(self) -> dict[str, tuple[str, ...]]:
        """The types of event by entity."""
        return (OF_THE_GATE if self.door else {}) | (OF_THE_STATION if self.bins else {}) | OF_EVERY_DEVICE

    @property
    def model(self) -> str:
        roles = [role for role, there in (("gate", self.door), ("waste station", self.bins)) if there]
        return f"edge {' and '.join(roles)}".strip()


def discovery_topic(prefix: str, device: str) -> str:
    """Where the document stands. Home Assistant tells devices apart by the id in it, so ids must differ there."""
    return f"{prefix}/device/{device}/config"


def picture_topic(topics: Topics) -> str:
    """Where the office may publish pictures that it has opened, as plain JPEG; the device knows nothing of it."""
    return f"edge/office/{topics.site}/{topics.device}/picture"


def discovery(topics: Topics, version: str, shown: Shown) -> bytes:
    """The document."""
    components = {
        **(_door(topics) if shown.door else {}),
        **(_people() if shown.people else {}),
        **{key: component for name in shown.bins for key, component in _bin(name).items()},
        **_device(topics),
        **{f"{group}_event": _event(topics, group, types) for group, types in shown.groups.items()},
        "update": _update(topics),
    }
    if shown.pictures:
        components["picture"] = {
            "platform": "image",
            "name": "Picture",
            "image_topic": picture_topic(topics),
            "content_type": "image/jpeg",
        }
    ours = f"edge_{topics.site}_{topics.device}"
    for key, component in components.items():
        component["unique_id"] = f"{ours}_{key}"
    document = {
        "dev": {"ids": [ours], "name": f"{topics.site} {topics.device}", "mdl": shown.model, "sw": version},
        "o": {"name": "edge", "sw": version},
        "avty": [{"topic": topics.status}],
        "state_topic": topics.state,
        "qos": 1,
        "cmps": components,
    }
    return json.dumps(document, ensure_ascii=False, sort_keys=True).encode()


def when_it_starts(again: Callable[[str], object], topic: str) -> Handler:
    """For `{prefix}/status`: have the document sent again when Home Assistant says that it is online."""

    def hear(inbound: Inbound) -> bool:
        if inbound.payload == ONLINE:
            again(topic)
        return True

    return hear


def _door(topics: Topics) -> dict[str, Component]:
    # A lock entity must have a command topic. What Home Assistant sends there is not signed, so it is refused and
    # reported like any other such order; the state never pretends otherwise.
    lock: Component = {
        "platform": "lock",
        "name": None,
        "command_topic": f"{topics.commands.removesuffix('+')}unlock",
        "optimistic": False,
        "value_template": "{{ 'UNLOCKED' if value_json.door.unlocked else 'LOCKED' }}",
    }
    return {
        "lock": lock,
        "door": _binary("Door", "value_json.door.open", "door"),
        "forced": _binary("Forced open", "value_json.door.forced", "tamper"),
        "held": _binary("Held open", "value_json.door.held", "problem"),
        "lockdown": _binary("Lock-down", "value_json.door.lockdown", "safety"),
        "fire": _binary("Fire alarm", "value_json.door.fire", "smoke"),
        "housing": _binary("Housing opened", "value_json.door.tampered", "tamper"),
    }


def _people() -> dict[str, Component]:
    return {
        "people": _sensor("People on file", "{{ value_json.vision.people }}"),
        "fps": _sensor("Camera frames", "{{ value_json.camera.fps }}", "frequency", "Hz"),
    }


def _bin(name: str) -> dict[str, Component]:
    shown = f"value_json.bins['{name}']"
    level = _sensor(f"{name} fill level", f"{{{{ {shown}.percent }}}}")
    return {
        f"bin_{name}_level": level | {"unit_of_measurement": "%", "icon": "mdi:delete"},
        f"bin_{name}_full": _binary(f"{name} full", f"{shown}.full", "problem"),
        f"bin_{name}_fire": _binary(f"{name} fire", f"{shown}.fire", "smoke"),
    }


def _device(topics: Topics) -> dict[str, Component]:
    waiting = "{% set waiting = value_json.queue.values() | list %}"
    return {
        "problem": _binary("Fault", "(value_json.faults | length > 0)", "problem", diagnostic=True),
        "under_voltage": _binary("Under-voltage", "value_json.board.under_voltage.now", "problem", diagnostic=True),
        "connected": {
            "platform": "binary_sensor",
            "name": "Connection",
            "device_class": "connectivity",
            "entity_category": "diagnostic",
            "state_topic": topics.status,
            "availability": [],  # it says itself whether the device is there
            "payload_on": "online",
            "payload_off": "offline",
        },
        "temperature": _sensor("Temperature", "{{ value_json.board.temperature_c }}", "temperature", "°C"),
        "disk_free": _sensor("Free disk space", "{{ value_json.disk.free_mb }}", "data_size", "MB"),
        "queue": {
            "platform": "sensor",
            "name": "Waiting to be sent",
            "entity_category": "diagnostic",
            "device_class": "enum",
            "options": ["none", "some", "many"],
            "value_template": waiting
            + "{{ 'many' if 'many' in waiting else 'some' if 'some' in waiting else 'none' }}",
        },
    }


def _binary(name: str, expression: str, device_class: str, *, diagnostic: bool = False) -> Component:
    shown = f"{{{{ 'None' if {expression} is none else 'ON' if {expression} else 'OFF' }}}}"
    component = {
        "platform": "binary_sensor",
        "name": name,
        "device_class": device_class,
        "value_template": shown,
    }
    return component | ({"entity_category": "diagnostic"} if diagnostic else {})


def _sensor(name: str, template: str, device_class: str = "", unit: str = "") -> Component:
    component = {
        "platform": "sensor",
        "name": name,
        "entity_category": "diagnostic",
        "state_class": "measurement",
        "value_template": template,
    }
    if device_class:
        component |= {"device_class": device_class, "unit_of_measurement": unit}
    return component


def _event(topics: Topics, group: str, types: tuple[str, ...]) -> Component:
    age_s = "(now() - as_datetime(value_json.time)).total_seconds()"
    news = f"value_json.type in {list(types)} and (value_json.clock != 'synced' or {age_s} < {FRESH_S})"
    shown = "{'event_type': value_json.type, 'time': value_json.time, 'reason': value_json.data.reason | default('')}"
    return {
        "platform": "event",
        "name": group.capitalize(),
        "state_topic": topics.event("+"),
        "event_types": list(types),
        "value_template": f"{{% if {news} %}}{{{{ {shown} | to_json }}}}{{% endif %}}",
    }


def _update(topics: Topics) -> Component:
    return {
        "platform": "update",
        "name": "Software",
        "entity_category": "diagnostic",
        "value_template": "{{ {'installed_version': value_json.version} | to_json }}",
        "latest_version_topic": f"edge/office/{topics.site}/release",
    }
