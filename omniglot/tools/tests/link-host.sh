#!/bin/sh
# Programs that hold, by chance, an instruction that could undo the isolation are linked again.
set -u
build=$PWD/${BUILD:-build/gcc}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
. tools/tap.sh

# lea 0x28ae0f(%rip), %rax: 0f ae 28 is an XRSTOR.
compile() { # INSTRUCTION
    printf '.text\n.globl main\n.type main, @function\nmain: %s\nxor %%eax, %%eax\nret\n' "$1" \
        >"$work/source.s"
    printf '.size main, . - main\n.section .note.GNU-stack, "", @progbits\n' >>"$work/source.s"
    cc -c -o "$work/program.o" "$work/source.s"
}

compile '.byte 0x48, 0x8d, 0x05, 0x0f, 0xae, 0x28, 0x00'
cc -o "$work/program" "$work/program.o"
"$build/bin/og-scan" --host "$work/program" >"$work/found"
[ $? -eq 1 ] && grep -q 'XRSTOR in main' "$work/found"
report $? og-scan_finds_what_a_distance_spells

# Wherever it is moved the distance stays: there is no such program then, and it is said why.
omniglot/tools/link-host "$build/bin/og-scan" "$work/program" \
    cc -o "$work/program" "$work/program.o" 2>"$work/error"
[ $? -eq 1 ] && [ ! -e "$work/program" ] && grep -q 'XRSTOR in main' "$work/error"
report $? a_program_that_stays_unlucky_is_not_made

# What cannot be looked at is nothing that was linked, and stays.
echo notes >"$work/notes"
omniglot/tools/link-host "$build/bin/og-scan" "$work/notes" true 2>"$work/error"
[ $? -eq 2 ] && [ -s "$work/notes" ] && grep -q 'cannot look at' "$work/error"
report $? a_file_that_is_no_program_is_left_alone

# Constants in the page of a file that is mapped as code, too.
"$build/bin/og-scan" "$build/lib/libogneighbour.so" >"$work/found"
[ $? -eq 1 ] && [ "$(grep -c WRPKRU "$work/found")" -eq 1 ]
report $? og-scan_looks_at_whole_pages

# Half of a WRPKRU at the end of one segment, and half at the start of the next.
cat >"$work/border.s" <<'S'
.section .text.first, "ax"; .skip 4095, 0x90; .byte 0x0f
.section .text.second, "ax"; .byte 0x01, 0xef; .skip 4094, 0x90
.section .note.GNU-stack, "", @progbits
S
cat >"$work/border.ld" <<'S'
PHDRS { first PT_LOAD FLAGS(5); second PT_LOAD FLAGS(5); }
SECTIONS {
    .first 0x1000 : { *(.text.first) } :first
    .second 0x2000 : { *(.text.second) } :second
    /DISCARD/ : { *(*) }
}
S
cc -c -o "$work/border.o" "$work/border.s" &&
    ld -T "$work/border.ld" -o "$work/border" "$work/border.o" 2>/dev/null
"$build/bin/og-scan" "$work/border" >"$work/found"
[ $? -eq 1 ] && [ "$(grep -c WRPKRU "$work/found")" -eq 1 ]
report $? og-scan_finds_what_two_segments_spell_together

compile nop
cc -no-pie -z execstack -o "$work/fixed" "$work/program.o"
"$build/bin/og-scan" --host "$work/fixed" >"$work/found"
[ $? -eq 1 ] && grep -q 'position-independent' "$work/found" && grep -q 'executable stack' "$work/found"
report $? og-scan_names_programs_for_which_no_domain_opens

# What a library calls its functions cannot command a terminal.
compile '.byte 0x0f, 0x01, 0xef'
cc -o "$work/program" "$work/program.o"
sed 's/main/\x1b[mn/g' "$work/program" >"$work/evil" 2>/dev/null
"$build/bin/og-scan" "$work/evil" >"$work/found"
[ $? -eq 1 ] && ! grep -q "$(printf '\033')" "$work/found"
report $? og-scan_shows_no_control_characters

# A scan that objects twice: linked with padding, and it runs.
cat >"$work/scan" <<S
#!/bin/sh
echo again >>"$work/scans"
[ "\$(wc -l <"$work/scans")" -gt 2 ]
S
chmod +x "$work/scan"
compile nop
omniglot/tools/link-host "$work/scan" "$work/program" cc -o "$work/program" "$work/program.o" &&
    "$work/program" && [ "$(wc -l <"$work/scans")" -eq 3 ]
report $? an_unlucky_program_is_linked_again

# The programs of this build that open domains.
"$build/bin/og-scan" --host "$build/bin/og-run" "$build/bin/og-bench-counted" \
    "$build"/guest-test/*
report $? the_programs_of_this_build_hold_nothing_but_the_gate
echo "1..$number"
