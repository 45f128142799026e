# file: rtl/tx_ring/tx_ring.sv
# caught by: history
s/head <= head + 1'b1 >= length/head <= head >= length/
