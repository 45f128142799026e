// Interrupt moderation: causes and masks, one countdown a vector, low-latency credits; who may interrupt, and when.
//
// Interface: docs/rtl.md, section intr_throttle; README.md beside this file lists what is combinational. Levels: now_*,
// other_level, eitr_vector, the two readings. Strobes: everything else that comes in. Countdowns are instants against
// the device's counter now_*, so the clock may stand still while they run.
// Latency: what comes in in cycle c shows in grant and due of c; registers change at its end. Within a cycle: refill of
// credits, then the one register access (write, read, reset, expire), then causes, then the grant.
`default_nettype none

module intr_throttle #(
    parameter int unsigned VECTORS = i350_pkg::VECTORS,               // 1 … 32
    parameter int unsigned US_BITS = 45,                              // of the device's counter of microseconds
    parameter int unsigned CLOCKS = i350_pkg::CLOCKS_PER_US,          // fewer only in proofs
    parameter int unsigned INTERVAL_BITS = i350_pkg::EITR_INTERVAL_BITS,   // fewer only in proofs
    parameter int unsigned CREDIT_BITS = i350_pkg::EITR_LL_COUNTER_BITS,   // fewer only in proofs
    localparam int unsigned ClockBits = $clog2(CLOCKS),
    localparam int unsigned TimeBits = US_BITS + ClockBits,
    localparam int unsigned IndexBits = VECTORS > 1 ? $clog2(VECTORS) : 1
) (
    input wire logic clk,
    input wire logic rst,

    // the device's clock: microseconds since power-on, and clocks of the current one
    input wire logic [  US_BITS-1:0] now_us,
    input wire logic [ClockBits-1:0] now_clock,

    // which readings of the data sheet
    input wire logic write_reloads_interval,
    input wire logic low_latency_unless_limited,

    // registers
    input  wire logic                 write_valid,
    input  wire logic [          2:0] write_select,  // THROTTLE_*
    input  wire logic [IndexBits-1:0] write_vector,  // of EITR
    input  wire logic [         31:0] write_value,
    input  wire logic                 read_eicr,
    input  wire logic                 port_reset,
    input  wire logic                 expire,
    output      logic [         31:0] eicr,
    output      logic [         31:0] eims,
    output      logic [         31:0] eiac,
    output      logic [         31:0] eiam,
    output      logic [         31:0] gpie,
    input  wire logic [IndexBits-1:0] eitr_vector,
    output      logic [         31:0] eitr,
    output      logic [ TimeBits-1:0] expiry,

    // causes
    input wire logic [       31:0] set_causes,
    input wire logic               other_level,
    input wire logic [VECTORS-1:0] low_latency,

    // messages
    output      logic [ VECTORS-1:0] grant,
    input  wire logic                grant_ready,
    output      logic                due_valid,
    output      logic [TimeBits-1:0] due,
    output      logic [ VECTORS-1:0] line,
    output      logic [ VECTORS-1:0] asserted,

    output      logic                wake_valid,
    output      logic [TimeBits-1:0] wake,
    output      logic                idle
);
  localparam logic [31:0] VectorMask = 32'hFFFF_FFFF >> (32 - VECTORS);

  // EICR without the level, and what the last edge left.
  logic [31:0] causes;
  logic [VECTORS-1:0] was_line, owed, urgent;
  logic was_other;

  // After the register access (a), after this cycle's causes (b), after the grant (next).
  logic [31:0] causes_a, causes_b, causes_next, mask_a, mask_next, clear_a, automask_a, gpie_a;
  logic [VECTORS-1:0] line_a, line_b, line_next, owed_a, owed_b, urgent_a, urgent_b, urgent_next;
  logic spread, spread_a;  // Multiple_MSIX
  logic [31:0] valid_a, granted_causes;
  logic [VECTORS-1:0] taken;

  logic write_eitr, write_keeps;
  logic [VECTORS-1:0] low_latency_enabled, bypass, waiting, early;
  logic refill_due;
  logic [INTERVAL_BITS-1:0] shown_interval;
  logic [INTERVAL_BITS-4:0] shown_left;  // units of 8 us
  logic [TimeBits-1:0] wake_next;
  logic shown_enable;
  logic [CREDIT_BITS-1:0] shown_credits;

  // EICR with the level of the other causes, which is no latch.
  function automatic logic [31:0] with_other(input logic [31:0] latched, input logic level, input logic one_a_vector);
    with_other = latched;
    if (level && !one_a_vector) with_other[i350_pkg::EICR_OTHER] = 1'b1;
  endfunction

  // Vectors that `causes` stand for: each its own bit, or all bits together as vector 0.
  function automatic logic [VECTORS-1:0] vectors_of(input logic [31:0] bits, input logic one_a_vector);
    vectors_of = '0;
    if (one_a_vector) vectors_of = bits[VECTORS-1:0];
    else vectors_of[0] = (bits & i350_pkg::EICR_SINGLE_MASK) != 0;
  endfunction

  always_comb begin
    spread = gpie[i350_pkg::GPIE_MULTIPLE_MSIX];
    spread_a = spread;
    if (port_reset) spread_a = 1'b0;
    else if (write_valid && write_select == 3'(i350_pkg::THROTTLE_GPIE))
      spread_a = write_value[i350_pkg::GPIE_MULTIPLE_MSIX];
    valid_a = spread_a ? VectorMask : i350_pkg::EICR_SINGLE_MASK;
  end

  // The register access.
  always_comb begin
    write_eitr = write_valid && write_select == 3'(i350_pkg::THROTTLE_EITR);
    write_keeps = write_value[i350_pkg::EITR_CNT_INGR];
    causes_a = causes;
    mask_a = eims;
    clear_a = eiac;
    automask_a = eiam;
    gpie_a = gpie;
    if (port_reset) begin
      causes_a = '0;
      mask_a = 32'd1 << i350_pkg::EICR_OTHER;
      clear_a = '0;
      automask_a = '0;
      gpie_a = '0;
    end else if (read_eicr) begin
      if (!spread) causes_a = '0;
      if (!gpie[i350_pkg::GPIE_EIAME]) mask_a = eims & ~eiam;
    end else if (write_valid) begin
      case (write_select)
        3'(i350_pkg::THROTTLE_EICR): begin
          causes_a = causes & ~write_value;
          if (!gpie[i350_pkg::GPIE_EIAME]) mask_a = eims & ~(write_value & eiam);
        end
        3'(i350_pkg::THROTTLE_EICS): begin
          causes_a = causes | (write_value & valid_a);
          if (!gpie[i350_pkg::GPIE_EIAME]) mask_a = eims | (write_value & eiam);
        end
        3'(i350_pkg::THROTTLE_EIMS): mask_a = eims | (write_value & valid_a);
        3'(i350_pkg::THROTTLE_EIMC): mask_a = eims & ~write_value;
        3'(i350_pkg::THROTTLE_EIAC): clear_a = write_value & VectorMask;
        3'(i350_pkg::THROTTLE_EIAM): automask_a = write_value & (VectorMask | i350_pkg::EICR_SINGLE_MASK);
        3'(i350_pkg::THROTTLE_GPIE): gpie_a = write_value;
        default: ;  // EITR
      endcase
    end
  end

  // A line that falls in the register access and rises by a cause has risen; a level that falls does so first.
  always_comb begin
    line_a = vectors_of(with_other(causes_a, other_level && was_other, spread_a) & mask_a, spread_a);
    owed_a = (owed | (line_a & ~was_line)) & line_a;
    causes_b = causes_a | (set_causes & valid_a);
    line_b = vectors_of(with_other(causes_b, other_level, spread_a) & mask_a, spread_a);
    owed_b = owed_a | (line_b & ~line_a);
  end

  // Low latency: which vectors have such a cause.
  always_comb begin
    urgent_a = urgent & vectors_of(with_other(causes_a, other_level && was_other, spread_a), spread_a);
    urgent_b = urgent_a;
    if (low_latency != 0)
      urgent_b = urgent_a | ((spread_a ? low_latency : VECTORS'(1)) & low_latency_enabled &
                             vectors_of(with_other(causes_b, other_level, spread_a), spread_a));
  end

  // Messages.
  always_comb begin
    taken = grant_ready ? grant : '0;
    granted_causes = '0;
    if (spread_a) granted_causes[VECTORS-1:0] = taken;
    else if (taken[0])
      granted_causes = with_other(causes_b, other_level, 1'b0) & mask_a & i350_pkg::EICR_SINGLE_MASK;
    causes_next = spread_a ? causes_b & ~(granted_causes & clear_a) : causes_b;
    mask_next = gpie_a[i350_pkg::GPIE_EIAME] ? mask_a & ~(granted_causes & automask_a) : mask_a;
    line_next = vectors_of(with_other(causes_next, other_level, spread_a) & mask_next, spread_a);
    urgent_next = urgent_b & ~taken & vectors_of(with_other(causes_next, other_level, spread_a), spread_a);
  end

  always_ff @(posedge clk) begin
    if (rst) begin
      causes <= '0;
      eims <= 32'd1 << i350_pkg::EICR_OTHER;
      eiac <= '0;
      eiam <= '0;
      gpie <= '0;
      was_line <= '0;
      owed <= '0;
      urgent <= '0;
      was_other <= 1'b0;
    end else begin
      causes <= causes_next;
      eims <= mask_next;
      eiac <= clear_a;
      eiam <= automask_a;
      gpie <= gpie_a;
      was_line <= line_next;
      owed <= owed_b & ~taken & line_next;
      urgent <= urgent_next;
      was_other <= other_level;
    end
  end

  // What is shown of it.
  always_comb begin
    eicr = with_other(causes, other_level, spread);
    line = line_b;
    asserted = line_b & ~owed_b;
    idle = other_level == was_other && !refill_due;
    eitr = '0;
    eitr[i350_pkg::EITR_INTERVAL_LSB+:INTERVAL_BITS] = shown_interval;
    eitr[i350_pkg::EITR_LLI_EN] = shown_enable;
    eitr[i350_pkg::EITR_LL_COUNTER_LSB+:CREDIT_BITS] = shown_credits;
    eitr[i350_pkg::EITR_COUNTER_LSB+:INTERVAL_BITS-3] = shown_left;
  end

  intr_throttle_counters #(
      .VECTORS(VECTORS),
      .US_BITS(US_BITS),
      .CLOCKS(CLOCKS),
      .INTERVAL_BITS(INTERVAL_BITS)
  ) counters (
      .clk,
      .rst,
      .now_us,
      .now_clock,
      .write(write_eitr),
      .write_vector,
      .write_interval(write_value[i350_pkg::EITR_INTERVAL_LSB+:INTERVAL_BITS]),
      .write_keeps,
      .write_left(write_reloads_interval ? write_value[i350_pkg::EITR_INTERVAL_LSB+:INTERVAL_BITS] :
                                           {write_value[i350_pkg::EITR_COUNTER_LSB+:INTERVAL_BITS-3], 3'd0}),
      .expire,
      .owed(owed_b),
      .bypass,
      .waiting,
      .waits_until(wake_next),
      .ready(grant),
      .early,
      .taken,
      .due_valid,
      .due,
      .shown_vector(eitr_vector),
      .shown_interval,
      .shown_left,
      .shown_expiry(expiry)
  );

  intr_throttle_credits #(
      .VECTORS(VECTORS),
      .US_BITS(US_BITS),
      .CLOCKS(CLOCKS),
      .CREDIT_BITS(CREDIT_BITS)
  ) low_latency_credits (
      .clk,
      .rst,
      .now_us,
      .now_clock,
      .unless_limited(low_latency_unless_limited),
      .write(write_eitr),
      .write_vector,
      .write_enable(write_value[i350_pkg::EITR_LLI_EN]),
      .write_keeps,
      .write_credits(write_value[i350_pkg::EITR_LL_COUNTER_LSB+:CREDIT_BITS]),
      .interval(gpie[i350_pkg::GPIE_LL_INTERVAL_LSB+:i350_pkg::GPIE_LL_INTERVAL_BITS]),
      .interval_a(gpie_a[i350_pkg::GPIE_LL_INTERVAL_LSB+:i350_pkg::GPIE_LL_INTERVAL_BITS]),
      .urgent(urgent_b),
      .enabled(low_latency_enabled),
      .bypass,
      .waiting,
      .paid(taken & early),
      .refill_due,
      .wake_valid,
      .wake,
      .wake_next,
      .shown_vector(eitr_vector),
      .shown_enable,
      .shown_credits
  );

  always_ff @(posedge clk) begin
    if (!rst) begin
      // One register access a cycle.
      assert ($countones({write_valid, read_eicr, port_reset, expire}) <= 1);
      // What is owed is caused and unmasked; a message has a cause.
      assert ((owed & ~was_line) == 0);
      assert ((grant & ~line_b) == 0);
    end
  end
endmodule

`default_nettype wire
