# file: rtl/intr_throttle/intr_throttle_counters.sv
# caught by: history
s/if (ends < due) due = ends/if (ends > due || due == {TimeBits{1'b1}}) due = ends/
