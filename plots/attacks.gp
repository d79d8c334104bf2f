# title: What became of each attack
# see: whether the row of any system that isolates has a dark stroke.
# caption: Each stroke is one attack, each row a system; the families stand side by side, each in the order of
# caption: the names. Dark: the host was compromised, or killed. Light: the attack was contained, detected, or
# caption: had no effect. Empty: it cannot be made there. raw, which isolates nothing, shows that the
# caption: attacks work. The table of attacks in the report names them.
# file: attack-matrix.csv
# place: 2

width = 18
height = 2.6 + 0.55 * words(systems)
load plots."/style.gp"

verdicts = "compromised killed detected contained no-effect"
paints = "#A50026 #F46D43 #FEE08B #74ADD1 #C6DBEF"
paint(verdict) = word(paints, row_in(verdicts, verdict))
of(verdict, s) = "(is('system', '".s."') && is('verdict', '".verdict."') ? column('x') : NaN)"

families = "memory kernel values availability"
names = "'memory and control' 'the kernel as a deputy' 'values and aliasing' 'availability'"
stats data using (column("x")) nooutput
last = STATS_max
middles = ""
do for [i=1:4] { middle = -1; if (row_in(workloads, word(families, i))) { \
    stats data using (is("workload", word(families, i)) ? column("x") : NaN) nooutput; \
    middle = 0.5 * (STATS_min + STATS_max) }; middles = middles.sprintf(" %f", middle) }
set multiplot
# The legend, and then the strokes.
eval panel(0, 1, 0, 0.9)
unset border
unset tics
unset grid
set key center center horizontal
plot [0:1] [0:1] for [v in verdicts] NaN with boxes fs solid 1 noborder lc rgb paint(v) title (v eq "no-effect" ? "no effect" : v)
unset key
eval panel(0.14, 0.99, 1.5, height - 0.3)
set xrange [-1:last + 1]
set yrange [words(systems) + 0.5:0.5]
set ytics () nomirror scale 0 textcolor rgb ink noenhanced
do for [i=1:words(systems)] { set ytics add (word(systems, i) i) }
set x2range [-1:last + 1]
set x2tics () scale 0 textcolor rgb ink noenhanced
do for [i=1:4] { if (row_in(workloads, word(families, i))) { \
    set x2tics add (word(names, i) real(word(middles, i))) } }
plot for [s in systems] for [v in verdicts] data using \
    (is("system", s) && is("verdict", v) ? column("x") : NaN):(row_in(systems, s)):(0.45):(0.36) \
    with boxxyerror fs solid 1 noborder lc rgb paint(v) notitle
unset multiplot
