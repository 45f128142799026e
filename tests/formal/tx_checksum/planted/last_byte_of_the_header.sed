# file: rtl/tx_checksum/tx_checksum_check.sv
# caught by: handshake
# within: 8
s/l4_end > length/l4_end >= length/
