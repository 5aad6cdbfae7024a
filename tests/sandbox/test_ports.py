"""Ports: a default each, a setting that moves it, and a clear word when one is taken."""

import socket
from dataclasses import replace

import pytest

from sandbox import temporal
from sandbox.obstacle import Obstacle
from sandbox.ports import SETTINGS, Ports


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for setting in SETTINGS.values():
        monkeypatch.delenv(setting, raising=False)


def test_a_setting_moves_a_port(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = Ports.usual(temporal.read())
    monkeypatch.setenv("PERDURA_API_PORT", "9999")
    assert Ports.usual(temporal.read()) == replace(usual, api=9999)
    assert Ports.free().api == 9999


def test_free_ports_are_free_and_different() -> None:
    ports = Ports.free()
    ports.check()
    assert len({ports.temporal, ports.ui, ports.api, ports.sandbox, ports.smtp}) == 5


@pytest.mark.parametrize("name", list(SETTINGS))
def test_a_port_in_use_is_named_with_the_setting_that_moves_it(name: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(Obstacle, match=rf"port {port}.*in use: set {SETTINGS[name]}"):
            replace(Ports.free(), **{name: port}).check()


def test_one_port_for_two_parts_is_named() -> None:
    ports = Ports.free()
    with pytest.raises(Obstacle, match="wanted twice"):
        replace(ports, sandbox=ports.api).check()


@pytest.mark.parametrize("text", ["http", "0", "70000", "-1", "8e3"])
def test_a_setting_that_is_no_port_is_named(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("PERDURA_SANDBOX_PORT", text)
    with pytest.raises(Obstacle, match="PERDURA_SANDBOX_PORT"):
        Ports.usual(temporal.read())
