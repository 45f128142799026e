# file: rtl/tx_checksum/tx_checksum_finish.sv
# caught by: arithmetic
s/udp \&\& ordered == '1 ? '1 : ~ordered/~ordered/
