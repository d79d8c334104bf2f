#!/bin/sh
# The Debian source package: its version, what it depends on, and its list of symbols are those of the tree.
# With --build, the packages are built in a temporary folder from what git knows of, which runs the quick
# tests; lintian has nothing to say of them, and each has what it is to have.
set -u
cd "$(dirname "$0")/../.." || exit 1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
. tools/tap.sh
said=$folder/output
version=$(sed -n 's/^.define OG_VERSION "\(.*\)"$/\1/p' omniglot/include/omniglot/version.h)
dpkg-parsechangelog -S Version >"$folder/output" 2>&1
[ "$(cat "$folder/output")" = "$version" ]
report $? its_version_is_the_headers
for package in $(sed -n 's/^Build-Depends: //p' debian/control | tr ',' '\n' | sed 's/[(<:].*//'); do
    # Debian's own name for what debhelper keeps compatible; the image has all others by its list.
    grep -qx "$(echo "$package" | sed 's/-compat//')" docker/packages || echo "$package is not in docker/packages"
done >"$folder/output"
[ ! -s "$folder/output" ]
report $? what_it_is_built_with_is_in_the_list_of_packages
{
    sed -n 's/^    \(og_.*\);$/\1@OMNIGLOT/p' packaging/omniglot.map
    sed '/^#/d; s/$/@Base/' packaging/interposed
} | sort >"$folder/due"
sed -n 's/^ \([a-z_].*@[A-Za-z]*\).*/\1/p' debian/libomniglot0.symbols | sort | diff "$folder/due" - >"$folder/output"
report $? its_symbols_are_the_librarys
dpkg-checkbuilddeps >"$folder/output" 2>&1
report $? it_can_be_built_here
if [ "${1:-}" != --build ]; then
    echo "1..$number"
    exit 0
fi

mkdir "$folder/tree"
git ls-files -z -co --exclude-standard | tar -c --null -T - | tar -x -C "$folder/tree"
cd "$folder/tree" || exit 1
env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS -u BUILD dpkg-buildpackage -us -uc -b >"$folder/output" 2>&1
report $? the_packages_are_built
grep -qE '^[1-9][0-9]* passed, 0 failed' "$folder/output"
report $? and_the_quick_tests_with_them
env -u MAKEFLAGS -u MAKELEVEL debian/rules clean >"$folder/output" 2>&1
(cd "$folder" && dpkg-source --build tree) >>"$folder/output" 2>&1
report $? the_source_package_is_built
lintian --allow-root --fail-on error,warning,info -I "$folder"/*.changes "$folder"/*.dsc >"$folder/output" 2>&1 && [ ! -s "$folder/output" ]
report $? lintian_has_nothing_to_say
for wanted in libomniglot0:/libomniglot.so.0 libomniglot-dev:/libomniglot.a libomniglot-dev:/omniglot.pc \
    libomniglot-dev:/omniglot/stubs/domain.h libomniglot-dev:/OmniglotConfig.cmake \
    libomniglot-dev:/og_domain_open.3.gz omniglot-tools:/og-link-host omniglot-tools:/og-run.1.gz; do
    dpkg-deb -c "$folder/${wanted%%:*}_"*.deb >"$folder/output" 2>&1
    grep -qF -- "${wanted#*:}" "$folder/output"
    report $? "${wanted%%:*}_has_$(basename "${wanted#*:}")"
done
# What is installed works where it is unpacked: tools, and a program of a user.
for package in "$folder"/*.deb; do
    dpkg-deb -x "$package" "$folder/root"
done
"$folder/root/usr/bin/og-doctor" >"$folder/output" 2>&1 && grep -q "^Omniglot  *$version" "$folder/output"
report $? the_unpacked_tools_run
library=$(echo "$folder"/root/usr/lib/*-linux-gnu)
cp -r examples "$folder/examples"
PKG_CONFIG_PATH=$library/pkgconfig env -u MAKEFLAGS -u MAKELEVEL make -C "$folder/examples" \
    PKG_CONFIG="pkg-config --define-variable=prefix=$folder/root/usr" >"$folder/output" 2>&1 &&
    LD_LIBRARY_PATH=$library "$folder/examples/box/box" "$folder/examples/box/libwords.so" none >"$folder/output" 2>&1 &&
    grep -qx "7 words, the longest is library" "$folder/output"
report $? an_example_is_built_with_the_unpacked_packages
echo "1..$number"
