#!/usr/bin/env bash
# Unpacks the Debian packages that `packages` names, with all that they depend on, into build/debian/root: an ordinary Debian
# tree of unmodified packages. README.md says what is done in place of their maintainer scripts. Quick when it is there already; a
# changed list, or a changed script, makes it anew.
set -euo pipefail
cd "$(dirname "$0")"

target=$PWD/../build/debian
root=$target/root
key=$(cat packages build.sh | sha256sum)
if [[ -f $target/key && $(<"$target/key") == "$key" ]]; then exit 0; fi

for tool in apt-get dpkg-deb tar; do
  command -v "$tool" >/dev/null || {
    echo "guests: no $tool, so no Debian root: the program set needs a Debian machine" >&2
    exit 1
  }
done
mapfile -t packages < <(grep -v -e '^#' -e '^$' packages)
rm -rf "$target"
mkdir -p "$target/archives/partial"

# An empty status file: apt resolves as for a machine that has nothing, and its answer does not depend on this one.
: >"$target/status"
fetch() {
  apt-get -qq -y --no-install-recommends --download-only \
    -o Dir::State::status="$target/status" -o Dir::Cache::archives="$target/archives" \
    -o APT::Sandbox::User=root -o Debug::NoLocking=1 -o APT::Keep-Downloaded-Packages=true install "${packages[@]}"
}
echo "guests: fetching the packages of the Debian root" >&2
log=$target/fetch.log
fetch >"$log" 2>&1 || { apt-get -qq update && fetch; } >"$log" 2>&1 || {
  tail -n 5 "$log" >&2
  exit 1
}

# The directories that a merged /usr makes links of, before any package says otherwise.
mkdir -p "$root"/usr/{bin,sbin,lib,lib64} "$root/var/lib/dpkg/info"
for directory in bin sbin lib lib64; do ln -s "usr/$directory" "$root/$directory"; done

# Manuals and translations stay out, as in Debian's own container images.
unpack() {
  local archive=$1 name
  name=$(dpkg-deb --field "$archive" Package)
  dpkg-deb --fsys-tarfile "$archive" | tar -x -p --keep-directory-symlink -C "$root" --no-same-owner \
    --exclude='./usr/share/man/*' --exclude='./usr/share/doc/*' --exclude='./usr/share/info/*' \
    --exclude='./usr/share/locale/*' --exclude='./usr/share/lintian/*'
  dpkg-deb --fsys-tarfile "$archive" | tar -t | sed 's|^\.||; s|/$||' >"$root/var/lib/dpkg/info/$name.list"
}
export -f unpack
export root
find "$target/archives" -maxdepth 1 -name '*.deb' -print0 |
  xargs -0 -n 1 -P "$(nproc)" bash -euo pipefail -c 'unpack "$1"' unpack

# What the packages' maintainer scripts would do (README.md has the list).
cp "$root/usr/share/base-passwd/passwd.master" "$root/etc/passwd"
cp "$root/usr/share/base-passwd/group.master" "$root/etc/group"
link() { ln -sf "$1" "$root$2"; }
link dash /usr/bin/sh
link /usr/bin/gawk /etc/alternatives/awk
link /etc/alternatives/awk /usr/bin/awk
link /usr/bin/vim.tiny /etc/alternatives/vi
link /etc/alternatives/vi /usr/bin/vi
link /usr/bin/which.debianutils /etc/alternatives/which
link /etc/alternatives/which /usr/bin/which
link /usr/bin/less /etc/alternatives/pager
link /etc/alternatives/pager /usr/bin/pager
printf 'debian\n' >"$root/etc/hostname"
printf '127.0.0.1\tlocalhost debian\n' >"$root/etc/hosts"
printf 'passwd: files\ngroup: files\nhosts: files\n' >"$root/etc/nsswitch.conf"
cp "$root/usr/share/base-files/profile" "$root/etc/profile"
cp "$root/usr/share/base-files/dot.bashrc" "$root/root/.bashrc"
mkdir -p "$root/work"
/sbin/ldconfig -r "$root"
compile='p=(/usr/lib/python3.*/) && python3 -m compileall -qq -j "$(nproc)" -x "badsyntax|bad_coding|lib2to3/tests/data" "$p"'
empty=$(mktemp -d)
trap 'rmdir "$empty"' EXIT
./enter.sh "$root:rw" "$empty" "$empty" bash -c "$compile" || echo 'guests: Python is not compiled, so it starts slowly' >&2

rm -rf "$target/archives" "$target/status" "$target/fetch.log"
printf '%s\n' "$key" >"$target/key"
