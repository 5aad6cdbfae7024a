"""`perdura legal`: a draft, its publication, and what customers read."""

from pathlib import Path

from tests.commands.test_people import perdura
from tests.commands.test_people import state as state


def test_a_draft_is_finished_published_and_shown(state: Path, tmp_path: Path) -> None:
    draft = perdura("legal", "draft", "acuario", "privacy", state=state)
    assert draft.exit_code == 0, draft.output
    file = tmp_path / "aviso.md"
    file.write_text(draft.output, encoding="utf-8")
    assert (
        "aviso.md: line 1 still says [COMPLETA"
        in perdura("legal", "set", "acuario", "privacy", str(file), state=state).output
    )
    file.write_text("\n".join(line for line in draft.output.splitlines() if "[COMPLETA" not in line), encoding="utf-8")
    made = perdura("legal", "set", "acuario", "privacy", str(file), state=state).output
    assert made.startswith("privacy version 1, published ")
    assert "privacy  version 1" in perdura("legal", "show", "acuario", state=state).output
    assert "ARCO" in perdura("legal", "show", "acuario", "privacy", state=state).output
    assert "perdura legal draft acuario sla" in perdura("legal", "show", "acuario", "sla", state=state).output
    assert "no tenant 'nobody'" in perdura("legal", "set", "nobody", "privacy", str(file), state=state).output
