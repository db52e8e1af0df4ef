# SPDX-License-Identifier: Apache-2.0
# Sourced by the scripts beside this folder: where things are, and how they speak.
# shellcheck shell=bash

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# What is fetched once and serves every checkout: the jars of Kafka and of the schema registry.
WEIR_CACHE=${WEIR_CACHE:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/weir}
JOBS=${WEIR_JOBS:-$(nproc)}

if [ -t 2 ] && [ -z "${NO_COLOR:-}" ]; then
    bold=$'\033[1m' plain=$'\033[0m'
else
    bold='' plain=''
fi

# A headline, with the seconds since the script began.
step() {
    printf '%s== [%4ds] %s%s\n' "$bold" "$SECONDS" "$*" "$plain" >&2
}

say() {
    printf '%s\n' "$*" >&2
}

die() {
    printf '%s: %s\n' "$(basename "$0")" "$*" >&2
    exit 1
}

# fetch_with_maven FOLDER GOAL OPTION...: what a goal that takes -DoutputDirectory gets, in FOLDER, all or
# nothing.
# Two scripts at once do no harm: the first to finish renames its folder into place.
fetch_with_maven() {
    local folder=$1 goal=$2 part attempt
    shift 2
    command -v mvn >/dev/null || die "maven is missing: run scripts/deps"
    mkdir -p "$(dirname "$folder")"
    part=$(mktemp -d "$folder.part.XXXXXX")
    for attempt in 1 2 3; do
        if mvn -q -B -ntp "$goal" -DoutputDirectory="$part" "$@" >&2; then
            mv -T "$part" "$folder" 2>/dev/null || rm -rf "$part"
            return 0
        fi
        say "maven failed (attempt $attempt of 3)"
        sleep $((attempt * 5))
    done
    rm -rf "$part"
    return 1
}
