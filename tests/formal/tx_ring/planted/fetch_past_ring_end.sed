# file: rtl/descriptor_prefetch/descriptor_fetch.sv
# caught by: history
s/if (Wide'(to_end) < Wide'(most)) most = 6'(to_end);//
