// Low-latency credits: how many messages of a vector may pass its countdown.
//
// Interface: urgent are the vectors with a low-latency cause; those that have a credit may bypass, those without are
// waiting for one, until wake_next. paid: a message that passed the countdown. One timer gives every enabled vector a
// credit each interval (of 4 us); it runs while one is missing anywhere. interval_a: as this cycle's write leaves it.
// The cycle at wake must not be left out.
// Latency: none from urgent, write and now to bypass, waiting and wake_next.
`default_nettype none

module intr_throttle_credits #(
    parameter int unsigned VECTORS = 25,
    parameter int unsigned US_BITS = 45,
    parameter int unsigned CLOCKS = 125,
    parameter int unsigned CREDIT_BITS = 5,
    localparam int unsigned ClockBits = $clog2(CLOCKS),
    localparam int unsigned TimeBits = US_BITS + ClockBits,
    localparam int unsigned IndexBits = VECTORS > 1 ? $clog2(VECTORS) : 1
) (
    input wire logic clk,
    input wire logic rst,

    input wire logic [  US_BITS-1:0] now_us,
    input wire logic [ClockBits-1:0] now_clock,
    input wire logic                 unless_limited,  // who is not enabled never waits

    input wire logic                   write,
    input wire logic [  IndexBits-1:0] write_vector,
    input wire logic                   write_enable,
    input wire logic                   write_keeps,
    input wire logic [CREDIT_BITS-1:0] write_credits,
    input wire logic [            4:0] interval,
    input wire logic [            4:0] interval_a,

    input  wire logic [VECTORS-1:0] urgent,
    output      logic [VECTORS-1:0] enabled,  // who may become urgent
    output      logic [VECTORS-1:0] bypass,
    output      logic [VECTORS-1:0] waiting,
    input  wire logic [VECTORS-1:0] paid,

    output logic                refill_due,
    output logic                wake_valid,
    output logic [TimeBits-1:0] wake,
    output logic [TimeBits-1:0] wake_next,

    input  wire logic [  IndexBits-1:0] shown_vector,
    output      logic                   shown_enable,
    output      logic [CREDIT_BITS-1:0] shown_credits
);
  localparam logic [CREDIT_BITS-1:0] Full = {CREDIT_BITS{1'b1}};

  logic [VECTORS-1:0] lli_en, lli_en_a;
  (* mem2reg *) logic [CREDIT_BITS-1:0] credits[VECTORS];
  (* mem2reg *) logic [CREDIT_BITS-1:0] credits_a[VECTORS];  // after refill and write
  logic [VECTORS-1:0] full_r, full_a;
  logic missing_r, missing_a, runs_a;
  logic [TimeBits-1:0] wake_r;

  function automatic logic [TimeBits-1:0] after(input logic [4:0] units);
    after = {now_us + US_BITS'({units, 2'd0}), now_clock};
  endfunction

  // The refill, then the write. full: has all it may have.
  always_comb begin
    refill_due = wake_valid && wake <= {now_us, now_clock};
    lli_en_a = lli_en;
    if (write) lli_en_a[write_vector] = write_enable;
    full_r = '0;
    full_a = '0;
    for (int unsigned v = 0; v < VECTORS; v++) begin
      credits_a[v] = credits[v];
      if (refill_due && lli_en[v] && credits[v] != Full) credits_a[v] = credits[v] + 1'b1;
      full_r[v] = credits_a[v] == Full;
      if (write && !write_keeps && write_vector == IndexBits'(v)) credits_a[v] = write_credits;
      full_a[v] = credits_a[v] == Full;
    end
  end

  // The timer stops when nothing is missing, and begins anew when something is.
  always_comb begin
    missing_r = (lli_en & ~full_r) != 0;
    missing_a = (lli_en_a & ~full_a) != 0;
    wake_r = refill_due ? after(interval) : wake;
    runs_a = wake_valid && missing_r && missing_a && interval_a != 0;
    wake_next = runs_a ? wake_r : after(interval_a);
  end

  assign enabled = unless_limited ? {VECTORS{1'b1}} : lli_en_a;

  always_comb begin
    bypass = '0;
    waiting = '0;
    if (urgent != 0) begin
      for (int unsigned v = 0; v < VECTORS; v++) begin
        if (!lli_en_a[v]) bypass[v] = urgent[v] && unless_limited;
        else if (credits_a[v] != 0) bypass[v] = urgent[v];
        else waiting[v] = urgent[v] && interval_a != 0;
      end
    end
  end

  logic [VECTORS-1:0] charged;
  always_comb charged = paid & lli_en_a;

  always_ff @(posedge clk) begin
    if (rst) begin
      lli_en <= '0;
      for (int unsigned v = 0; v < VECTORS; v++) credits[v] <= '0;
      wake_valid <= 1'b0;
      wake <= '0;
    end else begin
      lli_en <= lli_en_a;
      for (int unsigned v = 0; v < VECTORS; v++) credits[v] <= credits_a[v] - CREDIT_BITS'(charged[v]);
      // A credit that is paid is missing.
      wake_valid <= interval_a != 0 && (missing_a || charged != 0);
      if (interval_a != 0 && (missing_a || charged != 0)) wake <= wake_next;
    end
  end

  always_comb begin
    shown_enable = lli_en[shown_vector];
    shown_credits = credits[shown_vector];
    if (refill_due && lli_en[shown_vector] && shown_credits != Full) shown_credits = shown_credits + 1'b1;
  end

  always_ff @(posedge clk) begin
    if (!rst) begin
      // Time has not run past a refill.
      assert (!wake_valid || {now_us, now_clock} <= wake);
      for (int unsigned v = 0; v < VECTORS; v++)
        assert (!charged[v] || credits_a[v] != 0);
    end
  end
endmodule

`default_nettype wire
