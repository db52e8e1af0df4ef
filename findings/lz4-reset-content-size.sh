#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Expected: LZ4F_resetDecompressionContext makes a context as good as new after a frame that was cut
# or damaged: lz4frame.h calls it the way "to return to clean state".
# Seen (liblz4 1.9.4, as Debian 12 ships it and python-lz4 4.4.5 bundles it): what was left of the
# frame's content size stays. The next good frame, if it does not state its own size, is inflated in
# full and then refused with frameSize_wrong; one that states it puts it right again.
# Matters: a consumer keeps its context, as inflating is its most expensive step. kafka-python writes
# frames with their size, Kafka's Java client without: one damaged batch of the former makes a good
# one of the latter unreadable. After a failure, make a new context instead.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
missing() { echo "cannot be had here: $1" >&2; exit 77; }
command -v python3 >/dev/null || missing python3
python3 -m venv env
env/bin/pip install -q lz4==4.4.5 >pip.log 2>&1 || missing lz4

cat >reset.py <<'END'
import sys

import lz4
import lz4.frame

DATA = bytes(range(200)) * 5
print("python-lz4", lz4.__version__, "liblz4", lz4.library_version_string())


def after_a_cut_frame(store_size, begin_anew):
    cut = lz4.frame.compress(DATA, store_size=True)[:-10]
    good = lz4.frame.compress(DATA, store_size=store_size)
    decompressor = lz4.frame.LZ4FrameDecompressor()
    decompressor.decompress(cut)
    if begin_anew:
        decompressor = lz4.frame.LZ4FrameDecompressor()
    else:
        decompressor.reset()
    try:
        return "good" if decompressor.decompress(good) == DATA else "other bytes"
    except RuntimeError as error:
        return str(error).rpartition(" ")[2]


seen = {
    "reset, then a frame without a size": after_a_cut_frame(False, False),
    "reset, then a frame with a size": after_a_cut_frame(True, False),
    "a new context, then a frame without a size": after_a_cut_frame(False, True),
}
for what, result in seen.items():
    print(f"{what}: {result}")
sys.exit(list(seen.values()) != ["ERROR_frameSize_wrong", "good", "good"])
END
env/bin/python reset.py
