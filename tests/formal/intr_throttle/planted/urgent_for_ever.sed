# file: rtl/intr_throttle/intr_throttle.sv
# caught by: history
s/urgent_next = urgent_b \& ~taken \&/urgent_next = urgent_b \&/
