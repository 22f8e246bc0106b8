from __future__ import annotations

import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from edge.errors import DataError, HardwareError
from edge.store.keys import DeviceKey, about, fingerprint, load_device_key, seal, unseal, write_new


def test_the_key_is_made_once_and_private(tmp_path: Path) -> None:
    first = load_device_key(tmp_path, create=True, environ={})
    path = tmp_path / "device.key"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.stat().st_size == 32
    again = load_device_key(tmp_path, create=True, environ={})
    assert again.identity == first.identity
    assert [file.name for file in tmp_path.iterdir()] == ["device.key"]


def test_a_missing_key_is_not_made_unasked(tmp_path: Path) -> None:
    with pytest.raises(HardwareError, match="missing"):
        load_device_key(tmp_path, environ={})
    assert not list(tmp_path.iterdir())


def test_the_systemd_credential_comes_first(tmp_path: Path) -> None:
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "device.key").write_bytes(b"c" * 32)
    (credentials / "device.key").chmod(0o440)  # as systemd's ACL makes it look
    state = tmp_path / "state"
    key = load_device_key(state, create=True, environ={"CREDENTIALS_DIRECTORY": str(credentials)})
    assert key.identity == DeviceKey(b"c" * 32).identity
    assert not state.exists()


def test_credentials_without_ours_leave_the_file(tmp_path: Path) -> None:
    (tmp_path / "device.key").write_bytes(b"f" * 32)
    (tmp_path / "device.key").chmod(0o600)
    key = load_device_key(tmp_path, environ={"CREDENTIALS_DIRECTORY": str(tmp_path / "nothing")})
    assert key.identity == DeviceKey(b"f" * 32).identity


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o622])
def test_a_key_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    (tmp_path / "device.key").write_bytes(b"k" * 32)
    (tmp_path / "device.key").chmod(mode)
    with pytest.raises(DataError, match="others may read"):
        load_device_key(tmp_path, environ={})


def test_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"k" * 32)
    (tmp_path / "real").chmod(0o600)
    (tmp_path / "device.key").symlink_to(tmp_path / "real")
    with pytest.raises(DataError, match="no plain file"):
        load_device_key(tmp_path, create=True, environ={})


@pytest.mark.parametrize("size", [0, 16, 31, 33, 64])
def test_a_key_of_the_wrong_size_is_refused(tmp_path: Path, size: int) -> None:
    (tmp_path / "device.key").write_bytes(b"k" * size)
    (tmp_path / "device.key").chmod(0o600)
    with pytest.raises(DataError, match="32 bytes"):
        load_device_key(tmp_path, create=True, environ={})


def test_write_new_never_replaces(tmp_path: Path) -> None:
    assert write_new(tmp_path / "a", b"one")
    assert not write_new(tmp_path / "a", b"two")
    assert (tmp_path / "a").read_bytes() == b"one"
    assert len(list(tmp_path.iterdir())) == 1


def test_write_new_names_what_is_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(HardwareError, match="cannot be created"):
        write_new(tmp_path / "file" / "a", b"one")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_root_hands_the_file_to_the_owner_of_the_folder(tmp_path: Path) -> None:
    os.chown(tmp_path, 1234, 1235)
    write_new(tmp_path / "a", b"one")
    status = (tmp_path / "a").stat()
    assert (status.st_uid, status.st_gid) == (1234, 1235)


def test_keys_of_different_purposes_differ_and_nothing_shows_the_secret() -> None:
    secret = bytes(range(32))
    key = DeviceKey(secret)
    assert len({key.derive("one"), key.derive("two"), secret}) == 3
    assert key.derive("one") == DeviceKey(secret).derive("one")
    assert secret.hex() not in repr(key)
    assert key.identity != DeviceKey(b"x" * 32).identity
    assert fingerprint(secret) not in (key.identity, secret.hex()[:16])


@given(st.binary(max_size=200), st.integers(0, 1 << 30), st.integers(1, 255))
def test_a_seal_opens_only_unaltered(plain: bytes, where: int, flip: int) -> None:
    cipher = AESGCM(b"k" * 32)
    sealed = seal(cipher, plain, about("a", "b"))
    assert unseal(cipher, sealed, about("a", "b")) == plain
    altered = bytearray(sealed)
    altered[where % len(sealed)] ^= flip
    with pytest.raises(DataError):
        unseal(cipher, bytes(altered), about("a", "b"))
    with pytest.raises(DataError):
        unseal(cipher, sealed, about("a", "c"))
    with pytest.raises(DataError):
        unseal(AESGCM(b"j" * 32), sealed, about("a", "b"))
    with pytest.raises(DataError):
        unseal(cipher, sealed[: where % len(sealed)], about("a", "b"))


def test_a_blob_that_is_none_does_not_open() -> None:
    for nothing in (None, "text", 7):
        with pytest.raises(DataError):
            unseal(AESGCM(b"k" * 32), nothing, b"")  # type: ignore[arg-type]


def test_seals_of_the_same_differ() -> None:
    cipher = AESGCM(b"k" * 32)
    assert seal(cipher, b"x", b"") != seal(cipher, b"x", b"")
