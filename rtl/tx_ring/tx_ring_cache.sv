// Descriptors read from host memory and not yet taken, in order.
//
// Interface: put adds one, take removes the front; there is always room for put, and take only when cached is not 0.
// clear forgets all. front is a read of the memory, cached a register.
// Latency: one cycle from put to front.
`default_nettype none

module tx_ring_cache #(
    parameter int unsigned CACHE = 24  // 1 … 32
) (
    input wire logic clk,
    input wire logic rst,

    input  wire logic         clear,
    input  wire logic         put,
    input  wire logic [127:0] put_data,
    input  wire logic         take,
    output      logic [127:0] front,
    output      logic [  5:0] cached
);
  localparam int unsigned Slot = CACHE > 1 ? $clog2(CACHE) : 1;

  logic [127:0] memory[2**Slot];
  logic [Slot-1:0] first, first_next, last, last_next;  // the front, and where the next one goes
  logic [5:0] cached_next;

  always_comb begin
    front = memory[first];
    first_next = first + Slot'(take);
    last_next = last + Slot'(put);
    cached_next = cached + 6'(put) - 6'(take);
    if (clear) begin
      first_next = '0;
      last_next = '0;
      cached_next = '0;
    end
  end

  always_ff @(posedge clk) begin
    first <= rst ? '0 : first_next;
    last <= rst ? '0 : last_next;
    cached <= rst ? '0 : cached_next;
    if (put) memory[last] <= put_data;
  end

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
