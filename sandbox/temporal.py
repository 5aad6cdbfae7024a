"""The local Temporal: read from `temporal-dev.yaml`, started as `temporal server start-dev`."""

import json
import os
import re
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml

from sandbox.obstacle import Obstacle

DESCRIPTION = Path(__file__).resolve().parent.parent / "temporal-dev.yaml"
BINARY = "PERDURA_TEMPORAL_BINARY"
_UNITS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}


@dataclass(frozen=True, slots=True)
class DevServer:
    """The local Temporal. `database` is a file name in the state directory; dynamic values are as Temporal takes them."""

    address: str
    port: int
    ui_port: int
    namespace: str
    retention: timedelta
    database: str
    sqlite: Mapping[str, str] = field(default_factory=dict)
    dynamic_config: Mapping[str, Any] = field(default_factory=dict)
    search_attributes: Mapping[str, str] = field(default_factory=dict)
    codec: str = ""  # address of the codec server that its UI asks to open sealed payloads

    @property
    def target(self) -> str:
        """`host:port`, as clients want it."""
        return f"{self.address}:{self.port}"

    @property
    def ui(self) -> str:
        """Address of the UI at this namespace's workflows."""
        return f"http://{self.address}:{self.ui_port}/namespaces/{self.namespace}/workflows"

    @property
    def tuning(self) -> list[str]:
        """The dynamic values as arguments of `temporal server start-dev`."""
        values = (f"{name}={json.dumps(value)}" for name, value in self.dynamic_config.items())
        return [part for value in values for part in ("--dynamic-config-value", value)]

    def command(self, binary: Path, state: Path) -> list[str]:
        """The command line that starts it with its file in `state`."""
        line = [str(binary), "server", "start-dev", "--ip", self.address, "--port", str(self.port)]
        line += ["--ui-port", str(self.ui_port), "--namespace", self.namespace, "--log-level", "error"]
        line += ["--db-filename", str(state / self.database), "--ui-disable-news-fetch"]
        if self.codec:
            line += ["--ui-codec-endpoint", self.codec]
        for name, value in self.sqlite.items():
            line += ["--sqlite-pragma", f"{name}={value}"]
        line += self.tuning
        for name, kind in self.search_attributes.items():
            line += ["--search-attribute", f"{name}={kind}"]
        return line


def read(description: Path = DESCRIPTION) -> DevServer:
    """The local Temporal as the file describes it.

    Raises:
        Obstacle: the file is missing or says something else than it should.
    """
    try:
        page = yaml.safe_load(description.read_text(encoding="utf-8"))
        return DevServer(**{**page, "retention": span(page["retention"])})
    except OSError as error:
        raise Obstacle(f"{description}: {error.strerror}") from None
    except (yaml.YAMLError, TypeError, KeyError, ValueError) as error:
        raise Obstacle(f"{description.name}: {error}") from None


def span(text: str) -> timedelta:
    """`30d`, `12h`, `5m` or `10s` as a span."""
    match = re.fullmatch(r"(\d+)([dhms])", text)
    if match is None:
        raise ValueError(f"'{text}' is not a span such as 30d or 12h")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def binary() -> Path:
    """The `temporal` program: the one named by the setting, else the one installed beside our Python.

    Raises:
        Obstacle: there is none.
    """
    named = os.environ.get(BINARY, "")
    found = shutil.which(named) if named else shutil.which("temporal", path=str(Path(sys.executable).parent))
    if found is None:
        raise Obstacle(
            f"{BINARY}: '{named}' cannot be run; name the temporal program"
            if named
            else f"the temporal program is missing beside {sys.executable}: run make setup, or set {BINARY}"
        )
    return Path(found)
