// EITR's countdowns: when each vector may interrupt again, and which of those that owe a message may now.
//
// Interface: a countdown is the instant of its end, compared with now. write sets one vector's interval and, unless it
// keeps, starts its countdown at write_left microseconds. A vector whose message is taken starts its own at the interval,
// or at one clock. owed: who wants to send. bypass: a vector that need not wait; waiting: one that waits for
// waits_until at the longest.
// Latency: none from owed, bypass, write and now to ready and due.
`default_nettype none

module intr_throttle_counters #(
    parameter int unsigned VECTORS = 25,
    parameter int unsigned US_BITS = 45,
    parameter int unsigned CLOCKS = 125,
    parameter int unsigned INTERVAL_BITS = 13,
    localparam int unsigned ClockBits = $clog2(CLOCKS),
    localparam int unsigned TimeBits = US_BITS + ClockBits,
    localparam int unsigned IndexBits = VECTORS > 1 ? $clog2(VECTORS) : 1
) (
    input wire logic clk,
    input wire logic rst,

    input wire logic [  US_BITS-1:0] now_us,
    input wire logic [ClockBits-1:0] now_clock,

    input wire logic                     write,
    input wire logic [    IndexBits-1:0] write_vector,
    input wire logic [INTERVAL_BITS-1:0] write_interval,
    input wire logic                     write_keeps,
    input wire logic [INTERVAL_BITS-1:0] write_left,
    input wire logic                     expire,

    input  wire logic [ VECTORS-1:0] owed,
    input  wire logic [ VECTORS-1:0] bypass,
    input  wire logic [ VECTORS-1:0] waiting,
    input  wire logic [TimeBits-1:0] waits_until,
    output      logic [ VECTORS-1:0] ready,
    output      logic [ VECTORS-1:0] early,        // ready before the countdown's end
    input  wire logic [ VECTORS-1:0] taken,
    output      logic                due_valid,
    output      logic [TimeBits-1:0] due,          // the earliest instant any message is due; it may be past

    input  wire logic [    IndexBits-1:0] shown_vector,
    output      logic [INTERVAL_BITS-1:0] shown_interval,
    output      logic [INTERVAL_BITS-4:0] shown_left,      // of its countdown, in units of 8 us, rounded down
    output      logic [     TimeBits-1:0] shown_expiry
);
  (* mem2reg *) logic [TimeBits-1:0] expiry[VECTORS];
  (* mem2reg *) logic [INTERVAL_BITS-1:0] interval[VECTORS];

  logic [TimeBits-1:0] now, written, ends;
  always_comb begin
    now = {now_us, now_clock};
    written = {now_us + US_BITS'(write_left), now_clock};
  end

  always_comb begin
    ready = '0;
    early = '0;
    due_valid = owed != 0;
    due = {TimeBits{1'b1}};
    ends = '0;
    if (owed != 0) begin
      for (int unsigned v = 0; v < VECTORS; v++) begin
        if (owed[v]) begin
          ends = expiry[v];
          if (write && !write_keeps && write_vector == IndexBits'(v)) ends = written;
          if (expire || ends <= now) begin
            ready[v] = 1'b1;
          end else if (bypass[v]) begin
            ready[v] = 1'b1;
            early[v] = 1'b1;
          end
          if (ready[v]) ends = now;
          else if (waiting[v] && waits_until < ends) ends = waits_until;
          if (ends < due) due = ends;
        end
      end
    end
  end

  // At a grant the countdown begins: the interval, but one clock at least.
  logic [TimeBits-1:0] next_clock;
  always_comb begin
    next_clock = {now_us, now_clock + 1'b1};
    if (now_clock == ClockBits'(CLOCKS - 1)) next_clock = {now_us + 1'b1, {ClockBits{1'b0}}};
  end

  function automatic logic [TimeBits-1:0] countdown(input logic [INTERVAL_BITS-1:0] microseconds);
    countdown = microseconds == 0 ? next_clock : {now_us + US_BITS'(microseconds), now_clock};
  endfunction

  always_ff @(posedge clk) begin
    if (rst) begin
      for (int unsigned v = 0; v < VECTORS; v++) begin
        expiry[v] <= '0;
        interval[v] <= '0;
      end
    end else begin
      if (taken != 0 || expire || write) begin
        for (int unsigned v = 0; v < VECTORS; v++) begin
          if (write && write_vector == IndexBits'(v)) interval[v] <= write_interval;
          if (taken[v] && write && write_vector == IndexBits'(v))
            expiry[v] <= countdown(write_interval);
          else if (taken[v]) expiry[v] <= countdown(interval[v]);
          else if (write && !write_keeps && write_vector == IndexBits'(v)) expiry[v] <= written;
          else if (expire && expiry[v] > now) expiry[v] <= now;
        end
      end
    end
  end

  // Both instants count from the same edge: units of 8 us are subtracted, and what is less can only borrow one.
  localparam int unsigned Unit = ClockBits + 3;
  localparam int unsigned UnitsBits = INTERVAL_BITS - 3;
  always_comb begin
    shown_interval = interval[shown_vector];
    shown_expiry = expiry[shown_vector];
    shown_left = '0;
    if (shown_expiry > now)
      shown_left = shown_expiry[Unit+:UnitsBits] - now[Unit+:UnitsBits] - UnitsBits'(shown_expiry[Unit-1:0] < now[Unit-1:0]);
  end

  always_ff @(posedge clk) begin
    if (!rst) begin
      assert (now_clock <= ClockBits'(CLOCKS - 1));
      assert ((taken & ~ready) == 0 && (ready & ~owed) == 0);
    end
  end
endmodule

`default_nettype wire
