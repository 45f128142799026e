# file: rtl/intr_throttle/intr_throttle_counters.sv
# caught by: history
s/if (expire || ends <= now) begin/if (expire || ends <= now + 1'b1) begin/
