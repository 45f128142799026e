// Descriptors taken and not yet retired, oldest first: which of them are done, and when they are written back.
//
// Interface: put adds one; done_count says how many more of the oldest are done. A burst of write-backs covers
// the first entries up to the last one that is done and reports; entry i is ring index wb_index + i. restart
// forgets all and begins at ring index start. settled: without strobes no register here changes at the next edge.
// Latency: none from done_*, flush and wthresh to wb_*, and from there and wb_ready to room.
// What only registers need is computed in always_ff (rtl/README.md).
`default_nettype none

module tx_ring_window #(
    parameter int unsigned WINDOW = 64,
    parameter int unsigned PACKET = 32,
    parameter int unsigned INDEX_BITS = 16,
    localparam int unsigned Count = $clog2(WINDOW + 1)
) (
    input wire logic clk,
    input wire logic rst,

    input  wire logic                  restart,
    input  wire logic [INDEX_BITS-1:0] start,
    input  wire logic [INDEX_BITS-1:0] length,
    input  wire logic [           4:0] wthresh,
    input  wire logic                  put,
    input  wire logic [         127:0] put_data,
    input  wire logic                  done_valid,
    input  wire logic [           5:0] done_count,
    input  wire logic                  flush,
    output      logic                  wb_valid,
    input  wire logic                  wb_ready,
    output      logic [INDEX_BITS-1:0] wb_index,
    output      logic [    WINDOW-1:0] wb_mask,
    output      logic [     Count-1:0] reports,
    output      logic                  room,
    output      logic                  settled
);
  localparam int unsigned Wide = Count > 6 ? Count : 6;  // for comparisons with thresholds
  localparam logic [WINDOW-1:0] All = {WINDOW{1'b1}};  // yosys 0.23 makes 1 of '1 here

  // Entry i in bit i; bits beyond total are 0.
  logic [WINDOW-1:0] data, report;
  logic [INDEX_BITS-1:0] oldest;
  logic [Count-1:0] total, done;
  logic [Count-1:0] reports_left;  // among the first done entries
  // A burst that was offered and not accepted waits as it was.
  logic waiting, waiting_only_reports;
  logic [Count-1:0] waiting_count, waiting_reports;

  logic [Count-1:0] done_now, burst_count, burst_reports, retired, total_left, behind;
  logic [WINDOW-1:0] reporting, burst;
  logic released, only_reports, put_is_data, put_reports;

  // What is done in this cycle; burst: all entries up to the last that is done and reports.
  always_comb begin
    done_now = done;
    if (done_valid) done_now = done + Count'(done_count);
    released = wthresh == 0 || Wide'(done_now) >= Wide'(PACKET);
    reporting = report & ~(All << done_now);
    reports = '0;
    burst = '0;
    burst_count = '0;
    if (reporting != 0) begin
      reports = Count'($countones(reporting));
      burst = reporting;
      for (int unsigned step = 1; step < WINDOW; step = step * 2) burst = burst | (burst >> step);
      burst_count = Count'($countones(burst));
    end
    burst_reports = reports;
    only_reports = wthresh == 0;
    wb_valid = reports != 0 && (released || flush || Wide'(reports) >= Wide'(wthresh));
    if (waiting) begin
      burst = ~(All << waiting_count);
      burst_count = waiting_count;
      burst_reports = waiting_reports;
      only_reports = waiting_only_reports;
      wb_valid = 1'b1;
    end
    wb_index = oldest;
    wb_mask = burst & (only_reports ? report : data);
  end

  // What leaves, and whether there is room for one more. With a burst go the done entries behind it, if nobody will
  // report them.
  always_comb begin
    retired = '0;
    behind = '0;
    if (wb_valid) begin
      if (wb_ready) retired = burst_count;
      behind = done_now - burst_count;
      if (wb_ready && reports == burst_reports && (wthresh == 0 || Wide'(behind) >= Wide'(PACKET))) retired = done_now;
    end else if (released) begin
      retired = done_now;  // nothing among them reports, or there were a burst
    end
    total_left = total - retired;
    room = 32'(total_left) < WINDOW && 32'(total_left) < 32'(length);
    settled = waiting || done == 0 ||
        !(wthresh == 0 || Wide'(done) >= Wide'(PACKET) || (reports_left != 0 && Wide'(reports_left) >= Wide'(wthresh)));
  end

  always_comb begin
    put_is_data = !put_data[i350_pkg::TXD_DEXT] ||
        32'(put_data[i350_pkg::TXD_DTYP_LSB+:i350_pkg::TXD_DTYP_BITS]) == i350_pkg::TXD_DTYP_DATA;
    put_reports = put_is_data && put_data[i350_pkg::TXD_RS];
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
      data <= '0;
      report <= '0;
      oldest <= rst ? '0 : start;
      total <= '0;
      done <= '0;
      reports_left <= '0;
      waiting <= 1'b0;
    end else begin
      if (retired != 0 || put) begin
        data <= (data >> retired) | (WINDOW'(put && put_is_data) << total_left);
        report <= (report >> retired) | (WINDOW'(put && put_reports) << total_left);
        total <= total_left + Count'(put);
      end
      if (retired != 0) oldest <= index_after(oldest, retired, length);
      done <= done_now - retired;
      reports_left <= wb_valid && wb_ready ? reports - burst_reports : reports;
      waiting <= wb_valid && !wb_ready;
    end
    if (wb_valid) begin
      waiting_count <= burst_count;
      waiting_reports <= burst_reports;
      waiting_only_reports <= only_reports;
    end
  end

  always_ff @(posedge clk) begin
    if (!rst) begin
      assert (32'(total) <= WINDOW && done <= total && reports_left <= done);
      assert (!done_valid || (done_count != 0 && Wide'(done_count) <= Wide'(total - done)));
      assert (!put || room);
      // A burst covers done entries only and ends with one that reports.
      assert (!wb_valid || (burst_count != 0 && burst_count <= done_now && |(report & burst & ~(burst >> 1))));
    end
  end
endmodule

`default_nettype wire
