# Sourced by run and check: makes sure of the distribution's Python, which the rest is written in.
if ! [ -x /usr/bin/python3 ]; then
    if ! command -v apt-get >/dev/null; then
        echo "Please install Python 3.11 or later as /usr/bin/python3." >&2
        exit 1
    fi
    if [ "$(id -u)" = 0 ]; then rights=""; else rights=sudo; fi
    $rights apt-get update >&2
    $rights apt-get install -y --no-install-recommends python3 >&2
fi
