#!/bin/sh
# What README.md and docs/ say is there: every make target, every file linked to, every test that a
# threat model names. And every mutation of the runtime has its check still.
set -u
cd "$(dirname "$0")/../.." || exit 1
number=0
report() { # STATUS NAME
    number=$((number + 1))
    [ "$1" -eq 0 ] && echo "ok $number - $2" || echo "not ok $number - $2"
}
for document in README.md docs/*.md docs/decisions/*.md; do
    missing=$(sed -n 's/.*](\([^)#:]*\)).*/\1/p' "$document" | while read -r link; do
        [ -e "$(dirname "$document")/$link" ] || echo "$link"
    done)
    [ -z "$missing" ]
    report $? "links_of_$(echo "$document" | tr '/.' '__')_lead_somewhere"
    [ -z "$missing" ] || echo "# $missing"
done
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
echo "$stale" | sed -n 's/.*no longer applies.*/# &/p'
echo "1..$number"
