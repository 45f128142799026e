# file: rtl/intr_throttle/intr_throttle_credits.sv
# caught by: history
s/credits_a\[v\] - CREDIT_BITS'(charged\[v\])/credits_a[v]/
