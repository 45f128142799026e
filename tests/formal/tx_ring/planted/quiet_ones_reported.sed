# file: rtl/tx_ring/tx_ring_window.sv
# caught by: history
s/wb_mask = burst & (only_reports ? report : data)/wb_mask = burst/
