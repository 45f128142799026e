# file: rtl/intr_throttle/intr_throttle.sv
# caught by: history
s/owed <= owed_b \& ~taken \& line_next/owed <= owed_b \& line_next/
