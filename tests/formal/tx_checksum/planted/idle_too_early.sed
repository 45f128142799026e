# file: rtl/tx_checksum/tx_checksum.sv
# caught by: handshake
# within: 7
s/idle = expect_first_reg \&\& /idle = /
