# file: rtl/intr_throttle/intr_throttle.sv
# caught by: history
s/granted_causes\[VECTORS-1:0\] = taken/granted_causes[VECTORS-1:0] = grant/
