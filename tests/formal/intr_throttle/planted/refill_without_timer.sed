# file: rtl/intr_throttle/intr_throttle_credits.sv
# caught by: history
s/refill_due = wake_valid \&\& wake <=/refill_due = wake_valid || wake <=/
