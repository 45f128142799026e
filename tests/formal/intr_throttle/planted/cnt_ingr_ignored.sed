# file: rtl/intr_throttle/intr_throttle_counters.sv
# caught by: history
s/write \&\& !write_keeps \&\& write_vector/write \&\& write_vector/
