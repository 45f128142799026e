# file: rtl/tx_checksum/tx_checksum.sv
# caught by: handshake
# within: 7
s/position_reg + 10'(DATA_BYTES)/position_reg/
