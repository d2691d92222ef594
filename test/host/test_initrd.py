"""The boot set maker: its archives are read by cpio(1), and file data lies on page borders."""

import shutil
import subprocess

import pytest

import initrd


@pytest.mark.parametrize("sizes", [[0], [1], [4096], [4095, 4097, 3], [10000] * 5])
def test_round_trip(sizes):
    files = {f"file{i}": bytes([65 + i]) * size for i, size in enumerate(sizes)}
    archive = initrd.make_archive(files)
    assert initrd.read_archive(archive) == files
    for data in filter(None, files.values()):
        assert archive.find(data) % initrd.PAGE == 0


@pytest.mark.parametrize("length", range(1, 9))
def test_name_lengths(length):
    files = {"n" * length: b"X" * 5000, "second": b"Y" * 10}
    archive = initrd.make_archive(files)
    assert initrd.read_archive(archive) == files
    assert archive.find(b"Y" * 10) % initrd.PAGE == 0


def test_added_file_replaces(tmp_path):
    (tmp_path / "a").write_bytes(b"old")
    base = tmp_path / "base.cpio"
    base.write_bytes(initrd.make_archive(initrd.collect(None, [tmp_path / "a"])))
    (tmp_path / "a").write_bytes(b"new")
    (tmp_path / "b").write_bytes(b"more")
    files = initrd.collect(base, [tmp_path / "a", tmp_path / "b"])
    assert files == {"a": b"new", "b": b"more"}


@pytest.mark.parametrize("damage", [lambda a: a[:50], lambda a: b"x" + a[1:], lambda a: a[:-200]])
def test_damaged_base_is_refused(damage):
    with pytest.raises(initrd.ArchiveError):
        initrd.read_archive(damage(initrd.make_archive({"a": b"data" * 2000})))


@pytest.mark.skipif(not shutil.which("cpio"), reason="needs cpio(1)")
def test_cpio_reads_it(tmp_path):
    archive = initrd.make_archive({"a": b"first", "b": b"second" * 1000})
    subprocess.run(["cpio", "-id"], input=archive, cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / "boot/a").read_bytes() == b"first"
    assert (tmp_path / "boot/b").read_bytes() == b"second" * 1000
