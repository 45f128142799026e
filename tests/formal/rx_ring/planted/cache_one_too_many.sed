# file: rtl/descriptor_prefetch/descriptor_fetch.sv
# caught by: history
s/most = 6'(CACHE) - cached;/most = 6'(CACHE) + 1'b1 - cached;/
