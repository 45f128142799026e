# file: rtl/tx_ring/tx_ring_window.sv
# caught by: history
s/burst_count = waiting_count;/burst_count = waiting_count; if (reporting != 0) burst = reporting;/
