# file: rtl/intr_throttle/intr_throttle_counters.sv
# caught by: history
s/{now_us + US_BITS'(microseconds), now_clock};/{now_us + US_BITS'(microseconds) - 1'b1, now_clock};/
