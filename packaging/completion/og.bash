# Completion of Omniglot's tools for bash.

_omniglot_tools()
{
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} options=
    COMPREPLY=()
    case ${COMP_WORDS[0]##*/} in
    og-bindgen)
        case $before in
        --output | --baselines)
            mapfile -t COMPREPLY < <(compgen -d -- "$word")
            return
            ;;
        esac
        options="--output --list --baselines --wasm --help"
        ;;
    og-doctor) options=--help ;;
    og-link-host)
        options=--help
        [ "$COMP_CWORD" -lt 2 ] || { [ "$COMP_CWORD" -eq 2 ] &&
            mapfile -t COMPREPLY < <(compgen -c -- "$word") && return; }
        ;;
    og-run)
        case $before in
        --isolation)
            mapfile -t COMPREPLY < <(compgen -W "best mpk none" -- "$word")
            return
            ;;
        --deadline) return ;;
        esac
        options="--isolation --deadline --allow --float --help"
        ;;
    og-scan) options="--host --help" ;;
    esac
    case $word in
    -*) mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word") ;;
    *) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
    esac
}
complete -o filenames -F _omniglot_tools og-bindgen og-doctor og-link-host og-run og-scan
