# file: rtl/tx_checksum/tx_checksum.sv
# caught by: handshake
# within: 8
s/beat_valid_next = accept || !beat_free;/beat_valid_next = accept \&\& sum_free || !beat_free;/
