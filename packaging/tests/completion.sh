#!/bin/sh
# The completions that are installed: each option of each tool, in bash and in zsh, and none that there
# is not.
#
#   completion.sh PREFIX
set -u
prefix=$1
. tools/tap.sh
zsh -fn "$prefix/share/zsh/site-functions/_omniglot"
report $? zsh_can_read_it
for tool in og-bindgen og-doctor og-link-host og-run og-scan; do
    options=$("$prefix/bin/$tool" --help | grep -o -e '^  --[a-z][a-z]*' -e '\[--help\]' | tr -d ' []' | sort -u)
    completed=$(bash --norc -c '. "$1"; COMP_WORDS=("$2" --) COMP_CWORD=1
        _omniglot_tools; printf "%s\n" "${COMPREPLY[@]}"' - "$prefix/share/bash-completion/completions/$tool" \
        "$tool" | sort -u)
    [ -n "$options" ] && [ "$completed" = "$options" ]
    report $? "bash_completes_the_options_of_$tool"
    completed=$(sed -n "/^$tool)/,/;;/p" "$prefix/share/zsh/site-functions/_omniglot" |
        grep -o -e '--[a-z][a-z]*\[' | tr -d '[' | sort -u)
    [ "$completed" = "$options" ]
    report $? "zsh_completes_the_options_of_$tool"
    # shellcheck disable=SC2016
    [ "$(zsh -fc 'fpath=("$1" $fpath); autoload -Uz compinit; compinit -u -D; echo ${_comps[$2]}' - \
        "$prefix/share/zsh/site-functions" "$tool")" = _omniglot ]
    report $? "zsh_knows_what_completes_$tool"
done
isolations=$(bash --norc -c '. "$1"; COMP_WORDS=(og-run --isolation "") COMP_CWORD=2
    _omniglot_tools; echo "${COMPREPLY[*]}"' - "$prefix/share/bash-completion/completions/og-run")
for isolation in $isolations; do
    ! "$prefix/bin/og-run" --isolation "$isolation" --deadline x a b 2>&1 | grep -q "no such isolation"
    report $? "og-run_has_isolation_$isolation"
done
echo "1..$number"
