# file: rtl/tx_checksum/tx_checksum_finish.sv
# caught by: arithmetic
s|17'(added\[17:16\])|17'(added[16:16])|
