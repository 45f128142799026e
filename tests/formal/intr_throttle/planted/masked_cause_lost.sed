# file: rtl/intr_throttle/intr_throttle.sv
# caught by: history
s/(set_causes \& valid_a)/(set_causes \& valid_a \& mask_a)/
