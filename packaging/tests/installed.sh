#!/bin/sh
# What `make install` puts into an empty folder is all that a user needs: the programs of examples/ are
# built outside of this tree from nothing else, with pkg-config, from the archive, and with CMake, and run;
# behind protection keys, too, in the guest. `make uninstall` leaves nothing.
set -u
cd "$(dirname "$0")/../.." || exit 1
tree=$PWD
build=${BUILD:-build/gcc}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
. tools/tap.sh
said=$folder/output
make_here() { # ARGUMENT...: as a user would, not as a part of the make that runs the tests
    env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make --no-print-directory BUILD="$build" CC="${build##*/}" "$@"
}
# What one test prints becomes a part of this one.
also() { # COMMAND...
    "$@" >"$folder/output" 2>&1
    grep -E '^(ok|not ok|#)' "$folder/output" | while IFS= read -r line; do
        case $line in
        "ok "* | "not ok "*)
            number=$((number + 1))
            echo "${line%% [0-9]*} $number - ${line#* - }"
            ;;
        *) echo "$line" ;;
        esac
    done
    number=$((number + $(grep -cE '^(ok|not ok) ' "$folder/output")))
}

make_here -n V=1 BUILD="$folder/from-nothing" install >"$folder/output" 2>&1
report $? install_can_be_made_from_nothing
! grep -E '(^|[ /])(workloads|baselines|bench|attacks|results|tests|build/wasm|build/rv32|build/source)/' \
    "$folder/output" | grep -v '^install' | grep . >"$folder/others"
status=$?
cat "$folder/others" >>"$folder/output"
report $status install_builds_nothing_of_the_suite_and_no_test

root=$folder/root prefix=$folder/root/usr
make_here install DESTDIR="$root" PREFIX=/usr >"$folder/output" 2>&1
report $? it_is_installed_below_destdir
[ "$(cd "$root" && find . -maxdepth 2 -mindepth 2 | sort | tr '\n' ' ')" = \
    "./usr/bin ./usr/include ./usr/lib ./usr/libexec ./usr/share " ]
report $? nothing_is_elsewhere
grep -rlF -e "$tree" -e "$folder" "$prefix/lib/pkgconfig" "$prefix/lib/cmake" "$prefix/bin/og-link-host" \
    "$prefix/share" >"$folder/output"
[ ! -s "$folder/output" ]
report $? nothing_names_where_it_was_made

# --- the examples ---

cp -r examples "$folder/examples"
cd "$folder/examples" || exit 1
export PKG_CONFIG_PATH="$prefix/lib/pkgconfig"
pkg="pkg-config --define-prefix"
unset CPATH C_INCLUDE_PATH LIBRARY_PATH LD_LIBRARY_PATH

# Without isolation, where the machine has nothing that isolates; what needs one says so.
check_examples() { # NAME, in the folder with programs and libraries: PROGRAM, LIBRARY by their functions
    "$(program box)" "$(library words)" none >"$folder/output" 2>&1 &&
        [ "$(cat "$folder/output")" = "7 words, the longest is library" ]
    report $? "box_$1_prints_what_it_is_to"
    "$(program callback)" "$(library sensors)" none >"$folder/output" 2>&1 &&
        grep -qx "roof: 101325 Pa" "$folder/output" &&
        grep -qx "a broken one: OG_CONTRACT, each_reading" "$folder/output"
    report $? "callback_$1_hears_only_what_is_valid"
    if "$(program survive)" "$(library frail)" >"$folder/output" 2>&1; then
        grep -qx "OG_FAULTED; the secret is 42" "$folder/output"
    else
        grep -q "^OG_UNSUPPORTED: .*; name OG_NONE to go without$" "$folder/output"
    fi
    report $? "survive_$1_goes_on_or_says_what_it_lacks"
}
program() { echo "$1/$1"; }
library() { echo "$(echo ./*/lib"$1".so)"; }
needs_omniglot() { LD_LIBRARY_PATH=$prefix/lib ldd "$1" | grep -q "libomniglot.so.0 => $prefix/lib/"; }

make_here PKG_CONFIG="$pkg" >"$folder/output" 2>&1
report $? examples_are_built_by_pkg-config
cc -M -I. $($pkg --cflags omniglot) box/box.c callback/callback.c survive/survive.c 2>&1 |
    grep -o '[^ \\][^ \\]*' | grep -v -e ':$' -e '^box/' -e '^callback/' -e '^survive/' -e "^$prefix/include/" \
    -e '^/usr/' >"$folder/output"
[ ! -s "$folder/output" ]
report $? they_include_what_is_installed_alone
needs_omniglot box/box && needs_omniglot callback/callback && needs_omniglot survive/survive
report $? they_have_the_shared_library
export LD_LIBRARY_PATH="$prefix/lib"
check_examples over_the_shared_library
unset LD_LIBRARY_PATH

make_here clean >/dev/null && make_here PKG_CONFIG="$pkg" OMNIGLOT=omniglot-static >"$folder/output" 2>&1
report $? examples_are_built_with_the_archive
! ldd box/box | grep -q libomniglot
report $? which_needs_no_shared_library
check_examples over_the_archive
make_here clean >/dev/null

{ cmake -S . -B cmake -DCMAKE_PREFIX_PATH="$prefix" && cmake --build cmake; } >"$folder/output" 2>&1
report $? examples_are_built_by_cmake
cd cmake || exit 1
program() { echo "./$1"; }
library() { echo "./lib$1.so"; }
check_examples by_cmake
"$prefix/bin/og-scan" --host box callback survive >"$folder/output" 2>&1
report $? their_code_is_fit_for_hosts

# --- behind protection keys ---

# Where the program's libraries do not find the functions that the runtime takes the place of, no domain opens.
for form in late own; do
    [ $form = late ] && set -- -ldl || set -- -DOWN -L"$prefix/lib" -lomniglot -Wl,-rpath,"$prefix/lib"
    cc -D_GNU_SOURCE -Wall -Wextra -Werror -I"$prefix/include" -o $form "$tree/packaging/tests/loads-it-late.c" "$@" \
        >"$folder/output" 2>&1
    report $? "a_program_${form}_is_built"
done
./late "$prefix/lib/libomniglot.so.0" ./libwords.so >"$folder/output" 2>&1
grep -q "cannot allocate memory in static TLS block" "$folder/output"
report $? there_is_no_room_for_it_in_a_program_that_runs
cat >run <<END
./box ./libwords.so mpk && ./callback ./libsensors.so mpk && ./survive ./libfrail.so || exit
./own $prefix/lib/libomniglot.so.0 ./libwords.so
GLIBC_TUNABLES=glibc.rtld.optional_static_tls=8192 ./late $prefix/lib/libomniglot.so.0 ./libwords.so
END
"$tree/tools/pku-guest" --add box --add callback --add survive --add libwords.so --add libsensors.so \
    --add libfrail.so --add late --add own --add "$prefix/lib/libomniglot.so.0" --add run -- /bin/sh run >"$folder/output" 2>&1
report $? examples_over_the_shared_library_run_behind_protection_keys
for line in "7 words, the longest is library" "a broken one: OG_CONTRACT, each_reading" \
    "OG_FAULTED; the secret is 42" "until it is reset: OG_POISONED"; do
    grep -qx -- "$line" "$folder/output"
    report $? "there_they_say_$(echo "$line" | tr ' :;,' '____')"
done
[ "$(grep -cx 'call 1' "$folder/output")" -eq 2 ]
report $? there_a_reset_library_counts_anew
[ "$(grep -c "^1: the host's libraries would install handlers past og-mpk" "$folder/output")" -eq 2 ]
report $? there_no_domain_opens_in_programs_with_a_sigaction_of_their_own_or_that_load_it_late

# --- the rest of what is installed ---

cd "$tree" || exit 1
also packaging/tests/manual "$prefix"
also packaging/tests/completion.sh "$prefix"
version=$(sed -n 's/^.define OG_VERSION "\(.*\)"$/\1/p' omniglot/include/omniglot/version.h)
[ "$(pkg-config --modversion omniglot)" = "$version" ] &&
    "$prefix/bin/og-doctor" | grep -q "^Omniglot  *$version$" &&
    grep -q "^## $version (" CHANGELOG.md
report $? the_version_is_said_alike_everywhere

make_here uninstall DESTDIR="$root" PREFIX=/usr >"$folder/output" 2>&1
find "$root" ! -type d >"$folder/output"
[ ! -s "$folder/output" ] && [ ! -e "$prefix/include/omniglot" ]
report $? uninstall_leaves_no_file
echo "1..$number"
