// What rtl/intr_throttle promises (docs/rtl.md), at small widths, for every history of its inputs, resets included.
//
// One vector, any one, is watched through the ports. GAP, CAUSE, KEPT and CREDITS choose what is asserted; the links
// between what is watched and the block's registers make the induction strong enough and are proved with each. (yosys
// joins a wire marked hierconn with the one of that name.) Assumed: time does not run backwards nor past a refill, and one
// register access a cycle.
`default_nettype none

module intr_throttle_proof #(
    parameter int unsigned VECTORS = 2,
    parameter int unsigned US_BITS = 8,
    parameter int unsigned CLOCKS = 2,
    parameter int unsigned INTERVAL_BITS = 4,
    parameter int unsigned CREDIT_BITS = 2,
    localparam int unsigned TimeBits = US_BITS + 1,
    localparam int unsigned Num = TimeBits + 1
) (
    input wire logic               clk,
    input wire logic               rst,
    input wire logic [US_BITS-1:0] now_us,
    input wire logic               now_clock,
    input wire logic               write_reloads_interval,
    input wire logic               low_latency_unless_limited,
    input wire logic               write_valid,
    input wire logic [        2:0] write_select,
    input wire logic               write_vector,
    input wire logic [       31:0] write_value,
    input wire logic               read_eicr,
    input wire logic               port_reset,
    input wire logic               expire,
    input wire logic [       31:0] set_causes,
    input wire logic               other_level,
    input wire logic [VECTORS-1:0] low_latency,
    input wire logic               grant_ready,
    input wire logic               which  // the vector that is watched
);
  logic [31:0] eicr, eims, eiac, eiam, gpie, eitr;
  logic [TimeBits-1:0] expiry, due, wake;
  logic [VECTORS-1:0] grant, line, asserted;
  logic due_valid, wake_valid, idle;

  intr_throttle #(
      .VECTORS(VECTORS),
      .US_BITS(US_BITS),
      .CLOCKS(CLOCKS),
      .INTERVAL_BITS(INTERVAL_BITS),
      .CREDIT_BITS(CREDIT_BITS)
  ) block (
      .clk(clk),
      .rst(rst),
      .now_us(now_us),
      .now_clock(now_clock),
      .write_reloads_interval(write_reloads_interval),
      .low_latency_unless_limited(low_latency_unless_limited),
      .write_valid(write_valid),
      .write_select(write_select),
      .write_vector(write_vector),
      .write_value(write_value),
      .read_eicr(read_eicr),
      .port_reset(port_reset),
      .expire(expire),
      .eicr(eicr),
      .eims(eims),
      .eiac(eiac),
      .eiam(eiam),
      .gpie(gpie),
      .eitr_vector(which),
      .eitr(eitr),
      .expiry(expiry),
      .set_causes(set_causes),
      .other_level(other_level),
      .low_latency(low_latency),
      .grant(grant),
      .grant_ready(grant_ready),
      .due_valid(due_valid),
      .due(due),
      .line(line),
      .asserted(asserted),
      .wake_valid(wake_valid),
      .wake(wake),
      .idle(idle)
  );

  // Registers of the block.
  (* hierconn *)wire [VECTORS-1:0] \block.owed ;
  (* hierconn *)wire [VECTORS-1:0] \block.urgent ;
  (* hierconn *)wire [VECTORS-1:0] \block.was_line ;
  (* hierconn *)wire \block.was_other ;
  (* hierconn *)wire [31:0] \block.causes ;

  logic [TimeBits-1:0] now;
  logic owed, urgent, was_line, sent, write_counts, write_here;
  logic [INTERVAL_BITS-1:0] interval;  // after this cycle's write
  always_comb begin
    now = {now_us, now_clock};
    owed = \block.owed [which];
    urgent = \block.urgent [which];
    was_line = \block.was_line [which];
    sent = grant_ready && grant[which];
    write_here = write_valid && write_select == 3'(i350_pkg::THROTTLE_EITR) && write_vector == which;
    write_counts = write_here && !write_value[i350_pkg::EITR_CNT_INGR];
    interval = write_here ? write_value[i350_pkg::EITR_INTERVAL_LSB+:INTERVAL_BITS] :
                            eitr[i350_pkg::EITR_INTERVAL_LSB+:INTERVAL_BITS];
  end

  // EICR & EIMS of the vector as registers have it, with the level of the other causes as the last edge saw it.
  logic spread, high;
  logic [31:0] active;
  always_comb begin
    spread = gpie[i350_pkg::GPIE_MULTIPLE_MSIX];
    active = \block.causes ;
    if (!spread && \block.was_other ) active[i350_pkg::EICR_OTHER] = 1'b1;
    active = active & eims & (spread ? 32'd3 : i350_pkg::EICR_SINGLE_MASK);
    high = spread ? active[which] : which == 1'b0 && active != 0;
  end

  // Nothing in this cycle can lower a line, or look at one that was lowered and raised again.
  logic calm;
  always_comb
    calm = !port_reset && !read_eicr && !(\block.was_other && !other_level) &&
        !(write_valid && (write_select == 3'(i350_pkg::THROTTLE_EICR) || write_select == 3'(i350_pkg::THROTTLE_EIMC) ||
                          write_select == 3'(i350_pkg::THROTTLE_GPIE)));

  // --- what is assumed ------------------------------------------------------------------------------------------------
  logic started;
  initial started = 1'b0;
  logic [TimeBits-1:0] was_now;
  logic was_which, was_reloads, was_unless, was_rst, was_sent;
  always_ff @(posedge clk) begin
    started <= 1'b1;
    was_now <= now;
    was_which <= which;
    was_rst <= rst;
    was_sent <= sent;
    was_reloads <= write_reloads_interval;
    was_unless <= low_latency_unless_limited;
  end
  always_comb begin
    assume (started || rst);
    assume ($countones({write_valid, read_eicr, port_reset, expire}) <= 1);
    assume (now_us < 8'd100);  // room for the longest countdown and refill
    if (started) begin
      assume (now >= was_now && which == was_which);
      assume (write_reloads_interval == was_reloads && low_latency_unless_limited == was_unless);
      if (!rst) assume (!wake_valid || now <= wake);
    end
  end

`ifdef STEADY
  // MSI-X mode from the first access on, software that does what igb does: long histories in little time.
  always_comb begin
    assume (rst == !started && !other_level && !low_latency_unless_limited);
    assume (set_causes[31:2] == 0 && !port_reset && !read_eicr && !write_reloads_interval);
    if (write_select == 3'(i350_pkg::THROTTLE_GPIE)) assume ((write_value & ~32'h4000_0080) == 32'h10);
    else if (write_select == 3'(i350_pkg::THROTTLE_EITR)) assume ((write_value & ~32'h8021_8008) == 0);
    else assume ((write_value & ~32'd3) == 0);
  end
`endif

  // --- links ----------------------------------------------------------------------------------------------------------
  always_ff @(posedge clk) begin
    if (started && !rst) begin
      assert (was_line == high);
      assert (!owed || was_line);
    end
  end

`ifdef GAP
  // Between two messages of a vector lies the interval it had at the first, unless software moves the countdown or a
  // low-latency cause comes.
  logic counting, free;  // a message was sent; the next is not bound to it
  logic [Num-1:0] not_before;
  logic asks;
  always_comb asks = low_latency[which] || (!spread && low_latency != 0) || (!calm && low_latency != 0);
  always_ff @(posedge clk) begin
    if (rst) begin
      counting <= 1'b0;
    end else if (sent) begin
      counting <= 1'b1;
      free <= 1'b0;
      not_before <= Num'(now) + (interval == 0 ? Num'(1) : {4'd0, interval, 1'b0});
    end else if (write_counts || expire || asks) begin
      free <= 1'b1;
    end
    if (started && !rst && counting && !free) begin
      assert (!urgent && Num'(expiry) >= not_before);
      if (sent && !write_counts && !expire && !asks) assert (Num'(now) >= not_before);
    end
  end
`endif

`ifdef CAUSE
  // A message has a cause, and it is the only one for it.
  logic told;  // a message went out for the line as it is
  logic was_line_out;
  always_ff @(posedge clk) begin
    was_line_out <= line[which];
    if (rst) told <= 1'b0;
    else told <= sent || (told && calm && high);
    if (started && !rst) begin
      assert ((grant & ~line) == 0 && (asserted & ~line) == 0);
      assert (!grant[which] || !asserted[which]);
      // What line says is what the registers then are, but for what the message itself clears.
      if (!was_rst && !was_sent) assert (high == was_line_out);
      if (told && high) assert (!owed);
      if (told && high && calm) assert (!grant[which]);
      // While nothing is due nobody sends, and who may send is due.
      assert ((grant != 0) == (due_valid && due <= now));
    end
  end
`endif

`ifdef KEPT
  // No cause is lost: a line that rose gets its message when the countdown is over, however often it is looked at.
  logic news;  // the line rose, and no message went out since
  logic was_high, was_dip, was_spread, was_set, was_cause, was_kept;
  always_ff @(posedge clk) begin
    was_high <= high;
    was_spread <= spread && !port_reset && !(write_valid && write_select == 3'(i350_pkg::THROTTLE_GPIE));
    was_set <= set_causes[which];
    // Cleared and set again in one cycle is a rise, too.
    was_dip <= spread && set_causes[which] && write_valid && write_select == 3'(i350_pkg::THROTTLE_EICR) && write_value[which];
    was_cause <= \block.causes [which];
    was_kept <= !port_reset && !(write_valid && write_select == 3'(i350_pkg::THROTTLE_EICR) && write_value[which]);
    if (started && !rst && !was_rst) begin
      // A cause stays until software clears it or its message goes out.
      if (was_spread && !was_sent && (was_set || (was_cause && was_kept))) assert (\block.causes [which]);
      if (high && (!was_high || was_dip)) assert (owed || was_sent);
    end
    if (started && !rst) begin
      if (news && high) assert (owed);
      if (news && high && calm) begin
        assert (due_valid);
        if (!write_counts) assert (due <= now || due <= expiry);
        if (expiry <= now && !write_counts) assert (grant[which]);
        if (expire) assert (grant[which]);
      end
    end
    if (rst) news <= 1'b0;
    else news <= (news || (started && !was_rst && high && !was_high && !was_sent)) && high && !sent && calm;
  end
`endif

`ifdef CREDITS
  // Who does not wait for the countdown has a low-latency cause, and pays for it.
  logic paid, was_write, limited;
  logic [CREDIT_BITS-1:0] credits, was_credits;
  always_comb begin
    credits = eitr[i350_pkg::EITR_LL_COUNTER_LSB+:CREDIT_BITS];  // this cycle's refill included
    limited = eitr[i350_pkg::EITR_LLI_EN];
    paid = sent && !write_here && !expire && expiry > now;
  end
  always_ff @(posedge clk) begin
    was_credits <= credits - CREDIT_BITS'(paid && limited);
    was_write <= write_here;
    if (started && !rst) begin
      if (paid) begin
        assert (urgent || low_latency != 0);
        assert (limited ? credits != 0 : low_latency_unless_limited);
      end
      // Credits change by refills, payment and software only; the timer runs when one is missing and may come.
      if (!was_rst && !was_write && !(wake_valid && wake == now)) assert (credits == was_credits);
      if (limited && credits != {CREDIT_BITS{1'b1}} && gpie[i350_pkg::GPIE_LL_INTERVAL_LSB+:5] != 0 &&
          !(wake_valid && wake == now))
        assert (wake_valid);
    end
  end
`endif

`ifdef REACH
  logic held, again;
  logic [TimeBits-1:0] first;
  always_ff @(posedge clk) begin
    if (rst) begin
      again <= 1'b0;
      held <= 1'b0;
    end else begin
      if (sent) begin
        again <= 1'b1;
        first <= now;
      end
      held <= again && owed && expiry > now && !grant[which];
    end
    if (started && !rst) begin
      // A second message that waited for its countdown; one that paid instead; both vectors at once; a refill.
      cover (again && held && sent && now > first + 2);
      cover (again && sent && expiry > now && !write_here && !expire && eitr[i350_pkg::EITR_LLI_EN]);
      cover (grant == 2'd3 && grant_ready);
      cover (wake_valid && wake == now && eitr[i350_pkg::EITR_LLI_EN]);
    end
  end
`endif
endmodule

`default_nettype wire
