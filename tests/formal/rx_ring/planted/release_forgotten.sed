# file: rtl/rx_ring/rx_ring_window.sv
# caught by: history
s/released <= wb_valid \&\& !wb_ready;/released <= wb_valid \&\& !wb_ready \&\& !flush;/
