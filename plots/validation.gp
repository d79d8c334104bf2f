# title: Cost of upgrading, validating and writing foreign memory
# see: how little a check of a fixed size takes, and the slope of those that read every byte.
# caption: Top: checks whose cost does not depend on a size, one dot per system. Below: checks and
# caption: writes of as many bytes as the axis says; a straight line is a cost per byte. Raw, where
# caption: it is shown, reads or writes the same bytes without any check. Bars are 95 % intervals.
# workload: ubench
# operation: upgrade validate-bool validate-enum validate-range validate-pointer validate-.* write
# place: 5

columns = words(sized) < 3 ? words(sized) : 3
rows = int(ceil(words(sized) / 3.0))
top = words(unsized) ? 1.3 + 0.55 * words(unsized) + 1.9 : 1.3
width = 18
height = top + 5.6 * rows + 0.5
load plots."/style.gp"
dash(placement) = 1    # all of it is in place
label(op) = op[1:9] eq "validate-" ? "validate ".op[10:] : op

if (words(sized)) {
    stats data using (row_in(sized, strcol("operation")) && column("ci_low") > 0 \
        ? column("ci_low") * scale : 1/0) nooutput
    lowest = STATS_min / 1.5
    stats data using (row_in(sized, strcol("operation")) ? column("ci_high") * scale : 1/0) nooutput
    highest = STATS_max * 1.5
}

set multiplot
eval legend
if (words(unsized)) {
    eval panel(0.17, 0.96, 1.3, top - 1.6)
    dots = unsized
    eval draw_dots
}

if (words(sized)) {
    eval size_axis
    unset format
    set format y cost_format
    set logscale y 10
    set yrange [lowest:highest]
    set ytics autofreq scale 0.5
    set xrange [data_size_min / 1.6:data_size_max * 1.6]
}
do for [i=1:words(sized)] {
    op = word(sized, i)
    across = (i - 1) % columns
    down = (i - 1) / columns
    left = 0.105 + across * 0.885 / columns
    eval panel(left, left + 0.885 / columns - 0.06, top + 0.3 + down * 5.6, top + 4.2 + down * 5.6)
    set title label(op)
    set xlabel (i + columns > words(sized) ? "bytes" : "") textcolor rgb ink
    set ylabel (across == 0 ? cost_label_short : "") textcolor rgb ink
    eval "plot ".size_lines("column('median') * scale", "column('ci_low') * scale", "column('ci_high') * scale")
}
unset multiplot
