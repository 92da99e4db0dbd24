#!/usr/bin/env python3
"""Puts the official Unicorn binary of this platform into a directory, as include/ and lib/, or its source into a file.

usage: fetch-unicorn.py DIRECTORY
       fetch-unicorn.py --source FILE.tar.gz

They come as the PyPI wheel and sdist, fetched by pip and by name, and are refused unless their hash is the pinned one.
"""
import hashlib
import pathlib
import platform
import shutil
import subprocess
import sys
import tempfile
import zipfile

VERSION = '2.1.4'
WHEELS = {  # (system, machine): (platform tag for pip, sha256)
    ('linux-glibc', 'x86_64'): (
        'manylinux2014_x86_64',
        '9d6e6dea140560de4ebd8446661f7ef84a357d428c14a3ef09dacd306ec8c239',
    ),
    ('linux-glibc', 'aarch64'): (
        'manylinux2014_aarch64',
        'bd1fb0c9af5f57e356d8a96928b4fe045b2e18f308ef23b481d5f970008aa722',
    ),
    ('linux-musl', 'x86_64'): (
        'musllinux_1_2_x86_64',
        'd348a90ee90219d141cb115ef8ed7e3fd1af42afaee105f7580761d775b25e32',
    ),
    ('linux-musl', 'aarch64'): (
        'musllinux_1_2_aarch64',
        '01d744ba01c5cc68f1d7afe3d183f1868720fd440ec4eaedc4d1d5d9bf54b84c',
    ),
    ('darwin', 'x86_64'): (
        'macosx_11_0_x86_64',
        '2a6f738fab5fabffa56af1e7bbf16ea1e91466c342f8dc64f125bd70f36c6b80',
    ),
    ('darwin', 'arm64'): (
        'macosx_11_0_arm64',
        'd6c93e0f60328d8f4a1792af3f834137a28050fcc2305f2ec01efe8558a9844e',
    ),
}
SOURCE = '00567a70e323f749b419cd86bee4f9115beab7ebba32194581c090cbb7c59cff'


def fail(message):
    sys.exit(f'Unicorn {VERSION}: {message}')


def download(scratch, options, pattern, expected, otherwise):
    """The one file that pip brings, checked."""
    pip = [sys.executable, '-m', 'pip', 'download', '--quiet', '--disable-pip-version-check', '--no-deps', *options,
           '--dest', scratch, f'unicorn=={VERSION}']
    done = subprocess.run(pip, capture_output=True, text=True)
    files = list(pathlib.Path(scratch).glob(pattern))
    if done.returncode != 0 or len(files) != 1:
        reason = (done.stderr.strip().splitlines() or ['nothing came'])[-1]
        fail(f'pip could not download it ({reason}): {otherwise}')
    check(files[0], expected)
    return files[0]


def check(file, expected):
    actual = hashlib.sha256(file.read_bytes()).hexdigest()
    if actual != expected:
        fail(f'hash mismatch for {file.name}: {actual}, pinned is {expected}; not used')


def source(target):
    if target.exists():
        return check(target, SOURCE)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        archive = download(scratch, ['--no-binary=:all:'], 'unicorn-*.tar.gz', SOURCE, 'install python3-pip')
        archive.replace(target)


def binary(target):
    system = platform.system().lower()
    if system == 'linux':
        system = 'linux-glibc' if platform.libc_ver()[0] == 'glibc' else 'linux-musl'
    key = (system, platform.machine())
    if key not in WHEELS:
        fail(f'no pinned binary for {key[0]} {key[1]}: build it from source and set UNICORN_DIR to where it is installed')
    tag, expected = WHEELS[key]
    with tempfile.TemporaryDirectory() as scratch:
        otherwise = 'install python3-pip, or set UNICORN_DIR to a directory with include/ and lib/'
        file = download(scratch, ['--only-binary=:all:', '--platform', tag], 'unicorn-*.whl', expected, otherwise)
        unpacked = pathlib.Path(scratch) / 'unpacked'
        with zipfile.ZipFile(file) as wheel:
            for name in wheel.namelist():
                parts = name.split('/')
                if parts[:2] in (['unicorn', 'include'], ['unicorn', 'lib']) and not name.endswith(('/', '.a')):
                    wheel.extract(name, unpacked)
        shutil.rmtree(target, ignore_errors=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(str(unpacked / 'unicorn'), str(target))


if len(sys.argv) == 3 and sys.argv[1] == '--source':
    source(pathlib.Path(sys.argv[2]))
elif len(sys.argv) == 2:
    binary(pathlib.Path(sys.argv[1]))
else:
    sys.exit(__doc__)
