# file: rtl/descriptor_prefetch/descriptor_cache.sv
# caught by: history
s/first <= first + Slot'(take)/first <= first + Slot'(take || put)/
