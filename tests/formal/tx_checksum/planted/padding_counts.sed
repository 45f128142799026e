# file: rtl/tx_checksum/tx_checksum_window.sv
# caught by: handshake
# within: 4
s/present = last ? .*/present = '1;/
