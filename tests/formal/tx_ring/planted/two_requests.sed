# file: rtl/tx_ring/tx_ring_fetch.sv
# caught by: history
s/running && outstanding == 0 &&/running \&\& outstanding <= 1 \&\&/
