# title: What a call behind PMP consists of
# see: which purposes a call's instructions serve, and that the function itself is few of them.
# caption: The instructions of one call through og-pmp, by what they are for: ten words of arguments,
# caption: two of them on the stack, a small library function, and one validated integer of
# caption: the domain. Dark: the domain was selected already; light: another domain was, and the PMP
# caption: is written. The function itself (library) is not the runtime's.
# workload: gate|gate-switch
# operation: access-checks arguments find-target save-registers pmp deadline mode-switch clear-registers library trap restore-registers validation
# place: 7

width = 16
height = 2.4 + 0.62 * words(operations)
load plots."/style.gp"
label(op) = op eq "pmp" ? "PMP" : op eq "library" ? "(library)" : op
at(op) = row_in(operations, op)
light = "#7FB2D0"

set multiplot
eval panel(0.2, 0.93, 0.9, height - 1.3)
set yrange [words(operations) + 0.6:0.4]
set xrange [0:*]
set xlabel "instructions, ".kind textcolor rgb ink
set ytics () nomirror scale 0
do for [i=1:words(operations)] { set ytics add (label(word(operations, i)) i) }
set key top right
set style fill solid 1 noborder
plot data using (0):(at(strcol("operation"))):(0):(column("median")): \
        (at(strcol("operation")) - 0.34 + (is("workload", "gate") ? 0 : 0.34)): \
        (is("workload", "gate") ? at(strcol("operation")) : NaN) \
        with boxxyerror lc rgb colour("og-pmp") title "domain selected", \
    data using (0):(at(strcol("operation"))):(0):(column("median")): \
        (at(strcol("operation"))):(is("workload", "gate-switch") ? at(strcol("operation")) + 0.34 : NaN) \
        with boxxyerror lc rgb light title "another domain selected", \
    data using (column("median")):(is("workload", "gate") ? at(strcol("operation")) - 0.17 : NaN): \
        (sprintf("%d", column("median"))) with labels left offset 0.5,0 font ",8" textcolor rgb ink notitle, \
    data using (column("median")):(is("workload", "gate-switch") ? at(strcol("operation")) + 0.17 : NaN): \
        (sprintf("%d", column("median"))) with labels left offset 0.5,0 font ",8" textcolor rgb ink notitle
unset multiplot
