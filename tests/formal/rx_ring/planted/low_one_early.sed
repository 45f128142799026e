# file: rtl/rx_ring/rx_ring.sv
# caught by: history
s/32'(free) == 32'(minimum) + 1/32'(free) == 32'(minimum)/
