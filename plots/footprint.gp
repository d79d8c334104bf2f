# title: Memory footprint of the embedded target
# see: how much of the flash and RAM is the library's, and how much what isolates it takes.
# caption: Flash (above) and RAM (below) of each image, by component, one bar for each system. Of the
# caption: host's stack and heap what the program used at most; of the library its data and stack,
# caption: not the heap and the room for scopes, which are as large as somebody makes them.
# file: sizes.csv
# place: 8

width = 18
height = 13
load plots."/style.gp"
components = "kernel runtime core tasks c-library program library"
colours = "#004C77 #0072B2 #56B4E9 #D55E00 #CC79A7 #B8B8B8 #7CB342"
group_of(name) = row_in(workloads, name) - 1
place_of(w, s) = group_of(w) * (words(systems) + 1) + row_in(systems, s)
last = words(workloads) * (words(systems) + 1)

set multiplot
eval panel(0.05, 0.95, 0.25, 1.05)
unset border; unset tics; unset grid
set key center center horizontal samplen 1.5
set style fill solid 1 noborder
plot [0:1] [0:1] for [i=1:words(components)] NaN with boxes lc rgb word(colours, i) title word(components, i)
unset key
eval set_axes
set xrange [0.2:last - 0.2]
set xtics () rotate by 55 right scale 0 font ",8"
unset grid
set grid ytics lt 1 lc rgb faint lw 0.4
do for [w in workloads] { do for [s in systems] { set xtics add (s place_of(w, s)) } }
do for [m=1:2] {
    memory = word("flash ram", m)
    eval panel(0.08, 0.98, m == 1 ? 1.7 : 7.6, m == 1 ? 5.4 : 11.3)
    set ylabel (m == 1 ? "flash, KiB" : "RAM, KiB") textcolor rgb ink
    set yrange [0:*]
    unset label
    do for [w in workloads] { set label w at first group_of(w) * (words(systems) + 1) + (words(systems) + 1) / 2.0, \
        graph 1.06 center textcolor rgb ink }
    plot for [i=1:words(components)] data using \
        (is("memory", memory) && is("component", word(components, i)) ? place_of(strcol("workload"), strcol("system")) : NaN): \
        (column("below") / 1024):(place_of(strcol("workload"), strcol("system")) - 0.4): \
        (place_of(strcol("workload"), strcol("system")) + 0.4): \
        (column("below") / 1024):((column("below") + column("bytes")) / 1024) \
        with boxxyerror lc rgb word(colours, i)
}
unset multiplot
