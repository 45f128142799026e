// What may be inserted into a packet, and where its L4 checksum field lies: the checks of hw::insert_checksums, in
// their order.
//
// Interface: the packet's context and its length in bytes (any value above 656 stands for all of them).
// Latency: none, combinational.
`default_nettype none

module tx_checksum_check (
    input  wire logic       ip,        // an IPv4 header checksum is wanted
    input  wire logic       txsm,      // an L4 checksum is wanted
    input  wire logic [8:0] iplen,
    input  wire logic [1:0] l4t,
    input  wire logic [9:0] l4_start,
    input  wire logic [9:0] length,
    output      logic       ip_insert,
    output      logic       l4_insert,
    output      logic [9:0] l4_offset,
    output      logic [2:0] error
);
  localparam logic [2:0] Ok = 3'(i350_pkg::TX_CHECKSUM_OK);
  localparam logic [2:0] IpOutside = 3'(i350_pkg::TX_CHECKSUM_IP_HEADER_OUTSIDE_FRAME);
  localparam logic [2:0] IpShort = 3'(i350_pkg::TX_CHECKSUM_IP_HEADER_TOO_SHORT);
  localparam logic [2:0] L4Outside = 3'(i350_pkg::TX_CHECKSUM_L4_HEADER_OUTSIDE_FRAME);
  localparam logic [2:0] L4Reserved = 3'(i350_pkg::TX_CHECKSUM_L4_TYPE_RESERVED);
  localparam logic [1:0] Tcp = 2'(i350_pkg::TXC_L4T_TCP);
  localparam logic [1:0] Sctp = 2'(i350_pkg::TXC_L4T_SCTP);
  localparam logic [1:0] Reserved = 2'b11;

  logic [9:0] l4_end;  // of the checksum field
  always_comb begin
    unique case (l4t)
      Tcp: begin
        l4_offset = l4_start + 10'd16;
        l4_end = l4_start + 10'd18;
      end
      Sctp: begin
        l4_offset = l4_start + 10'd8;
        l4_end = l4_start + 10'd12;
      end
      default: begin
        l4_offset = l4_start + 10'd6;
        l4_end = l4_start + 10'd8;
      end
    endcase
  end

  always_comb begin
    error = Ok;
    if (ip || txsm) begin
      if (l4_start > length) error = IpOutside;
      else if (ip && iplen < 20) error = IpShort;
      else if (txsm && l4t == Reserved) error = L4Reserved;
      else if (txsm && l4_end > length) error = L4Outside;
    end
    ip_insert = ip && error == Ok;
    l4_insert = txsm && error == Ok && l4t != Sctp;
  end
endmodule

`default_nettype wire
