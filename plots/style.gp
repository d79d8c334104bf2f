# What all figures look like: terminal, fonts, and for each system its colour and marker,
# the same in every figure. Loaded by a figure's script after it has set `width` and
# `height` (centimetres). plots/draw.py gives the script these variables:
#   data, output, format            the csv file to read; the file to write; pdf or svg
#   systems, operations             what is in the data, as lists of words
#   sized, unsized                  the operations with several sizes, and those with one
#   unsized_bytes                   the size of each of the latter
#   works                           what is done, as workload/operation/size
#   callbacks_of_works              how many callbacks each of these makes, 0 if that is not known
#   modelled                        those of the systems whose figures are modelled
#   target, kind, unit              of the figures, those that are modelled aside: x86_64-linux,
#                                   measured, ns
#   style_of_systems                name, colour and marker of each: results/systems.csv

known(i) = word(style_of_systems, 3*i - 2)
place(name) = sum [i=1:words(style_of_systems)/3] (known(i) eq name ? 3*i : 0)
colour(name) = place(name) ? word(style_of_systems, place(name) - 1) : "#999999"
filled(name) = place(name) ? int(word(style_of_systems, place(name))) : 1
# The hollow twin of a filled marker is the one before it. Modelled figures are hollow.
hollow(name) = filled(name) > 3 ? filled(name) - 1 : filled(name)

ink = "#1a1a1a"    # report.html swaps these three for its own, in light and in dark
faint = "#d0d0d0"
paper = "#fdfdfb"  # inside hollow marks

if (format eq "pdf") {
    set terminal pdfcairo size width cm,height cm font "DejaVu Sans,9" linewidth 1 enhanced
} else {
    set terminal svg size int(width * 44), int(height * 44) dynamic font "DejaVu Sans,10.5" linewidth 1.2 enhanced
}
set encoding utf8
set micro
set output output
set datafile separator comma
set datafile columnheaders
set datafile missing NaN

set_axes = "set border 3 lc rgb ink lw 0.6; set tics nomirror out scale 0.5 textcolor rgb ink; \
    set xtics nomirror; set ytics nomirror; \
    set grid xtics ytics lt 1 lc rgb faint lw 0.4"
eval set_axes
set title font ",10" textcolor rgb ink offset 0,-0.4 noenhanced
set key textcolor rgb ink noenhanced samplen 2 spacing 1.15
set errorbars small
if (format eq "svg") { set title font ",12" }

# Times in the data are nanoseconds; on an axis they read 10 ns, 1 µs, 2 ms.
is_time = unit eq "ns"
scale = is_time ? 1e-9 : 1.0
cost_format = is_time ? "%.0s %cs" : "%.0s %c"
hollow_too = words(modelled) && kind ne "modelled"    # marks of both sorts are in the figure
bars = kind eq "modelled" ? "range" : "95 % interval"
cost_label = (is_time ? "time per operation, ".kind." (".bars.")" \
                      : "instructions per operation, ".kind).(hollow_too ? "; hollow: modelled (range)" : "")
cost_label_short = (is_time ? "time, " : "instructions, ").kind.(hollow_too ? "; hollow: modelled" : "")
ratio_label = (is_time ? "time" : "instructions")." relative to raw,".(hollow_too ? "\n" : " ") \
    .kind.(hollow_too ? "; hollow: modelled" : "")

bytes(n) = n >= 1048576 ? sprintf("%.3g MiB", n / 1048576.0) \
         : n >= 1024 ? sprintf("%.3g KiB", n / 1024.0) : sprintf("%g B", n)
# As many labels on an axis of sizes as a panel has room for.
octaves = log(1.0 * data_size_max / data_size_min) / log(2)
every = octaves <= 3 ? 1 : octaves <= 9 ? 2 : 4
size_axis = "set logscale x 2; set xtics () nomirror; \
    do for [p=0:28:every] { set xtics add (bytes(2**p) 2**p) }"

# An axis of costs relative to raw. Around raw it is linear in the difference, so that a percent
# shows and noise below raw has a place; from `knee` on it is logarithmic, for factors of thousands.
knee = is_time ? 0.05 : 0.005
bent(r) = asinh((r - 1) / knee)
unbent(y) = 1 + knee * sinh(y)
# Labels of such an axis from `lowest` to `highest`, as many as have room.
room_for_label = 0.075    # as a share of the axis; a short one that lies needs more
ticks_above = "1.01 1.1 1.3 2 5 10 100 1000 10000 100000"
ticks_below = "0.99 0.9 0.5 0.1"
rarely(t) = (t eq "1.3" || t eq "5") && highest > bent(20)
ratio_ticks(axis) = sprintf("set %stics () nomirror; set %stics add ('raw' bent(1)); \
    do for [side in 'ticks_above ticks_below'] { at_last = bent(1); do for [t in value(side)] { \
        if (!rarely(t) && abs(bent(real(t)) - at_last) > room_for_label * (highest - lowest)) { \
            at_last = bent(real(t)); set %stics add (tick(t) at_last) } } }", axis, axis, axis)
tick(t) = real(t) < 2 ? sprintf("%+.0f %%%%", 100 * (real(t) - 1)) \
        : real(t) < 10000 ? t." x" : real(t) == 10000 ? "10^4 x" : "10^5 x"

# Row filters, for `using`: the value where the row is the wanted one, else nothing.
is(name, value) = strcol(name) eq value
of_kind(model) = is("kind", "modelled") == model    # model is 1 for modelled figures, else 0
row(system, operation, placement, model) = is("system", system) && is("operation", operation) \
    && is("placement", placement) && of_kind(model)
is_modelled(system) = sum [i=1:words(modelled)] (word(modelled, i) eq system)
marker(system, model) = model ? hollow(system) : filled(system)
dash(placement) = placement eq "copied" ? 1 : 3

# Elements of a plot command: hollow marks of the modelled systems, free of what runs beneath
# them, of this size, at `using`'s x and y, for each s and whatever else `loops` goes through.
hollow_marks(loops, using, size) = "for [s in modelled] ".loops." data using ".using." with points \
    pt filled(s) ps ".size." lc rgb paper notitle, for [s in modelled] ".loops." data using ".using." \
    with points pt hollow(s) ps ".size." lw 1.1 lc rgb colour(s) notitle"

# Elements of a plot command: lines by size for the operation `op`, modelled ones below. `value`,
# `low` and `high` are expressions.
each_placement = "for [p in 'copied resident']"
line_of(model, value) = "(row(s, op, p, ".model.") ? column('size_bytes') : NaN):(".value.")"
size_lines(value, low, high) = "for [s in modelled] ".each_placement." data using \
    ".line_of(1, value).":(".low."):(".high.") with yerrorlines lc rgb colour(s) pt 0 lw 1.1 dt dash(p) notitle, \
    ".hollow_marks(each_placement, line_of(1, value), "0.7").", \
    for [s in systems] ".each_placement." data using ".line_of(0, value).":(".low."):(".high.") \
    with yerrorlines lc rgb colour(s) pt filled(s) ps (p eq 'copied' ? 0.5 : 0.3) lw 1.1 dt dash(p) notitle"

# The part of the page from `left` to `right` (shares of the width) and from `top` to
# `bottom` (centimetres from the top) becomes the next panel.
panel(left, right, top, bottom) = sprintf("set lmargin at screen %f; set rmargin at screen %f; \
    set tmargin at screen %f; set bmargin at screen %f", left, right, 1 - 1.0 * top / height, \
    1 - 1.0 * bottom / height)

# The legend of a whole figure, in a strip of its own at the top: eval it first in a multiplot.
legend = panel(0, 1, 0, 1)."; unset border; unset tics; unset grid; set key center center horizontal; \
    plot [0:1] [0:1] for [s in systems] NaN with linespoints lc rgb colour(s) \
    pt marker(s, is_modelled(s)) ps (is_modelled(s) ? 0.8 : 0.6) lw (is_modelled(s) ? 1.1 : 1.5) \
    pi (is_modelled(s) ? -1 : 0) title s.(is_modelled(s) ? ' (modelled)' : ''); unset key; ".set_axes

# A panel of operations that have one size: a row for each of the words in `dots`, labelled
# label(operation), a dot for each system at its cost on a logarithmic axis.
row_in(list, name) = sum [i=1:words(list)] (word(list, i) eq name ? i : 0)
nudge(system) = (row_in(systems, system) - (words(systems) + 1) / 2.0) * 0.6 / words(systems)
dot_of(model, value) = "(is('system', s) && of_kind(".model.") && row_in(dots, strcol('operation')) ? \
    ".value." : NaN):(row_in(dots, strcol('operation')) + nudge(s))"
dot_rows = "set yrange [words(dots) + 0.6:0.4]; set ytics () nomirror scale 0; \
    do for [i=1:words(dots)] { set ytics add (label(word(dots, i)) i) }"
dot_marks(value, low, high) = "for [s in modelled] data using ".dot_of(1, value).":(".low."):(".high.") \
    with xerrorbars lc rgb colour(s) pt 0 lw 1.1 notitle, ".hollow_marks("", dot_of(1, value), "0.85").", \
    for [s in systems] data using ".dot_of(0, value).":(".low."):(".high.") \
    with xerrorbars lc rgb colour(s) pt filled(s) ps 0.65 lw 1.1 notitle"
# The same with a smaller mark for what works in place.
placed_dot_of(model, value) = "(row(s, strcol('operation'), p, ".model.") && row_in(dots, strcol('operation')) ? \
    ".value." : NaN):(row_in(dots, strcol('operation')) + nudge(s))"
placed_dots(value, low, high) = "for [s in modelled] ".each_placement." data using \
    ".placed_dot_of(1, value).":(".low."):(".high.") with xerrorbars lc rgb colour(s) pt 0 lw 1.1 notitle, \
    ".hollow_marks(each_placement, placed_dot_of(1, value), "(p eq 'copied' ? 0.85 : 0.55)").", \
    for [s in systems] ".each_placement." data using ".placed_dot_of(0, value).":(".low."):(".high.") \
    with xerrorbars lc rgb colour(s) pt filled(s) ps (p eq 'copied' ? 0.65 : 0.4) lw 1.1 notitle"
draw_dots = "set logscale x 10; set format x cost_format; set xlabel cost_label textcolor rgb ink; \
    set autoscale; stats data using \
    (row_in(dots, strcol('operation')) && column('ci_low') > 0 ? column('ci_low') * scale : 1/0) nooutput; \
    cheapest = STATS_min / 1.7; \
    stats data using (row_in(dots, strcol('operation')) ? column('ci_high') * scale : 1/0) nooutput; \
    set xrange [cheapest:STATS_max * 1.7]; set xtics autofreq; \
    if (STATS_max / cheapest < 60) { do for [e=-12:9] { do for [m in '2 5'] { \
        set xtics add (m * 10.0**e) } } }; ".dot_rows."; \
    plot ".dot_marks("column('median') * scale", "column('ci_low') * scale", "column('ci_high') * scale")
