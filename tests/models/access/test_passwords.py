"""What a password's hash is made with. The other tests hash cheaply, so the module is loaded anew here."""

from importlib.util import find_spec, module_from_spec


def test_a_password_is_hashed_as_rfc_9106_recommends() -> None:
    spec = find_spec("models.access.passwords")
    assert spec is not None
    assert spec.loader is not None
    passwords = module_from_spec(spec)
    spec.loader.exec_module(passwords)
    held = passwords.hashed("correct horse battery staple")
    assert held.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert passwords.fits("correct horse battery staple", held)
    assert not passwords.fits("correct horse battery stapler", held)
    assert not passwords.fits("correct horse battery staple", "")
