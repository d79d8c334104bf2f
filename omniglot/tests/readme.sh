#!/bin/sh
# What README.md and docs/ say is there: every make target, every file linked to, every test that a
# threat model names. And every mutation of the runtime has its check still.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tools/tap.sh
for document in README.md docs/*.md docs/decisions/*.md; do
    missing=$(sed -n 's/.*](\([^)#:]*\)).*/\1/p' "$document" | while read -r link; do
        [ -e "$(dirname "$document")/$link" ] || echo "$link"
    done)
    [ -z "$missing" ]
    report $? "links_of_$(echo "$document" | tr '/.' '__')_lead_somewhere"
    [ -z "$missing" ] || echo "# $missing"
done
# The code that README.md shows is the documented program's, which a test compiles and runs.
missing=$(sed -n '/^```c$/,/^```$/p' README.md | grep -v '^```' | while IFS= read -r line; do
    grep -qxF -- "$line" docs/calling-a-library.md || echo "$line"
done)
[ -z "$missing" ]
report $? "the_code_in_readme_is_the_documented_programs"
[ -z "$missing" ] || echo "# $missing"
# docs/README.md's index against the folder, both ways; and every file that it names.
index=$(mktemp)
grep '^| \[[0-9]*\](decisions/' docs/README.md >"$index"
wrong=$(for decision in docs/decisions/*.md; do
    echo "| [$(basename "$decision" | cut -c1-3)](decisions/$(basename "$decision")) | $(sed -n '1s/^# [0-9]*:* //p' "$decision") |"
done | diff - "$index")
rm -f "$index"
[ -z "$wrong" ]
report $? "the_index_has_each_decision_with_its_title_in_order_and_no_other"
[ -z "$wrong" ] || echo "$wrong" | sed -n 's/^< /# lacks: /p; s/^> /# has: /p'
# shellcheck disable=SC2016
missing=$(grep -o '`[a-z0-9_/*-]*\(/\|\.[chS]\|\.csv\|\.mk\)`' docs/README.md | tr -d '`' | sort -u |
    while read -r name; do
        found=$(find . -path ./build -prune -o -path "*/${name%/}" -print | head -1)
        [ -n "$found" ] || echo "$name"
    done)
[ -z "$missing" ]
report $? "what_docs_readme_names_is_there"
[ -z "$missing" ] || echo "# $missing"
# docs/hosts.md against the table of hosts, both ways: its tables' last columns name rows.
documented=$(mktemp)
# shellcheck disable=SC2016
grep '^|' docs/hosts.md | sed 's/.*|\([^|]*\)|$/\1/' | grep -o '`[^`]*`' | tr -d '`' | sort >"$documented"
wrong=$(sed -n 's/^    ROW\(_WITH\)*(\([a-zA-Z0-9_]*\),.*/\2/p' omniglot/tests/hosts/*.c | sort | diff - "$documented")
rm -f "$documented"
[ -z "$wrong" ]
report $? "the_page_of_hosts_names_each_row_of_their_table_once_and_no_other"
[ -z "$wrong" ] || echo "$wrong" | sed -n 's/^< /# lacks: /p; s/^> /# has: /p'
targets=$(sed -n 's/.*\(`\|^    \)make \([a-z][a-z0-9-]*\).*/\2/p' README.md docs/*.md | sort -u)
for target in $targets; do
    make -n "$target" A=x B=y >/dev/null 2>&1
    report $? "make_$(echo "$target" | tr - _)_exists"
done
for document in docs/threat-model*.md; do
    # shellcheck disable=SC2016
    missing=$(grep -o '`[a-z0-9-]*_[a-z0-9_-]*_[a-z0-9_-]*`' "$document" | tr -d '`' | sort -u |
        while read -r name; do
            grep -rqw -- "$name" omniglot attacks baselines bench || echo "$name"
        done)
    [ -z "$missing" ]
    report $? "what_$(echo "$document" | tr '/.-' '___')_names_is_there"
    [ -z "$missing" ] || echo "# $missing"
done
stale=$(omniglot/mpk/tests/mutate_mpk.py --list)
report $? "every_mutation_still_applies"
echo "$stale" | sed -n 's/.*(no longer applies.*/# &/p; s/.*(no test is .*/# &/p'
echo "1..$number"
