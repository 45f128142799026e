// Descriptors taken and not yet retired, oldest first: which of them are done, and when they are written back.
//
// Interface: put adds one; done_count says how many more of the oldest are done. A burst of write-backs covers
// the first entries up to the last one that is done and reports; entry i is ring index wb_index + i. restart
// forgets all and begins at ring index start. settled: without strobes no register here changes at the next edge.
// Latency: none from done_*, flush and wthresh to wb_*, and from there and wb_ready to room. reports is a register.
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
  localparam logic [WINDOW-1:0] All = '1;

  // Entry i in bit i; bits beyond total are 0.
  logic [WINDOW-1:0] data, data_next, report, report_next;
  logic [INDEX_BITS-1:0] oldest, oldest_next;
  logic [INDEX_BITS:0] oldest_after;
  logic [Count-1:0] total, total_left, total_next, done, done_now, done_next;
  // A burst that was offered and not accepted waits as it was.
  logic waiting, waiting_next, waiting_only_reports, only_reports;
  logic [Count-1:0] waiting_count, burst_count, waiting_reports, burst_reports;

  logic [WINDOW-1:0] reporting, reach, burst;
  logic [Count-1:0] reports_reg, reports_now, reports_next, retired;
  logic released, offered, drop, put_is_data, put_reports;

  // reach: all entries up to the last that is done and reports.
  always_comb begin
    done_now = done_valid ? done + Count'(done_count) : done;
    reporting = report & ~(All << done_now);
    reports_now = Count'($countones(reporting));
    reach = reporting;
    for (int unsigned step = 1; step < WINDOW; step = step * 2) reach = reach | (reach >> step);
  end

  always_comb begin
    released = wthresh == 0 || Wide'(done_now) >= Wide'(PACKET);
    offered = reports_now != 0 && (released || Wide'(reports_now) >= Wide'(wthresh) || flush);
    drop = !waiting && reports_now == 0 && done_now != 0 && released;
    burst = waiting ? ~(All << waiting_count) : reach;
    burst_count = waiting ? waiting_count : Count'($countones(reach));
    burst_reports = waiting ? waiting_reports : reports_now;
    only_reports = waiting ? waiting_only_reports : wthresh == 0;
    wb_valid = waiting || offered;
    wb_index = oldest;
    wb_mask = burst & (only_reports ? report : data);
    retired = '0;
    if (wb_valid && wb_ready) retired = burst_count;
    else if (drop) retired = done_now;
    waiting_next = wb_valid && !wb_ready;
    total_left = total - retired;
    room = 32'(total_left) < WINDOW && 32'(total_left) < 32'(length);
    reports = reports_now;
  end

  always_comb begin
    put_is_data = 32'(put_data[i350_pkg::TXD_DTYP_LSB+:i350_pkg::TXD_DTYP_BITS]) == i350_pkg::TXD_DTYP_DATA;
    put_reports = put_is_data && put_data[i350_pkg::TXD_RS];
    total_next = total_left + Count'(put);
    done_next = done_now - retired;
    reports_next = wb_valid && wb_ready ? reports_now - burst_reports : reports_now;
    data_next = (data >> retired) | (WINDOW'(put && put_is_data) << total_left);
    report_next = (report >> retired) | (WINDOW'(put && put_reports) << total_left);
    oldest_after = (INDEX_BITS + 1)'(oldest) + (INDEX_BITS + 1)'(retired);
    if (retired != 0 && oldest_after >= (INDEX_BITS + 1)'(length))
      oldest_after = oldest_after - (INDEX_BITS + 1)'(length);
    oldest_next = oldest_after[INDEX_BITS-1:0];
    settled = waiting || done == 0 ||
        !(wthresh == 0 || Wide'(done) >= Wide'(PACKET) || (reports_reg != 0 && Wide'(reports_reg) >= Wide'(wthresh)));
  end

  always_ff @(posedge clk) begin
    if (rst || restart) begin
      data <= '0;
      report <= '0;
      oldest <= rst ? '0 : start;
      total <= '0;
      done <= '0;
      reports_reg <= '0;
      waiting <= 1'b0;
    end else begin
      data <= data_next;
      report <= report_next;
      oldest <= oldest_next;
      total <= total_next;
      done <= done_next;
      reports_reg <= reports_next;
      waiting <= waiting_next;
    end
    waiting_count <= burst_count;
    waiting_reports <= burst_reports;
    waiting_only_reports <= only_reports;
  end

  always_ff @(posedge clk) begin
    if (!rst) begin
      assert (32'(total) <= WINDOW && done <= total && reports_reg <= done);
      assert (!done_valid || (done_count != 0 && Wide'(done_count) <= Wide'(total - done)));
      assert (!put || room);
      // A burst covers done entries only and ends with one that reports.
      assert (!wb_valid || (burst_count != 0 && burst_count <= done_now && |(report & burst & ~(burst >> 1))));
    end
  end
endmodule

`default_nettype wire
