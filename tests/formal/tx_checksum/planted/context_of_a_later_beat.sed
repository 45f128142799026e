# file: rtl/tx_checksum/tx_checksum.sv
# caught by: handshake
# within: 6
s/if (expect_first_reg) begin/if (1'b1) begin/
