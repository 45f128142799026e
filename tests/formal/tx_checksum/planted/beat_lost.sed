# file: rtl/tx_checksum/tx_checksum.sv
# caught by: handshake
# within: 8
s/beat_free = !beat_valid_reg || sum_free;/beat_free = 1'b1;/
