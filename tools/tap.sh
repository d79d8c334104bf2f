# For test scripts to source: `report STATUS NAME` prints a line of TAP; of a failure, too, the end of what was
# said, which is in the file that `said` names, if any. The script ends by `echo "1..$number"`.
number=0
said=
report() {
    number=$((number + 1))
    if [ "$1" -eq 0 ]; then
        echo "ok $number - $2"
        return
    fi
    echo "not ok $number - $2"
    [ -z "$said" ] || tail -n 40 "$said" | sed 's/^/# /'
}
