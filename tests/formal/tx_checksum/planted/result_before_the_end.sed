# file: rtl/tx_checksum/tx_checksum.sv
# caught by: handshake
# within: 7
s/sum_valid_reg && sum_last_reg || !result_free/sum_valid_reg || !result_free/
