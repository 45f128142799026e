# file: rtl/tx_checksum/tx_checksum.sv
# caught by: values
# within: 8
s/if (sum_valid_reg \&\& sum_free) begin/if (sum_valid_reg) begin/
