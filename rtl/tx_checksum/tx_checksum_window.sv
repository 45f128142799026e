// Which bytes of a beat count for which checksum.
//
// Interface: position of the beat's first byte in the packet, and where its headers start. Bit i is byte i of the beat.
// in_ip: from l3_start to l4_start, but for the IPv4 checksum field itself; in_l4: from l4_start to the packet's end.
// Latency: none, combinational.
`default_nettype none

module tx_checksum_window #(
    parameter int unsigned DATA_BYTES = 32
) (
    input  wire logic [                     9:0] position,
    input  wire logic                            last,
    input  wire logic [$clog2(DATA_BYTES+1)-1:0] bytes,     // of the last beat
    input  wire logic [                     9:0] l3_start,
    input  wire logic [                     9:0] l4_start,
    output      logic [          DATA_BYTES-1:0] in_ip,
    output      logic [          DATA_BYTES-1:0] in_l4
);
  localparam logic [9:0] Field = 10, FieldEnd = 12;

  // The bytes of the beat from byte `start` of the packet on.
  function automatic logic [DATA_BYTES-1:0] from(input logic [9:0] start, input logic [9:0] beat);
    from = start > beat ? {DATA_BYTES{1'b1}} << (start - beat) : {DATA_BYTES{1'b1}};
  endfunction

  logic [DATA_BYTES-1:0] from_l4, field, present;
  always_comb begin
    from_l4 = from(l4_start, position);
    field = from(l3_start + Field, position) & ~from(l3_start + FieldEnd, position);
    present = last ? ~({DATA_BYTES{1'b1}} << bytes) : '1;
    in_ip = from(l3_start, position) & ~from_l4 & ~field;
    in_l4 = from_l4 & present;
  end
endmodule

`default_nettype wire
