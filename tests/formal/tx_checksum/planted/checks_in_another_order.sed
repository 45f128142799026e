# file: rtl/tx_checksum/tx_checksum_check.sv
# caught by: handshake
# within: 8
s/else if (ip \&\& iplen < 20) error = IpShort;/else if (ip \&\& iplen < 20 \&\& l4t != Reserved) error = IpShort;/
