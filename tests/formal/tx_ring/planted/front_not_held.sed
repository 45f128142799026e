# file: rtl/tx_ring/tx_ring_cache.sv
# caught by: history
s/first <= first + Slot'(take)/first <= first + Slot'(take || put)/
