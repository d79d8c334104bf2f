# title: Cost of a call, by its arguments
# see: the distance from raw, and that more arguments hardly change it.
# caption: One row is one call of an empty function with the arguments named at the left, one dot
# caption: is one system: the time of the whole call and return, on a logarithmic axis, so that
# caption: a step to the next label is a factor of ten. Further left is better; the distance from
# caption: the grey raw mark is what the system adds. Bars are 95 % intervals.
# workload: ubench
# operation: invoke-int-.* invoke-double-.* invoke-mixed invoke-struct-registers invoke-.*
# place: 4

width = 16
height = 2.6 + 0.55 * words(operations)
load plots."/style.gp"

many(n, what) = n eq "1" ? "1 ".what : n." ".what."s"
label(op) = op[1:11] eq "invoke-int-" ? many(op[12:], "integer") \
          : op[1:14] eq "invoke-double-" ? many(op[15:], "double") \
          : op eq "invoke-mixed" ? "integers and doubles" \
          : op eq "invoke-struct-registers" ? "struct in registers" \
          : op eq "invoke-struct-memory" ? "struct in memory" : op[8:]

set multiplot
eval legend
eval panel(0.21, 0.96, 1.3, height - 1.1)
dots = operations
eval draw_dots
unset multiplot
