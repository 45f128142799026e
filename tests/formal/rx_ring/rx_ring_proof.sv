// What rtl/rx_ring promises (docs/rtl.md), at small widths, for every history of its inputs, resets included.
//
// Assumed is what the law asks of software and of the rest of the device. ORDER, STREAMS and DESCRIPTOR choose what is
// asserted; the links between the block's registers make the induction strong enough and are proved with each.
// (yosys joins a wire marked hierconn with the one of that name.)
`default_nettype none

module rx_ring_proof #(
    parameter int unsigned CACHE = 2,
    parameter int unsigned WINDOW = 3,
    parameter int unsigned INDEX_BITS = 3,
    parameter int unsigned PAGE = 2,
    parameter int unsigned LENGTH = 4,  // of the longest ring
    localparam int unsigned Num = INDEX_BITS + 2,
    localparam int unsigned Entries = $clog2(WINDOW + 1)
) (
    input wire logic                  clk,
    input wire logic                  rst,
    input wire logic                  enable,
    input wire logic [          63:0] base,
    input wire logic [INDEX_BITS-1:0] length,
    input wire logic [INDEX_BITS-1:0] tail,
    input wire logic [           4:0] pthresh,
    input wire logic [           4:0] hthresh,
    input wire logic [           4:0] wthresh,
    input wire logic [INDEX_BITS-1:0] minimum,
    input wire logic [           8:0] mrrs,
    input wire logic                  fetch_ready,
    input wire logic                  resp_valid,
    input wire logic [         127:0] resp_data,
    input wire logic                  desc_ready,
    input wire logic                  done_valid,
    input wire logic                  flush,
    input wire logic                  wb_ready,
    input wire logic                  choose,        // track a descriptor of the read accepted in this cycle …
    input wire logic [           5:0] choose_which   // … this one
);
  logic [INDEX_BITS-1:0] head, free, fetch_index, desc_index, wb_index;
  logic [5:0] cached, fetch_count;
  logic [Entries-1:0] done, wb_count;
  logic [63:0] fetch_address;
  logic [127:0] desc_data;
  logic fetch_valid, fetch_soon, desc_valid, desc_low, wb_valid, idle;

  rx_ring #(
      .CACHE(CACHE),
      .WINDOW(WINDOW),
      .INDEX_BITS(INDEX_BITS),
      .PAGE(PAGE)
  ) block (
      .clk(clk),
      .rst(rst),
      .enable(enable),
      .base(base),
      .length(length),
      .tail(tail),
      .pthresh(pthresh),
      .hthresh(hthresh),
      .wthresh(wthresh),
      .minimum(minimum),
      .mrrs(mrrs),
      .head(head),
      .free(free),
      .cached(cached),
      .done(done),
      .fetch_valid(fetch_valid),
      .fetch_soon(fetch_soon),
      .fetch_ready(fetch_ready),
      .fetch_index(fetch_index),
      .fetch_count(fetch_count),
      .fetch_address(fetch_address),
      .resp_valid(resp_valid),
      .resp_data(resp_data),
      .desc_valid(desc_valid),
      .desc_ready(desc_ready),
      .desc_index(desc_index),
      .desc_data(desc_data),
      .desc_low(desc_low),
      .done_valid(done_valid),
      .flush(flush),
      .wb_valid(wb_valid),
      .wb_ready(wb_ready),
      .wb_index(wb_index),
      .wb_count(wb_count),
      .idle(idle)
  );

  // Registers of the block.
  (* hierconn *)wire \block.enabled ;
  (* hierconn *)wire [INDEX_BITS-1:0] \block.fetcher.fetch ;
  (* hierconn *)wire [5:0] \block.fetcher.outstanding ;
  (* hierconn *)wire [INDEX_BITS-1:0] \block.window.oldest ;
  (* hierconn *)wire [Entries-1:0] \block.window.total ;
  (* hierconn *)wire \block.window.released ;

  logic running;  // since the last start; before it the ring means nothing
  logic [Num-1:0] oldest, total, outstanding, fetch, size, held, done_now, leaving;
  always_comb begin
    running = \block.enabled ;
    oldest = Num'(\block.window.oldest );
    total = Num'(\block.window.total );
    outstanding = Num'(\block.fetcher.outstanding );
    fetch = Num'(\block.fetcher.fetch );
    size = Num'(length);
    held = total + Num'(cached) + outstanding;  // descriptors between oldest and fetch
    done_now = Num'(done) + Num'(done_valid);
    leaving = wb_valid && wb_ready ? Num'(wb_count) : '0;
  end

  function automatic logic [Num-1:0] after(input logic [Num-1:0] index, input logic [Num-1:0] n, input logic [Num-1:0] ring);
    after = index + n >= ring ? index + n - ring : index + n;
  endfunction
  function automatic logic [Num-1:0] distance(input logic [Num-1:0] from, input logic [Num-1:0] to, input logic [Num-1:0] ring);
    distance = to >= from ? to - from : to + ring - from;
  endfunction

  // What was before, for comparisons with now.
  logic started = 1'b0, was_started = 1'b0;
  logic was_running, was_desc, was_wb, was_fetch, was_soon;
  logic [11:0] was_levels;
  logic [INDEX_BITS-1:0] was_length, was_tail, was_desc_index, was_wb_index, was_fetch_index;
  logic [Entries-1:0] was_wb_count;
  logic [63:0] was_base, was_fetch_address;
  logic [127:0] was_data;
  always_ff @(posedge clk) begin
    started <= 1'b1;
    was_started <= started;
    was_running <= running && enable && !rst;
    was_length <= length;
    was_base <= base;
    was_tail <= tail;
    was_desc <= desc_valid && !desc_ready && !rst;
    was_desc_index <= desc_index;
    was_data <= desc_data;
    was_wb <= wb_valid && !wb_ready && !rst && !(enable && !running);
    was_wb_index <= wb_index;
    was_wb_count <= wb_count;
    was_fetch <= fetch_valid && !fetch_ready && !rst;
    was_fetch_index <= fetch_index;
    was_soon <= fetch_soon;
    was_levels <= {rst, enable, pthresh, hthresh};
    was_fetch_address <= fetch_address;
  end

  // --- what may be assumed: the first cycle is a reset, any later one may be; registers within the law's bounds --------
  always_comb begin
    assume (started || rst);
    assume (size >= 2 && size <= Num'(LENGTH));
    assume (Num'(tail) < size);
    assume (mrrs != 0);
    assume (base[3:0] == 0 && base[63:12] == 0);
    // The block looks into no descriptor: a few bits are as good as all.
    assume (resp_data[127:4] == 0);
    // The ring stays where and as long as it is until it is started again.
    if (running || total != 0) assume (!started || (length == was_length && base == was_base));
    // Software moves the tail forward, and not past the oldest descriptor it has not got back.
    if (running && was_running)
      assume (distance(oldest, Num'(tail), size) >= distance(oldest, Num'(was_tail), size));
    // The rest of the device answers what was asked and finishes what it took.
    if (resp_valid) assume (outstanding != 0);
    if (done_valid) assume (Num'(done) < total);
  end

`ifdef STEADY
  // One small ring that is never stopped, read without delay: long histories in little time.
  always_comb begin
    assume (rst == !started && (enable || !running) && (enable || !was_started));
    assume (size == Num'(LENGTH) && (base == 0 || base == 64'h10));
    assume (fetch_ready && resp_valid == (outstanding != 0));
    assume (mrrs == 9'd8 && pthresh == 5'd1 && hthresh == 5'd1 && choose_which == 0 && wthresh <= 5'd2);
  end
`endif

  // --- links between the block's registers --------------------------------------------------------------------------
  always_ff @(posedge clk) begin
    if (started && !rst) begin
      assert (Num'(done) <= total && total <= WINDOW);
      assert (Num'(cached) + outstanding <= CACHE);
      assert (!\block.window.released || done != 0);
      if (total != 0) assert (oldest < size && total <= size);
      if (running) begin
        assert (oldest < size && Num'(head) < size && fetch < size);
        // oldest <= done <= take <= fetch <= tail in ring order: the head never passes the tail.
        assert (held <= distance(oldest, was_running ? Num'(was_tail) : Num'(tail), size));
        assert (Num'(head) == after(oldest, total, size));
        assert (fetch == after(Num'(head), Num'(cached) + outstanding, size));
      end
    end
  end

`ifdef ORDER
  // Requests respect tail, cache, ring, page and Max_Read_Request_Size. The order of the pointers is a link above.
  always_ff @(posedge clk) begin
    if (started && !rst && running) begin
      assert (!desc_valid || total - leaving < WINDOW);
      assert (Num'(free) == distance(Num'(head), Num'(tail), size));
      assert (desc_low == (desc_valid && minimum != 0 && 10'(free) == 10'(minimum) + 10'd1));
      // Nothing but what is done is written back, as soon as somebody flushes or the ring has nothing left to give.
      assert (!wb_valid || (Num'(wb_count) == done_now && wb_count != 0));
      if (done_now != 0 && (flush || (done_valid && free == 0))) assert (wb_valid);
      if (done_valid && (wthresh <= 5'd1 || done_now >= CACHE)) assert (wb_valid);
      if (fetch_valid) begin
        // One request at a time, of something, for which there is room, in one piece.
        assert (outstanding == 0);
        assert (fetch_count != 0 && Num'(fetch_count) + Num'(cached) <= CACHE);
        assert (9'(fetch_count) <= mrrs);
        assert (Num'(fetch_index) + Num'(fetch_count) <= size);
        assert (Num'(fetch_count) <= distance(fetch, Num'(tail), size));
        assert (Num'(fetch_address[4+:$clog2(PAGE)]) + Num'(fetch_count) <= PAGE);
      end
    end
  end
`endif

`ifdef STREAMS
  // What waits stays as it is until it is accepted; a burst may only grow.
  always_ff @(posedge clk) begin
    if (started && !rst) begin
      if (was_desc && enable) begin
        assert (desc_valid);
        assert (desc_index == was_desc_index && desc_data == was_data);
      end
      if (was_wb) assert (wb_valid && wb_index == was_wb_index && wb_count >= was_wb_count);
      if (was_fetch && fetch_valid) assert (fetch_index == was_fetch_index && fetch_address == was_fetch_address);
      if (was_levels == {1'b0, enable, pthresh, hthresh} && tail == was_tail && length == was_length)
        assert (fetch_valid == was_soon);
      assert (!idle || enable == running);
    end
  end
`endif

`ifdef DESCRIPTOR
  // One descriptor, any one: from the read that asks for it until it is written back. place: how many are before it,
  // from the window's first entry to the last one asked for.
  logic tracked, known;
  logic [Num-1:0] place, index;
  logic [127:0] content;
  logic asked, arrives, leaves;
  always_comb begin
    asked = choose && running && enable && !tracked && fetch_valid && fetch_ready && choose_which < fetch_count;
    arrives = tracked && resp_valid && place == total + Num'(cached);
    leaves = tracked && place < leaving;
  end
  always_ff @(posedge clk) begin
    if (rst || (enable && !running)) begin
      tracked <= 1'b0;
    end else if (asked) begin
      tracked <= 1'b1;
      known <= 1'b0;
      place <= held - leaving + Num'(choose_which);
      index <= after(fetch, Num'(choose_which), size);
    end else if (tracked) begin
      tracked <= !leaves;
      place <= place - leaving;
      if (arrives) begin
        known <= 1'b1;
        content <= resp_data;
      end
    end
  end

  // What the cache holds at its place is what came.
  localparam int unsigned Slot = $clog2(CACHE);
  (* hierconn *)wire [Slot-1:0] \block.cache.first ;
  (* hierconn *)wire [128*2**Slot-1:0] \block.cache.contents ;
  logic [Slot-1:0] slot;
  always_comb slot = \block.cache.first + Slot'(place - total);

  always_ff @(posedge clk) begin
    if (started && !rst && tracked && (running || place < total)) begin
      assert (place < held && index == after(oldest, place, size));
      assert (known == (place < total + Num'(cached)));
      if (place >= total && known) assert (\block.cache.contents [128*slot+:128] == content);
      // Read once: no later request covers it.
      if (fetch_valid) assert (distance(fetch, index, size) >= Num'(fetch_count));
      // Offered once, as it came, in its turn.
      if (desc_valid && Num'(desc_index) == index) assert (place == total && known && desc_data == content);
      if (desc_valid && place == total) assert (Num'(desc_index) == index);
      // Written back once, in its turn, and not before it is done.
      if (leaves) assert (place < done_now && after(Num'(wb_index), place, size) == index);
      if (leaving != 0 && place < total) assert (leaves == (place < done_now));
    end
  end
`endif

`ifdef REACH
  logic waited;  // the tracked descriptor was in a burst that had to wait
  always_ff @(posedge clk) begin
    waited <= !rst && tracked && (waited || (was_wb && place < Num'(was_wb_count)));
    if (started && !rst && running) begin
      // A descriptor is written back after waiting; a burst grows while it waits; one that is full of done ones leaves.
      cover (leaves && waited);
      cover (was_wb && wb_count > was_wb_count);
      cover (wb_valid && wb_ready && Num'(wb_count) == WINDOW);
      // Window and cache are full; the free ones sink to the minimum.
      cover (total == WINDOW && cached != 0);
      cover (desc_low && desc_ready);
    end
  end
`endif

`ifdef WRAP
  // The ring wraps with a descriptor of before still in work.
  always_ff @(posedge clk) begin
    if (started && !rst && running) cover (desc_valid && head < was_desc_index && total != 0);
  end
`endif
endmodule

`default_nettype wire
