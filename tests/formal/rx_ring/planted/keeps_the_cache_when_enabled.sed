# file: rtl/rx_ring/rx_ring.sv
# caught by: order
# within: 12
s/.clear(restart)/.clear(1'b0)/
