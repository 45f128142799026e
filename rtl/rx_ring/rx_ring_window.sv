// Descriptors taken and not yet written back, oldest first: how many of them are done, and when those go back.
//
// Interface: put adds one; done_valid says that the oldest one not yet done is. A burst of write-backs is all that
// is done; entry i is ring index wb_index + i. last: the ring has nothing left to give. restart forgets all and
// begins at ring index 0. done is a register.
// Latency: none from done_valid, flush and wthresh to wb_*, and from there and wb_ready to room.
`default_nettype none

module rx_ring_window #(
    parameter int unsigned CACHE = 16,
    parameter int unsigned WINDOW = 64,
    parameter int unsigned INDEX_BITS = 16,
    localparam int unsigned Count = $clog2(WINDOW + 1)
) (
    input wire logic clk,
    input wire logic rst,

    input  wire logic                  restart,
    input  wire logic [INDEX_BITS-1:0] length,
    input  wire logic [           4:0] wthresh,
    input  wire logic                  put,
    input  wire logic                  last,
    input  wire logic                  done_valid,
    input  wire logic                  flush,
    output      logic                  wb_valid,
    input  wire logic                  wb_ready,
    output      logic [INDEX_BITS-1:0] wb_index,
    output      logic [     Count-1:0] wb_count,
    output      logic [     Count-1:0] done,
    output      logic                  room
);
  logic [INDEX_BITS-1:0] oldest;
  logic [Count-1:0] total, total_left;
  logic released;  // a burst was offered and not accepted
  logic accepted;

  function automatic logic full(input logic [Count-1:0] entries, input logic [INDEX_BITS-1:0] ring);
    full = 32'(entries) >= WINDOW || 32'(entries) >= 32'(ring);
  endfunction

  // A burst begins when something is done or flushed, and then waits for as long as it must; what is done meanwhile
  // goes with it.
  always_comb begin
    wb_index = oldest;
    wb_count = done + Count'(done_valid);
    wb_valid = released || (flush && wb_count != 0);
    if (done_valid && (last || 32'(wb_count) >= 32'(wthresh) || 32'(wb_count) >= CACHE || full(total, length)))
      wb_valid = 1'b1;
    accepted = wb_valid && wb_ready;
    total_left = accepted ? total - wb_count : total;
    room = !full(total_left, length);
  end

  function automatic logic [INDEX_BITS-1:0] index_after(input logic [INDEX_BITS-1:0] index,
                                                        input logic [Count-1:0] n,
                                                        input logic [INDEX_BITS-1:0] ring);
    logic [INDEX_BITS:0] sum;
    sum = (INDEX_BITS + 1)'(index) + (INDEX_BITS + 1)'(n);
    if (sum >= (INDEX_BITS + 1)'(ring)) sum = sum - (INDEX_BITS + 1)'(ring);
    index_after = sum[INDEX_BITS-1:0];
  endfunction

  always_ff @(posedge clk) begin
    if (rst || restart) begin
      oldest <= '0;
      total <= '0;
      done <= '0;
      released <= 1'b0;
    end else begin
      if (accepted) oldest <= index_after(oldest, wb_count, length);
      total <= total_left + Count'(put);
      done <= accepted ? '0 : wb_count;
      released <= wb_valid && !wb_ready;
    end
  end

  always_ff @(posedge clk) begin
    if (!rst) begin
      assert (32'(total) <= WINDOW && done <= total);
      assert (!done_valid || done < total);
      assert (!put || room);
      assert (!released || done != 0);
    end
  end
endmodule

`default_nettype wire
