// The prefetch rule: whether a ring in this state wants to read descriptors, and how many there are.
//
// Interface and latency: combinational.
`default_nettype none

module tx_ring_want #(
    parameter int unsigned CACHE = 24,
    parameter int unsigned INDEX_BITS = 16
) (
    input  wire logic                  running,
    input  wire logic [           5:0] outstanding,
    input  wire logic [           5:0] cached,
    input  wire logic [INDEX_BITS-1:0] fetch,
    input  wire logic [INDEX_BITS-1:0] tail,
    input  wire logic [INDEX_BITS-1:0] length,
    input  wire logic [           4:0] pthresh,
    input  wire logic [           4:0] hthresh,
    output      logic                  wanted,
    output      logic [INDEX_BITS-1:0] distance
);
  localparam int unsigned Wide = INDEX_BITS > 5 ? INDEX_BITS : 5;

  always_comb begin
    distance = tail >= fetch ? tail - fetch : tail + length - fetch;
    wanted = running && outstanding == 0 && cached < 6'(CACHE) && fetch != tail &&
        (cached == 0 || (cached <= 6'(pthresh) && Wide'(distance) >= Wide'(hthresh)));
  end
endmodule

`default_nettype wire
