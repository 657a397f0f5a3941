#!/bin/sh
# Runs a script with the system's Python, or says why it is skipped: as without a browser.
python=/usr/bin/python3
[ -x $python ] || python=$(command -v python3)
if [ -z "$python" ]; then
    echo "skipped: python3 is not installed"
    case ",${HEAPGATE_REQUIRE:-}," in *,chromium,*) exit 1 ;; esac
    exit 77
fi
exec "$python" -B "$@"
