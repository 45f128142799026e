# file: rtl/tx_checksum/tx_checksum.sv
# caught by: values
# within: 5
s/.so_far(sum_first_reg ? '0 : total_l4_reg)/.so_far(total_l4_reg)/
