# file: rtl/tx_ring/tx_ring_window.sv
# caught by: history
s/end else if (released) begin/end else if (reports != 0 || released) begin/
