# file: rtl/tx_checksum/tx_checksum.sv
# caught by: handshake
# within: 6
s/sum_valid_reg <= !rst \&\& sum_valid_next/sum_valid_reg <= sum_valid_next/
