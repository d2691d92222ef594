# Sourced by run and check: makes sure of the distribution's Python, which the rest is written in.
if ! [ -x /usr/bin/python3 ]; then
    if ! command -v apt-get >/dev/null; then
        echo "Please install Python 3.11 or later as /usr/bin/python3." >&2
        exit 1
    elif [ "$(id -u)" = 0 ]; then
        rights=""
    elif command -v sudo >/dev/null; then
        rights=sudo
    else
        echo "Python is missing; installing it needs root, and there is no sudo." >&2
        printf 'As root, run:\n    apt-get update\n    apt-get install python3\n' >&2
        exit 1
    fi
    echo "Installing Debian packages: python3" >&2
    $rights apt-get update >&2 &&
        $rights env DEBIAN_FRONTEND=noninteractive \
            apt-get install -y --no-install-recommends python3 >&2 || {
        echo "apt-get could not install python3; its messages are above." >&2
        exit 1
    }
fi
if ! /usr/bin/python3 -c 'import tomllib' 2>/dev/null; then
    echo "Sinter needs Python 3.11 or later; /usr/bin/python3 is $(/usr/bin/python3 -V 2>&1)." >&2
    exit 1
fi
