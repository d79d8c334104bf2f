# title: Overhead against raw, {workload}
# caption: Each panel is one operation, each line one system: its time over that of the same
# caption: call through raw, by the size of the data. Lower is better; 1 is the plain call. Solid
# caption: lines copy the data in and out of the library's reach, dashed ones work in place.
# caption: Bars are 95 % intervals, mostly smaller than the marker.
# workload: (?!ubench).*
# operation: .*
# each: workload
# needs: sizes ratios
# place: 9

columns = words(sized) < 3 ? words(sized) : 3
rows = int(ceil(words(sized) / 3.0))
width = 18
height = 1.8 + 5.6 * rows
load plots."/style.gp"

# One scale for all panels, so that they can be compared by eye.
stats data using (strcol("system") ne "raw" && column("ratio_low") > 0 ? column("ratio_low") : 1/0) nooutput
lowest = STATS_min < 0.9 ? STATS_min * 0.9 : 0.9
stats data using (strcol("system") ne "raw" && column("ratio_high") > 0 ? column("ratio_high") : 1/0) nooutput
highest = STATS_max > 1.8 ? STATS_max * 1.2 : 2

set multiplot
eval legend
eval size_axis
set logscale y
set yrange [lowest:highest]
set xrange [data_size_min / 1.6:data_size_max * 1.6]
# Whole decades when there are many, else 1-2-5 steps, else steps that show a few percent.
set ytics ("0.5" 0.5, "1" 1)
steps = highest > 400 ? "1" : "1 2 5"
do for [e=0:6] { do for [m in steps] { set ytics add (sprintf("%d", m * 10**e) m * 10**e) } }
if (highest < 5) { set ytics add ("0.8" 0.8, "1.1" 1.1, "1.2" 1.2, "1.5" 1.5, "3" 3) }

do for [i=1:words(sized)] {
    op = word(sized, i)
    across = (i - 1) % columns
    down = (i - 1) / columns
    room = hollow_too ? 0.1 : 0.08    # for a label of two lines, or of one
    left = room + across * (0.99 - room) / columns
    eval panel(left, left + (0.99 - room) / columns - 0.045, 1.7 + down * 5.6, 5.6 + down * 5.6)
    set title op
    set xlabel (i + columns > words(sized) ? "size of the data" : "") textcolor rgb ink
    set ylabel (across == 0 ? ratio_label : "") textcolor rgb ink offset (hollow_too ? -0.7 : 0),0
    eval "plot 1 with lines lc rgb colour('raw') lw 1.5 notitle, " \
        .size_lines("column('ratio')", "column('ratio_low')", "column('ratio_high')")
}
unset multiplot
