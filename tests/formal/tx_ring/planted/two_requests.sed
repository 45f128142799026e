# file: rtl/descriptor_prefetch/descriptor_fetch.sv
# caught by: history
s/running && outstanding == 0 &&/running \&\& outstanding <= 1 \&\&/
