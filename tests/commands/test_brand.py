"""`perdura brand`: what is given changes, the rest stays, and what is wrong is named."""

from pathlib import Path

from tests.commands.test_people import perdura
from tests.commands.test_people import state as state
from tests.pictures import picture


def test_a_look_is_set_shown_changed_in_part_and_refused_in_words(state: Path, tmp_path: Path) -> None:
    file = tmp_path / "logo.png"
    file.write_bytes(picture())
    mine = ("--tenant", "acuario")
    made = perdura(
        "brand", "set", *mine, "--logo", str(file), "--colour", "#ffcc00", "--phone", "5512345678", state=state
    )
    assert made.exit_code == 0, made.output
    assert "note: primary: #ffcc00 on white has a contrast of 1.5:1" in made.output
    changed = perdura("brand", "set", *mine, "--name", "Acuario Dos", "--phone", "", state=state).output
    assert "logo       image/png, 400 x 120" in changed
    assert "phone      -" in changed
    file.write_bytes(b"<svg/>")
    assert "--logo: is an SVG" in perdura("brand", "set", *mine, "--logo", str(file), state=state).output
    assert "website: write the whole" in perdura("brand", "set", *mine, "--website", "acuario.mx", state=state).output
    shown = perdura("brand", "show", *mine, state=state).output
    assert ("Acuario Dos" in shown, "image/png" in shown) == (True, True)
    assert "logo       -" in perdura("brand", "set", *mine, "--no-logo", state=state).output
    assert "no tenant 'nobody'" in perdura("brand", "show", "--tenant", "nobody", state=state).output
