# file: rtl/intr_throttle/intr_throttle.sv
# caught by: history
s/owed_b = owed_a | (line_b \& ~line_a)/owed_b = owed_a | (line_b \& ~was_line)/
