# file: rtl/tx_checksum/tx_checksum_finish.sv
# caught by: arithmetic
s/ordered = odd ? folded : /ordered = /
