# file: rtl/tx_checksum/tx_checksum_window.sv
# caught by: handshake
# within: 5
s/ \& ~field;/;/
