# file: rtl/rx_ring/rx_ring_window.sv
# caught by: order
# within: 12
s/if (sum >= (INDEX_BITS + 1)'(ring))/if (sum > (INDEX_BITS + 1)'(ring))/
