#!/bin/sh
# What goes into the archives and packages beside the program: completions, and
# man pages as packages want them. goreleaser runs it before it builds.
set -eu
cd "$(dirname "$0")/.."
dir=.cache/release
rm -rf "$dir"
mkdir -p "$dir/completions" "$dir/man"
go build -trimpath -o "$dir/idpsync" ./cmd/idpsync
go build -trimpath -o "$dir/sbom" ./packaging/sbom
for shell in bash zsh fish; do
	"$dir/idpsync" completion "$shell" >"$dir/completions/idpsync.$shell"
done
for page in man/*.1; do
	[ -s "$page" ] || { echo "there are no man pages: run \"make generate\"" >&2; exit 1; }
	gzip -9nc "$page" >"$dir/man/${page##*/}.gz"
done
