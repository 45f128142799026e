# file: rtl/intr_throttle/intr_throttle_credits.sv
# caught by: history
s/else if (credits_a\[v\] != 0) bypass/else if (1'b1) bypass/
