# file: rtl/rx_ring/rx_ring_window.sv
# caught by: history
s/total_left = accepted ? total - wb_count : total;/total_left = accepted ? total - wb_count - Count'(total > wb_count) : total;/
