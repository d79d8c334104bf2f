#!/bin/sh
# The guest itself: its kernels, what is put into it, and what it says when it cannot.
set -u
cd "$(dirname "$0")/../.." || exit 1
guest=tools/pku-guest
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
number=0

# check NAME WANTED-STATUS TEXT-IN-OUTPUT COMMAND...
check() {
    name=$1 wanted=$2 text=$3
    shift 3
    output=$("$@" 2>&1)
    status=$?
    number=$((number + 1))
    case $output in
    *"$text"*) [ "$status" -eq "$wanted" ] && echo "ok $number - $name" && return ;;
    esac
    echo "not ok $number - $name"
    echo "# status $status: $output" | sed '2,$s/^/# /'
}

kernels='is none of: 6.1 6.12'
check without_a_word_it_is_debians_kernel 0 "Linux version 6.1." \
    env -u GUEST_KERNEL "$guest" -- /bin/cat /proc/version
check the_newer_kernel_is_asked_for_by_name 0 "Linux version 6.12." \
    "$guest" --kernel 6.12 --cpus 2 -- /bin/cat /proc/version
check or_by_the_environment 0 "Linux version 6.12." \
    env GUEST_KERNEL=6.12 "$guest" -- /bin/cat /proc/version
check an_unknown_kernel_is_named 125 "--kernel: '5.10' $kernels" "$guest" --kernel 5.10 -- true
check also_that_of_the_environment 125 "GUEST_KERNEL: '7' $kernels" env GUEST_KERNEL=7 "$guest" -- true
for kernel in 6.1 6.12; do
    check "an_archive_out_of_reach_is_said_to_be_for_$kernel" 125 \
        "cannot download Debian's Linux $kernel; its archive needs to be reachable, once" \
        env PKU_GUEST_CACHE="$folder/empty" http_proxy=http://127.0.0.1:9 \
        https_proxy=http://127.0.0.1:9 "$guest" --fetch --kernel "$kernel"
done

# bash needs a library that nothing else in the guest does.
mkdir -p "$folder/added/below"
cp /bin/bash "$folder/added/below/"
echo "a note" >"$folder/added/with a space"
check what_the_programs_of_a_folder_need_comes_with_it 0 "bash reads a note" \
    "$guest" --add "$folder/added:/added" -- \
    /bin/busybox sh -c '/added/below/bash -c "echo bash reads \$(<\"/added/with a space\")" || exit'
check a_kernel_that_dies_is_shown 125 "sysrq triggered crash" \
    "$guest" -- /bin/busybox sh -c 'echo c >/proc/sysrq-trigger'
check a_commands_status_is_the_guests 7 "" "$guest" -- /bin/busybox sh -c 'exit 7'
check a_command_that_hangs_is_ended 124 "ended after 8 s" "$guest" --timeout 8 -- /bin/sleep 60

# A QEMU in whose guest nothing happens: the first time only, or ever.
mkdir "$folder/bin"
cat >"$folder/bin/qemu-system-x86_64" <<'QEMU'
#!/bin/sh
[ -n "${STANDS_EVER:-}" ] || [ ! -e "$0.ran" ] || PATH=${PATH#*:} exec qemu-system-x86_64 "$@"
: >"$0.ran"
exec sleep 60
QEMU
chmod +x "$folder/bin/qemu-system-x86_64"
check a_kernel_that_stands_still_at_first_is_booted_once_more 3 "stood still while it booted: once more" \
    env "PATH=$folder/bin:$PATH" GUEST_BOOT_TIMEOUT=10 "$guest" -- /bin/busybox sh -c 'exit 3'
check a_kernel_that_ever_stands_still_is_told 125 "kernel stands still while it boots" \
    env "PATH=$folder/bin:$PATH" GUEST_BOOT_TIMEOUT=1 STANDS_EVER=1 "$guest" -- /bin/true
echo "1..$number"
