# title: Overhead against raw, {workload}
# see: from which size on a system's line comes near raw's, and how far above it stays.
# caption: Each panel is one operation, each line one system: its cost over that of the same call
# caption: through raw, by the size of the data; operations with one size are rows below, a dot for
# caption: each system. Lower, or further left, is better. The axis is linear around raw, the plain
# caption: call, and logarithmic from some percent on. Solid lines and full-sized marks copy the
# caption: data in and out of the library's reach, dashed lines and small marks work in place. Bars are 95 % intervals.
# workload: .*
# operation: .*
# without: ubench/(?!invoke-|callback).*
# each: workload
# needs: ratios
# place: 2

columns = words(sized) < 3 ? words(sized) : 3
rows = words(sized) ? int(ceil(words(sized) / 3.0)) : 0
top = 1.9
below = words(unsized) ? 0.62 * words(unsized) + 1.9 : 0
width = 18
height = top + 5.7 * rows + below
load plots."/style.gp"

set multiplot
eval legend

# One scale for all panels, so that they can be compared by eye.
stats data using (strcol("system") ne "raw" && column("ratio_low") > 0 ? bent(column("ratio_low")) : 1/0) nooutput
lowest = STATS_min < bent(0.97) ? STATS_min : bent(0.97)
stats data using (strcol("system") ne "raw" ? bent(column("ratio_high")) : 1/0) nooutput
highest = STATS_max > bent(1.25) ? STATS_max : bent(1.25)
margin = 0.04 * (highest - lowest)

do for [i=1:words(sized)] {
    op = word(sized, i)
    across = (i - 1) % columns
    down = (i - 1) / columns
    room = hollow_too ? 0.125 : 0.1   # for a label of two lines, or of one
    left = room + across * (0.99 - room) / columns
    eval panel(left, left + (0.99 - room) / columns - 0.05, top + down * 5.7, top + 4 + down * 5.7)
    eval size_axis
    set xrange [data_size_min / 1.6:data_size_max * 1.6]
    set yrange [lowest - margin:highest + margin]
    eval ratio_ticks("y")
    set title op
    set xlabel (i + columns > words(sized) ? "size of the data" : "") textcolor rgb ink
    set ylabel (across == 0 ? ratio_label : "") textcolor rgb ink offset (hollow_too ? -1 : -0.3),0
    eval "plot bent(1) with lines lc rgb colour('raw') lw 1.5 notitle, " \
        .size_lines("bent(column('ratio'))", "bent(column('ratio_low'))", "bent(column('ratio_high'))")
}

if (words(unsized)) {
    unset logscale
    unset title
    dots = unsized
    size_of(op) = word(unsized_bytes, row_in(unsized, op))
    label(op) = op.(size_of(op) > 8 ? ", ".bytes(int(size_of(op))) : "")
    eval panel(0.24, 0.96, top + 5.7 * rows - 0.2, height - 1.4)
    set autoscale
    set xrange [lowest - margin:highest + margin]
    eval ratio_ticks("x")
    set ylabel ""
    ratio_label_of_one_line = (is_time ? "time" : "instructions")." relative to raw, ".kind \
        .(hollow_too ? "; hollow: modelled" : "")
    set xlabel ratio_label_of_one_line textcolor rgb ink
    eval dot_rows
    set arrow 1 from first bent(1), graph 0 to first bent(1), graph 1 nohead lc rgb colour("raw") lw 1.5 back
    eval "plot ".placed_dots("bent(column('ratio'))", "bent(column('ratio_low'))", "bent(column('ratio_high'))")
}
unset multiplot
