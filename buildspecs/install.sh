#!/bin/sh
# Installs cn-profile, cn-check, cn-package, cn-deploy, cn-keys, cn-cleanup and cn-doctor from an archive that `cargo xtask dist` made.
# Needs neither pip nor root.
#
#   sh install.sh 's3://BUCKET/PREFIX/cn-tools-VERSION-x86_64-linux.tar.gz#sha256=DIGEST'
#   sh install.sh https://HOST/cn-tools-VERSION-x86_64-linux.tar.gz#sha256=DIGEST
#   sh install.sh ./cn-tools-VERSION-x86_64-linux.tar.gz#sha256=DIGEST
#
# Without an argument it takes the variable CN_TOOLS. The programs go to $CN_TOOLS_DIR/bin,
# by default ~/.local/bin. Addresses without a checksum are refused.
set -eu

fail() {
  echo "error: $1" >&2
  echo "hint: $2" >&2
  exit 1
}

address=${1:-${CN_TOOLS:-}}
folder=${CN_TOOLS_DIR:-$HOME/.local}
[ -n "$address" ] || fail "no archive is named" "pass its address, or set CN_TOOLS"
case $address in
  *"#sha256="*) ;;
  *) fail "\`$address\` has no checksum" "append #sha256=DIGEST; SHA256SUMS beside the archive has it" ;;
esac
digest=${address##*#sha256=}
source=${address%#sha256=*}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
archive=$work/archive.tar.gz
case $source in
  s3://*) aws s3 cp --only-show-errors "$source" "$archive" ;;
  https://*) curl --fail --silent --show-error --location --retry 3 --output "$archive" "$source" ;;
  *://*) fail "\`$source\` is neither an s3:// nor an https:// address" "use one of these, or a path" ;;
  *) cp "$source" "$archive" ;;
esac

if command -v sha256sum >/dev/null; then
  found=$(sha256sum "$archive")
else
  found=$(shasum -a 256 "$archive")
fi
[ "${found%% *}" = "$digest" ] || fail "the archive has the checksum ${found%% *}, not $digest" \
  "copy the checksum again; if it is right, do not use this archive"

tar -xzf "$archive" -C "$work"
set -- "$work"/cn-tools-*/
mkdir -p "$folder/bin" "$folder/share"
# A file that runs cannot be written over; a new file of its name can take its place.
cp "$1bin/cn-tools" "$folder/bin/.cn-tools.new"
mv -f "$folder/bin/.cn-tools.new" "$folder/bin/cn-tools"
for program in "$1"bin/cn-*; do
  name=${program##*/}
  [ "$name" = cn-tools ] || ln -sf cn-tools "$folder/bin/$name"
done
cp -R "$1share/." "$folder/share/"

echo "installed $("$folder/bin/cn-tools" --version) into $folder/bin" >&2
case ":$PATH:" in
  *":$folder/bin:"*) ;;
  *) echo "hint: add it to the search path: export PATH=\"$folder/bin:\$PATH\"" >&2 ;;
esac
