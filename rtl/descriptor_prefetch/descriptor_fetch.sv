// When to read descriptors, and how many: the prefetch rule of a ring.
//
// Interface: restart begins at ring index start and forgets what is on its way; running permits requests. One
// request at a time; an accepted one is answered by fetch_count resp_valid. Index and address are a register and
// a sum; the count follows tail, cached and mrrs at once.
// fetch_soon is what fetch_valid will be after the next edge if the levels stay.
// Latency: from any input to fetch_* none; from the last resp_valid to the next fetch_valid one cycle.
`default_nettype none

module descriptor_fetch #(
    parameter int unsigned CACHE = 24,
    parameter int unsigned INDEX_BITS = 16,
    parameter int unsigned PAGE = 256  // descriptors in 4 KB; a power of two
) (
    input wire logic clk,
    input wire logic rst,

    input wire logic                  running,
    input wire logic                  restart,
    input wire logic [INDEX_BITS-1:0] start,
    input wire logic [          63:0] base,
    input wire logic [INDEX_BITS-1:0] length,
    input wire logic [INDEX_BITS-1:0] tail,
    input wire logic [           4:0] pthresh,
    input wire logic [           4:0] hthresh,
    input wire logic [           8:0] mrrs,
    input wire logic [           5:0] cached,
    input wire logic [           5:0] cached_next,

    output      logic                  fetch_valid,
    output      logic                  fetch_soon,
    input  wire logic                  fetch_ready,
    output      logic [INDEX_BITS-1:0] fetch_index,
    output      logic [           5:0] fetch_count,
    output      logic [          63:0] fetch_address,
    input  wire logic                  resp_valid
);
  localparam int unsigned PageBits = $clog2(PAGE);
  // Wide enough for a ring index and for all of a page.
  localparam int unsigned Wide = INDEX_BITS > PageBits ? INDEX_BITS : PageBits + 1;

  logic [INDEX_BITS-1:0] fetch, distance, to_end;
  logic [Wide-1:0] to_page_end;
  logic [5:0] outstanding, most;
  logic answered;  // after the next edge nothing is on its way
  logic [1:0] past;  // the last 64-byte line

  // The prefetch rule, for a ring that may ask and has something to ask for.
  function automatic logic worthwhile(input logic [5:0] in_cache, input logic [INDEX_BITS-1:0] in_host,
                                      input logic [4:0] prefetch, input logic [4:0] host);
    worthwhile = in_cache < 6'(CACHE) &&
        (in_cache == 0 || (in_cache <= 6'(prefetch) && Wide'(in_host) >= Wide'(host)));
  endfunction

  // What there is to read, what there is room for, and what lies in one piece; cut by Max_Read_Request_Size a read
  // ends on a 64-byte line.
  always_comb begin
    distance = tail >= fetch ? tail - fetch : tail + length - fetch;
    fetch_valid = running && outstanding == 0 && fetch != tail && worthwhile(cached, distance, pthresh, hthresh);
    fetch_index = fetch;
    fetch_address = base + {{(60 - INDEX_BITS) {1'b0}}, fetch, 4'd0};
    to_end = '0;
    to_page_end = '0;
    past = '0;
    most = '0;
    fetch_count = '0;
    if (fetch_valid) begin
      to_end = length - fetch;
      to_page_end = Wide'(PAGE) - Wide'(fetch_address[4+:PageBits]);
      most = 6'(CACHE) - cached;
      if (Wide'(distance) < Wide'(most)) most = 6'(distance);
      if (Wide'(to_end) < Wide'(most)) most = 6'(to_end);
      if (to_page_end < Wide'(most)) most = 6'(to_page_end);
      fetch_count = most;
      if (mrrs < 9'(most)) begin
        past = fetch_address[5:4] + mrrs[1:0];
        fetch_count = 6'(mrrs);
        if (6'(past) < fetch_count) fetch_count = fetch_count - 6'(past);
      end
    end
  end

  always_comb begin
    answered = outstanding == 0 ? !(fetch_valid && fetch_ready) : outstanding == 1 && resp_valid;
    fetch_soon = running && answered && fetch != tail && worthwhile(cached_next, distance, pthresh, hthresh);
    if (restart) fetch_soon = start != tail;
  end

  always_ff @(posedge clk) begin
    if (rst || restart) begin
      fetch <= rst ? '0 : start;
      outstanding <= '0;
    end else if (fetch_valid && fetch_ready) begin
      fetch <= INDEX_BITS'(fetch_count) == to_end ? '0 : fetch + INDEX_BITS'(fetch_count);
      outstanding <= fetch_count;
    end else if (resp_valid) begin
      outstanding <= outstanding - 1'b1;
    end
  end

  always_ff @(posedge clk) begin
    if (!rst && !restart) begin
      // What was asked for comes, no more of it.
      assert (!resp_valid || outstanding != 0);
      // There is room for all that is on its way.
      assert (outstanding == 0 || outstanding <= 6'(CACHE) - cached);
      if (fetch_valid) begin
        assert (fetch_count != 0 && fetch_count <= 6'(CACHE) - cached);
        assert (9'(fetch_count) <= mrrs);
        assert (Wide'(fetch_count) <= Wide'(to_end) && Wide'(fetch_count) <= to_page_end);
      end
    end
  end
endmodule

`default_nettype wire
