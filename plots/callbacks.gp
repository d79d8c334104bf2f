# title: Cost of callback-bound work, by callback
# see: how far right of raw's grey mark a system's lies, which is what each callback costs more.
# caption: Work whose point is calling back: the empty callback of ubench, and expat's parsing of XML
# caption: files, which calls the host for each element's start and end and for text. A dot is the
# caption: cost of one operation over the number of callbacks in it, so the library's own work and the
# caption: calls are in it; raw, in grey, shows how much these are, and the distance from it is what a
# caption: system adds to each callback. The axis is logarithmic; further left is better. Small marks
# caption: work in place. Bars are 95 % intervals.
# workload: ubench|expat
# operation: callback parse
# needs: callbacks
# place: 3

width = 18
height = 2.8 + 0.75 * words(works)
load plots."/style.gp"
field(work, n) = (cut = strstrt(work, "/"), n == 1 ? (cut ? work[1:cut - 1] : work) : field(work[cut + 1:], n - 1))
label(i) = (w = word(works, i), b = int(field(w, 3)), n = word(callbacks_of_works, i), \
    field(w, 1)." ".field(w, 2).(b ? ", ".bytes(b) : "").", ".n.(n eq "1" ? " callback" : " callbacks"))
per(name) = "column('".name."') * scale / column('callbacks')"
at(model, value) = "(is('system', s) && is('placement', p) && of_kind(".model.") ? ".value." : NaN):(column('work') + nudge(s))"

set multiplot
eval legend
eval panel(0.27, 0.96, 1.4, height - 1.4)
set logscale x 10
set format x cost_format
set xlabel (is_time ? "time" : "instructions")." per callback, ".kind.(hollow_too ? " (95 % interval); hollow: modelled (range)" \
    : is_time ? " (".bars.")" : "") textcolor rgb ink
stats data using (column("ci_low") > 0 ? column("ci_low") * scale / column("callbacks") : 1/0) nooutput
cheapest = STATS_min / 1.7
stats data using (column("ci_high") * scale / column("callbacks")) nooutput
set xrange [cheapest:STATS_max * 1.7]
set yrange [words(works) + 0.6:0.4]
set ytics () nomirror scale 0
do for [i=1:words(works)] { set ytics add (label(i) i) }
eval "plot for [s in modelled] ".each_placement." data using ".at(1, per("median")).":(".per("ci_low")."):(".per("ci_high").") \
    with xerrorbars lc rgb colour(s) pt 0 lw 1.1 notitle, \
    ".hollow_marks(each_placement, at(1, per("median")), "(p eq 'copied' ? 0.85 : 0.55)").", \
    for [s in systems] ".each_placement." data using ".at(0, per("median")).":(".per("ci_low")."):(".per("ci_high").") \
    with xerrorbars lc rgb colour(s) pt filled(s) ps (p eq 'copied' ? 0.65 : 0.4) lw 1.1 notitle"
unset multiplot
