# file: rtl/rx_ring/rx_ring_window.sv
# caught by: history
s/wb_count = done + Count'(done_valid);/wb_count = done;/
