# file: rtl/rx_ring/rx_ring.sv
# caught by: order
# within: 12
s/head <= head + 1'b1 >= length/head <= head >= length/
