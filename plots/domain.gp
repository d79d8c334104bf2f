# title: Cost of a callback, and of a domain's life
# see: what a domain costs to open beside a process, and how much less to put back.
# caption: One row is one event: a callback from the library into the host; opening a domain with
# caption: its library, putting it back to its first state, closing it; starting a worker process
# caption: until its first answer. One dot is one system. The axis is logarithmic; further left is
# caption: better. Systems that have no such event have no dot. Bars are 95 % intervals.
# workload: ubench
# operation: callback domain-open domain-reset domain-close domain-.* process-start
# place: 6

width = 16
height = 2.6 + 0.6 * words(operations)
load plots."/style.gp"
label(op) = op eq "process-start" ? "process start" \
          : op[1:7] eq "domain-" ? "domain ".op[8:] : op

set multiplot
eval legend
eval panel(0.21, 0.96, 1.3, height - 1.1)
dots = operations
eval draw_dots
unset multiplot
