# What all figures look like: terminal, fonts, and for each system its colour and marker,
# the same in every figure. Loaded by a figure's script after it has set `width` and
# `height` (centimetres). plots/draw.py gives the script these variables:
#   data, output, format            the csv file to read; the file to write; pdf or svg
#   systems, operations             what is in the data, as lists of words
#   sized, unsized                  the operations with several sizes, and those with one
#   target, kind, unit              of the figures: x86_64-linux, measured, ns

# system          colour     marker   (Okabe and Ito's palette: tells apart for colour-blind eyes;
#                                      one hue per discipline family, darker is the better variant)
style_of_systems = "\
raw             #666666    2 \
og-none         #0072B2    7 \
og-mpk          #56B4E9    5 \
og-pmp          #004C77    9 \
copy-mpk        #009E73    11 \
copy-pmp        #00573F    13 \
copy-wasm       #7CB342    5 \
process         #D55E00    9 \
process-ring    #D55E00    9 \
process-socket  #E69F00    11 \
process-pipe    #CC79A7    13 "

known(i) = word(style_of_systems, 3*i - 2)
place(name) = sum [i=1:words(style_of_systems)/3] (known(i) eq name ? 3*i : 0)
colour(name) = place(name) ? word(style_of_systems, place(name) - 1) : "#999999"
filled(name) = place(name) ? int(word(style_of_systems, place(name))) : 1
# The hollow twin of a filled marker is the one before it. Modelled figures are hollow.
hollow(name) = filled(name) > 3 ? filled(name) - 1 : filled(name)

ink = "#1a1a1a"    # report.html swaps these two for its own, in light and in dark
faint = "#d0d0d0"

if (format eq "pdf") {
    set terminal pdfcairo size width cm,height cm font "DejaVu Sans,7.5" linewidth 1 enhanced
} else {
    set terminal svg size int(width * 44), int(height * 44) dynamic font "DejaVu Sans,12" linewidth 1.2 enhanced
}
set encoding utf8
set output output
set datafile separator comma
set datafile columnheaders
set datafile missing NaN

set border 3 lc rgb ink lw 0.6
set tics nomirror out scale 0.5 textcolor rgb ink
set grid xtics ytics lt 1 lc rgb faint lw 0.4
set title font ",8.5" textcolor rgb ink offset 0,-0.4 noenhanced
set key textcolor rgb ink noenhanced samplen 2 spacing 1.15
set errorbars small
if (format eq "svg") { set title font ",13" }

# Times in the data are nanoseconds; on an axis they read 10 ns, 1 µs, 2 ms.
is_time = unit eq "ns"
scale = is_time ? 1e-9 : 1.0
cost_format = is_time ? "%.0s %cs" : "%.0s %c"
cost_label = is_time ? "time per operation, ".kind." (95 % interval)" \
                     : "instructions per operation, ".kind
ratio_label = (is_time ? "time" : "instructions")." relative to raw, ".kind

bytes(n) = n >= 1048576 ? sprintf("%g MiB", n / 1048576.0) \
         : n >= 1024 ? sprintf("%g KiB", n / 1024.0) : sprintf("%g B", n)
size_axis = "set logscale x 2; set xtics (); \
    do for [p in '1 16 256 4096 65536 1048576 16777216'] { set xtics add (bytes(int(p)) int(p)) }"

# Row filters, for `using`: the value where the row is the wanted one, else nothing.
is(name, value) = strcol(name) eq value
of_kind(model) = is("kind", "modelled") == model    # model is 1 for modelled figures, else 0
row(system, operation, placement, model) = is("system", system) && is("operation", operation) \
    && is("placement", placement) && of_kind(model)
marker(system, model) = model ? hollow(system) : filled(system)
dash(placement) = placement eq "copied" ? 1 : 3
