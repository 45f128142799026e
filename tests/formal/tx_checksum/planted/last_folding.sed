# file: rtl/tx_checksum/tx_checksum_finish.sv
# caught by: arithmetic
s/total\[15:0\] + 16'(total\[16\])/total[15:0]/
