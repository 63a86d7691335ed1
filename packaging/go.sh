#!/bin/sh
# The go command as released programs are built: small, and fast where it
# matters. "packaging/go.sh build ..." is what the Makefile, image.sh and
# goreleaser call; -ldflags=... of the caller gets what all of them share.
# docs/performance.md has what each of these saves.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
verb=$1
shift

# Calls are copied into their callers (inlined) only in packages that take
# processor time: a tenth of the program is saved by leaving the others alone.
# In otel the compiler needs it to make tables before the program runs.
hot='runtime internal/runtime/... internal/abi internal/bytealg internal/sync internal/strconv internal/stringslite
	sync/... reflect strings bytes strconv unicode/... slices maps encoding/json crypto/sha256 crypto/internal/fips140/sha256
	gopkg.in/yaml.v3 go.opentelemetry.io/otel/...
	github.com/idpsync/idpsync/internal/config github.com/idpsync/idpsync/internal/model github.com/idpsync/idpsync/internal/plan'

for arg; do
	shift
	case $arg in -ldflags=*) arg="$arg -s -w -funcalign=16" ;; esac
	set -- "$@" "$arg"
done
for package in $hot; do
	set -- "-gcflags=$package=" "$@"
done
# HTTP/2, which remote does not speak, and what pgx needs for queries by the
# protocols "exec" and "simple_protocol" alone, which nothing here uses.
tags=nethttpomithttp2,nopgxregisterdefaulttypes
export CGO_ENABLED=0
exec "${GO:-go}" "$verb" -trimpath -tags=$tags -pgo="$root/cmd/idpsync/release.pgo" -gcflags=all=-l "$@"
