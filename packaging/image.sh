#!/bin/sh
# Builds an image: packaging/image.sh [idpsync|tools] [TAG]. Takes what there is
# of buildah, podman and docker; BUILD_FLAGS are handed on to it. With buildah
# and SOURCE_DATE_EPOCH the same sources give the same image.
set -eu
cd "$(dirname "$0")/.."
stage=${1:-idpsync} tag=${2:-localhost/idpsync:$stage}
dir=.cache/image
rm -rf "$dir"
mkdir -p "$dir/etc/ssl/certs" "$dir/home/nonroot" "$dir/config"
GOOS=linux packaging/go.sh build -ldflags="-X github.com/idpsync/idpsync/internal/cli.version=${VERSION:-}" -o "$dir/idpsync" ./cmd/idpsync
cp LICENSE NOTICE "$dir/"
authorities=${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}
[ -s "$authorities" ] || { echo "no certificates of authorities at $authorities: install ca-certificates, or set SSL_CERT_FILE" >&2; exit 1; }
cp "$authorities" "$dir/etc/ssl/certs/ca-certificates.crt"
echo 'nonroot:x:65532:65532::/home/nonroot:/sbin/nologin' >"$dir/etc/passwd"
echo 'nonroot:x:65532:' >"$dir/etc/group"
for program in buildah podman docker; do
	command -v "$program" >/dev/null || continue
	[ -z "${SOURCE_DATE_EPOCH:-}" ] || [ "$program" = docker ] || BUILD_FLAGS="--timestamp $SOURCE_DATE_EPOCH ${BUILD_FLAGS:-}"
	# shellcheck disable=SC2086 # flags are words
	exec "$program" ${PROGRAM_FLAGS:-} build ${BUILD_FLAGS:-} --target "$stage" --tag "$tag" --file Dockerfile "$dir"
done
echo 'none of buildah, podman and docker is installed' >&2
exit 1
