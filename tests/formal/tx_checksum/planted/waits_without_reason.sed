# file: rtl/tx_checksum/tx_checksum.sv
# caught by: handshake
s/beat_free = !beat_valid_reg || sum_free;/beat_free = !beat_valid_reg || sum_free \&\& out_ready;/
