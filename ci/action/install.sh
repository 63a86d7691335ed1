#!/usr/bin/env bash
# Finds idpsync, or fetches a release and checks it.
set -euo pipefail
. "$(dirname "$0")/github.sh"

use() {
	"$1" version >"$RUNNER_TEMP/idpsync-version" 2>&1 || fail "$1 does not run on this machine"
	aloud "$RUNNER_TEMP/idpsync-version"
	output binary "$1"
	exit 0
}

if [ -n "${BINARY:-}" ]; then
	path=$(command -v -- "$BINARY") || fail "binary: $BINARY is no program"
	case $path in /*) ;; *) path=$PWD/$path ;; esac
	use "$path"
fi

need curl tar
[[ ${VERSION:-} =~ ^v[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$ ]] ||
	fail "version: want a release such as v1.2.3" "call the action by a tag of a release, or give \"version\""
case $(uname -s) in
Linux) os=linux ;;
Darwin) os=darwin ;;
*) fail "there is no release that this action could use on $(uname -s)" "give \"binary\"" ;;
esac
case $(uname -m) in
x86_64 | amd64) arch=amd64 ;;
aarch64 | arm64) arch=arm64 ;;
*) fail "there is no release for $(uname -m)" "build it with \"go install\", and give \"binary\"" ;;
esac

dir=$(mktemp -d "$RUNNER_TEMP/idpsync-release.XXXXXX")
archive=idpsync_${VERSION#v}_${os}_$arch.tar.gz
only='=https'
case $MIRROR in http://127.0.0.1:*) only='=http' ;; esac # a server of a test
get() {
	curl --silent --show-error --fail --location --proto "$only" --retry 3 --max-time 300 --output "$dir/$1" "$MIRROR/$VERSION/$1" ||
		CODE=7 fail "$MIRROR/$VERSION/$1 cannot be fetched"
}

get "$archive"
if [ -n "${SHA256:-}" ]; then
	want=$SHA256
else
	get SHA256SUMS
	want=$(awk -v f="$archive" '$2 == f || $2 == "*" f { print $1 }' "$dir/SHA256SUMS")
fi
if command -v sha256sum >/dev/null; then
	have=$(sha256sum "$dir/$archive")
else
	have=$(shasum -a 256 "$dir/$archive")
fi
have=${have%% *}
[ "$have" = "$want" ] || CODE=1 fail "$archive has the digest $have, and not ${want:-any that SHA256SUMS names}"
tar -xzf "$dir/$archive" -C "$dir" idpsync
use "$dir/idpsync"
