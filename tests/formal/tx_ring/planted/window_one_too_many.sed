# file: rtl/tx_ring/tx_ring_window.sv
# caught by: history
s/room = 32'(total_left) < WINDOW/room = 32'(total_left) <= WINDOW/
