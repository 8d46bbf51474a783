#!/usr/bin/env bash
# Makes everything that a release offers, in the folder dist: programs for five kinds of
# machine as tar.gz and as Python wheels, Debian packages, bills of materials and checksums. Equal sources
# and Go versions give equal files.
#
#   release/release.sh [VERSION]
#   TARGETS="linux/amd64" release/release.sh     for fewer machines
set -euo pipefail
cd "$(dirname "$0")/.."
version=${1:-$(git describe --tags --always --dirty)}
dist=dist
export CGO_ENABLED=0 SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
rm -rf "$dist"
mkdir -p "$dist"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The pages and completions are those of the program for this machine.
go build -trimpath -o "$work/doppel" ./cmd/doppel
mkdir -p "$work/man1" "$work/completions"
"$work/doppel" man "$work/man1"
for shell in bash zsh fish powershell; do "$work/doppel" completion "$shell" > "$work/completions/doppel.$shell"; done

archive() { # FOLDER FILE: a tar.gz that depends on nothing but its content
  tar --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" -C "$(dirname "$1")" -cf - "$(basename "$1")" | gzip -n9 > "$2"
}

targets=${TARGETS:-linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64}
for target in $targets; do
  os=${target%/*} arch=${target#*/} suffix=
  [ "$os" = windows ] && suffix=.exe
  name=doppel-$version-$os-$arch
  mkdir -p "$work/$name"
  GOOS=$os GOARCH=$arch go build -trimpath -ldflags "-s -w" -o "$work/$name/doppel$suffix" ./cmd/doppel
  cp README.md LICENSE CHANGELOG.md "$work/$name"
  cp -r "$work/man1" "$work/completions" "$work/$name"
  go run ./release/sbom "$work/$name/doppel$suffix" > "$dist/$name.spdx.json"
  archive "$work/$name" "$dist/$name.tar.gz"
  go run ./release/wheel -target "$target" -version "$version" -time "$SOURCE_DATE_EPOCH" -o "$dist" "$work/$name/doppel$suffix" > /dev/null
done

# Debian wants a version that begins with a digit.
debian=${version#v}
[[ $debian =~ ^[0-9] ]] || debian=0~$debian
for arch in amd64 arm64; do
  [[ " $targets " = *" linux/$arch "* ]] || continue
  root=$work/deb-$arch
  mkdir -p "$root/DEBIAN" "$root/usr/bin" "$root/usr/share/man/man1" "$root/usr/share/doc/doppel" \
    "$root/usr/share/bash-completion/completions" "$root/usr/share/zsh/vendor-completions" "$root/usr/share/fish/vendor_completions.d"
  cp "$work/doppel-$version-linux-$arch/doppel" "$root/usr/bin/doppel"
  for page in "$work"/man1/*; do gzip -n9 < "$page" > "$root/usr/share/man/man1/$(basename "$page").gz"; done
  cp "$work/completions/doppel.bash" "$root/usr/share/bash-completion/completions/doppel"
  cp "$work/completions/doppel.zsh" "$root/usr/share/zsh/vendor-completions/_doppel"
  cp "$work/completions/doppel.fish" "$root/usr/share/fish/vendor_completions.d/doppel.fish"
  cp LICENSE "$root/usr/share/doc/doppel/copyright"
  cat > "$root/DEBIAN/control" <<END
Package: doppel
Version: $debian
Architecture: $arch
Maintainer: The doppel authors <doppel@localhost>
Section: text
Priority: optional
Description: find duplicate and near-duplicate documents, see why, and prune them
 doppel reads a corpus of texts, groups duplicates and near-duplicates, verifies every
 pair exactly, and writes the corpus without what a kept document covers.
END
  find "$root" -exec touch -d "@$SOURCE_DATE_EPOCH" {} +
  dpkg-deb --root-owner-group --build "$root" "$dist/doppel_${debian}_$arch.deb" > /dev/null
done

(cd "$dist" && sha256sum -- * > SHA256SUMS)
ls -l "$dist"
