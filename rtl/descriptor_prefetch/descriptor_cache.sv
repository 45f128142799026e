// Descriptors read from host memory and not yet taken, in order.
//
// Interface: put adds one, take removes the front; there is always room for put, and take only when cached is not 0.
// clear forgets all. front is a read of the memory, cached a register, cached_next what it becomes.
// Latency: one cycle from put to front.
`default_nettype none

module descriptor_cache #(
    parameter int unsigned CACHE = 24  // 1 … 32
) (
    input wire logic clk,
    input wire logic rst,

    input  wire logic         clear,
    input  wire logic         put,
    input  wire logic [127:0] put_data,
    input  wire logic         take,
    output      logic [127:0] front,
    output      logic [  5:0] cached,
    output      logic [  5:0] cached_next
);
  localparam int unsigned Slot = CACHE > 1 ? $clog2(CACHE) : 1;

  logic [127:0] memory[2**Slot];
  logic [Slot-1:0] first, last;  // the front, and where the next one goes

  assign front = memory[first];

  assign cached_next = clear ? '0 : cached + 6'(put) - 6'(take);

  always_ff @(posedge clk) begin
    if (rst || clear) begin
      first <= '0;
      last <= '0;
    end else begin
      first <= first + Slot'(take);
      last <= last + Slot'(put);
    end
    cached <= rst ? '0 : cached_next;
    if (put) memory[last] <= put_data;
  end

`ifdef FORMAL
  // All slots side by side: a proof cannot look into a memory.
  logic [128*2**Slot-1:0] contents;
  always_comb begin
    for (int unsigned i = 0; i < 2 ** Slot; i++) contents[128*i+:128] = memory[Slot'(i)];
  end
`endif

  always_ff @(posedge clk) begin
    if (!rst) begin
      assert (cached <= 6'(CACHE));
      assert (Slot'(last - first) == Slot'(cached));
      assert (!take || cached != 0);
      assert (!put || clear || cached < 6'(CACHE));
    end
  end
endmodule

`default_nettype wire
