// One receive queue's descriptor ring: prefetch from host memory, cache, count of descriptors taken, write-back.
//
// Interface: docs/rtl.md, section rx_ring; README.md beside this file lists what is combinational. Levels:
// enable, base, length, tail, thresholds, minimum, mrrs. Strobes: everything else that comes in.
// Latency: an accepted fetch may be answered from the next cycle on; a descriptor that arrives in cycle c is
// offered in c + 1; what is done in cycle c is offered for write-back in c.
`default_nettype none

module rx_ring #(
    parameter int unsigned CACHE = i350_pkg::RX_RING_CACHE,    // descriptors prefetched, 1 … 32
    parameter int unsigned WINDOW = i350_pkg::RX_RING_WINDOW,  // descriptors taken and not written back
    parameter int unsigned INDEX_BITS = 16,                    // of a ring index; fewer only in proofs
    parameter int unsigned PAGE = 256,                         // descriptors in 4 KB; fewer only in proofs
    localparam int unsigned Count = 6,                         // bits of counts of descriptors fetched
    localparam int unsigned Listed = $clog2(WINDOW + 1)        // and of those taken
) (
    input wire logic clk,
    input wire logic rst,

    // registers
    input  wire logic                  enable,
    input  wire logic [          63:0] base,
    input  wire logic [INDEX_BITS-1:0] length,
    input  wire logic [INDEX_BITS-1:0] tail,
    input  wire logic [           4:0] pthresh,
    input  wire logic [           4:0] hthresh,
    input  wire logic [           4:0] wthresh,
    input  wire logic [INDEX_BITS-1:0] minimum,
    input  wire logic [           8:0] mrrs,
    output      logic [INDEX_BITS-1:0] head,
    output      logic [INDEX_BITS-1:0] free,
    output      logic [     Count-1:0] cached,
    output      logic [    Listed-1:0] done,

    // reads of descriptors
    output      logic                  fetch_valid,
    output      logic                  fetch_soon,
    input  wire logic                  fetch_ready,
    output      logic [INDEX_BITS-1:0] fetch_index,
    output      logic [     Count-1:0] fetch_count,
    output      logic [          63:0] fetch_address,
    input  wire logic                  resp_valid,
    input  wire logic [         127:0] resp_data,

    // descriptors in order
    output      logic                  desc_valid,
    input  wire logic                  desc_ready,
    output      logic [INDEX_BITS-1:0] desc_index,
    output      logic [         127:0] desc_data,
    output      logic                  desc_low,
    input  wire logic                  done_valid,

    // write-backs
    input  wire logic                  flush,
    output      logic                  wb_valid,
    input  wire logic                  wb_ready,
    output      logic [INDEX_BITS-1:0] wb_index,
    output      logic [    Listed-1:0] wb_count,

    output      logic                  idle
);
  logic [Count-1:0] cached_next;
  logic enabled, running, restart;  // enabled: as it was at the last edge
  logic taken, room;

  always_comb begin
    running = enable && enabled;
    restart = enable && !enabled;
    free = tail >= head ? tail - head : tail + length - head;
    idle = enable == enabled;
  end

  always_comb begin
    desc_valid = running && cached != 0 && room;
    desc_index = head;
    desc_low = desc_valid && minimum != 0 && 32'(free) == 32'(minimum) + 1;
    taken = desc_valid && desc_ready;
  end

  always_ff @(posedge clk) begin
    enabled <= enable && !rst;
    if (rst || restart) head <= '0;
    else if (taken) head <= head + 1'b1 >= length ? '0 : head + 1'b1;
  end

  descriptor_fetch #(
      .CACHE(CACHE),
      .INDEX_BITS(INDEX_BITS),
      .PAGE(PAGE)
  ) fetcher (
      .clk,
      .rst,
      .running,
      .restart,
      .start('0),
      .base,
      .length,
      .tail,
      .pthresh,
      .hthresh,
      .mrrs,
      .cached,
      .cached_next,
      .fetch_valid,
      .fetch_soon,
      .fetch_ready,
      .fetch_index,
      .fetch_count,
      .fetch_address,
      .resp_valid
  );

  descriptor_cache #(
      .CACHE(CACHE)
  ) cache (
      .clk,
      .rst,
      .clear(restart),
      .put(resp_valid),
      .put_data(resp_data),
      .take(taken),
      .front(desc_data),
      .cached,
      .cached_next
  );

  rx_ring_window #(
      .CACHE(CACHE),
      .WINDOW(WINDOW),
      .INDEX_BITS(INDEX_BITS)
  ) window (
      .clk,
      .rst,
      .restart,
      .length,
      .wthresh,
      .put(taken),
      .last(free == 0),
      .done_valid,
      .flush,
      .wb_valid,
      .wb_ready,
      .wb_index,
      .wb_count,
      .done,
      .room
  );
endmodule

`default_nettype wire
