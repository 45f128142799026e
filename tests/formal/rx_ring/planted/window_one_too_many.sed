# file: rtl/rx_ring/rx_ring_window.sv
# caught by: history
s/full = 32'(entries) >= WINDOW/full = 32'(entries) > WINDOW/
