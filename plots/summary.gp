# title: What is guaranteed, and what it costs
# see: whether Omniglot costs about as much as what guarantees less (left), and less than what
# see: guarantees as much (right).
# caption: Above, for each library, a system's cost over raw's: the geometric mean of all its cases, the
# caption: bar from the lowest to the highest (small marks: data used in place). On the left
# caption: the systems that guarantee less than Omniglot, on the right those that guarantee as much; Omniglot is
# caption: in both. It should lie near those on the left and left of those on the right. Below, what
# caption: each system guarantees: a full dot where it holds, a ring where partly, a dash where not.
# file: summary.csv
# place: 1

width = 18
libraries = words(workloads)
upper = 1.9 + 0.75 * libraries + 1.5
height = upper + 1.3 + 0.52 * words(systems) + 0.3
load plots."/style.gp"
low_side = "weaker unknown omniglot"    # what is not stated is not guaranteed
high_side = "equal omniglot"
on(list) = sum [i=1:words(list)] is("side", word(list, i))
shown(model, list) = "(is('system', s) && is('placement', p) && of_kind(".model.") && on(".list.") && !is('system', 'raw') \
    ? bent(column('mean')) : NaN):(row_in(workloads, strcol('workload')) + nudge(s))"
spread = "(bent(column('lowest'))):(bent(column('highest')))"

set multiplot
eval legend
stats data using (bent(column("lowest"))) nooutput
lowest = STATS_min < bent(0.97) ? STATS_min : bent(0.97)
stats data using (bent(column("highest"))) nooutput
highest = STATS_max > bent(1.25) ? STATS_max : bent(1.25)
margin = 0.04 * (highest - lowest)
do for [half=1:2] {
    eval panel(half == 1 ? 0.11 : 0.57, half == 1 ? 0.53 : 0.99, 1.9, upper - 1.3)
    list = half == 1 ? "low_side" : "high_side"
    set title (half == 1 ? "against weaker guarantees" : "against equal guarantees")
    set xrange [lowest - margin:highest + margin]
    room_for_label = 0.12
    eval ratio_ticks("x")
    set xlabel (is_time ? "time" : "instructions")." relative to raw, ".kind.(hollow_too ? "; hollow: modelled" : "") \
        textcolor rgb ink
    set yrange [libraries + 0.6:0.4]
    set ytics () nomirror scale 0 noenhanced
    do for [i=1:libraries] { set ytics add ((half == 1 ? word(workloads, i) : "") i) }
    set arrow 1 from first bent(1), graph 0 to first bent(1), graph 1 nohead lc rgb colour("raw") lw 1.5 back
    eval "plot for [s in modelled] ".each_placement." data using ".shown(1, list).":".spread." \
        with xerrorbars lc rgb colour(s) pt 0 lw 0.8 notitle, \
        ".hollow_marks(each_placement, shown(1, list), "(p eq 'copied' ? 0.85 : 0.55)").", \
        for [s in systems] ".each_placement." data using ".shown(0, list).":".spread." \
        with xerrorbars lc rgb colour(s) pt filled(s) ps (p eq 'copied' ? 0.65 : 0.4) lw 0.8 notitle"
}

unset arrow 1
unset title
unset xlabel
set grid noxtics
eval panel(0.2, 0.88, upper + 0.8, height - 0.3)
names = "memory types aliasing faults deadline system-calls unmodified zero-copy"
set autoscale
stats data using (column("rank")) nooutput
last = STATS_max
set xrange [0.4:words(names) + 0.6]
set yrange [last + 0.6:0.4]
set xtics () scale 0 offset 0,0.2
set border 0
set x2range [0.4:words(names) + 0.6]
unset xtics
set x2tics () scale 0 textcolor rgb ink noenhanced
do for [i=1:words(names)] { set x2tics add (word(names, i) i) }
unset ytics
once = "(column('first') > 0 ? column('rank') : NaN)"
held(i, what) = is(word(names, i), what) && column("first") > 0 ? column("rank") : NaN
plot for [i=1:words(names)] data using (i):(held(i, "yes")) with points pt 7 ps 0.75 lc rgb ink notitle, \
    for [i=1:words(names)] data using (i):(held(i, "partly")) with points pt 6 ps 0.75 lw 1.2 lc rgb ink notitle, \
    for [i=1:words(names)] data using (i):(held(i, "no")):("–") with labels textcolor rgb "#999999" notitle, \
    for [i=1:words(names)] data using (i):(held(i, "unknown")):("?") with labels textcolor rgb "#999999" notitle, \
    data using (0.45):(@once):(strcol("system").(is("kind", "modelled") ? " (modelled)" : "")) with labels right noenhanced textcolor rgb ink notitle, \
    data using (words(names) + 0.6):(@once):(is("system", "raw") ? "" : is("side", "omniglot") ? "Omniglot" : strcol("side")) \
        with labels left textcolor rgb ink notitle
unset multiplot
