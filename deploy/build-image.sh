#!/usr/bin/env bash
# Build the image without a Docker daemon and without a registry of images.
#
#   apt-get install buildah mmdebstrap
#   deploy/build-image.sh              # callboard:VERSION, as root
#
# mmdebstrap makes a Debian base from this machine's apt sources, in place of the Dockerfile's base image.
# buildah runs the Dockerfile's steps on it, and `callboard demo` starts in the image as user 10001.
# Use the image only to try the steps: its Python is Debian's, and its base is not the pinned one.
set -euo pipefail
cd "$(dirname "$0")/.."

name=${1:-callboard:$(sed -n 's/^version = "\(.*\)"$/\1/p' pyproject.toml)}
base=localhost/callboard-base
certificates=/etc/ssl/certs/ca-certificates.crt
work=$(mktemp -d)
containers=()
finish() {
    ((${#containers[@]})) && buildah rm "${containers[@]}" >/dev/null
    rm -rf "$work"
}
trap finish EXIT

export BUILDAH_ISOLATION=chroot # needs no container runtime and no namespaces

took() { printf '%-28s %4d s   %s\n' "$1" "$SECONDS" "${2:-}"; }
size_of() { buildah images --json "$1" | sed -n 's/^ *"size": "\(.*\)",$/\1/p'; }

# Only this step needs the machine's apt sources; the image names none of their hosts.
shopt -s nullglob
sources=(/etc/apt/sources.list.d/*.sources /etc/apt/sources.list.d/*.list)
[ -s /etc/apt/sources.list ] && sources+=(/etc/apt/sources.list)
mmdebstrap --quiet --variant=minbase --include=ca-certificates,python-is-python3,python3-venv \
    --customize-hook='rm -rf "$1"/etc/apt/sources.list*' '' "$work/base.tar" "${sources[@]}"
scratch=$(buildah from scratch)
containers+=("$scratch")
buildah add --quiet "$scratch" "$work/base.tar" / >/dev/null
buildah config --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$scratch"
buildah commit --quiet "$scratch" "$base" >/dev/null
rm "$work/base.tar"
took "base by mmdebstrap" "$(size_of "$base")"

# pip uses this machine's index. The mounted files do not get into the image.
pip_setting() { python3 -m pip config get ":env:.$1" 2>/dev/null || python3 -m pip config get "global.$1" 2>/dev/null; }
{
    printf '[global]\ncert = %s\n' "$certificates"
    for key in index-url proxy trusted-host; do
        if value=$(pip_setting "$key"); then printf '%s = %s\n' "$key" "$value"; fi
    done
} >"$work/pip.conf"
buildah build --quiet --format docker --pull-never --build-arg "PYTHON=$base" --network host \
    --volume "$work/pip.conf:/etc/pip.conf:ro" \
    --volume "$certificates:$certificates:ro" \
    --tag "$name" . >/dev/null
took "the Dockerfile's steps" "$(size_of "$name")"

# Run the bot, the sandbox and a Redis until the bot is ready.
run=$(buildah from --pull-never "$name")
containers+=("$run")
buildah run --user 10001:10001 "$run" -- sh -c '
    callboard demo --port 0 --clouds-port 0 >/tmp/demo.log 2>&1 &
    for try in $(seq 300); do grep -q "\"event\": \"ready\"" /tmp/demo.log && break; sleep 0.2; done
    kill $! && wait $! && grep "\"event\": \"ready\"" /tmp/demo.log || { cat /tmp/demo.log; exit 1; }'
took "the bot is ready in it" "$name"
