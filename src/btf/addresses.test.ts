import assert from "node:assert/strict";
import { isIPv4, isIPv6 } from "node:net";
import { test } from "node:test";
import fc from "fast-check";
import { formatIpv4, formatIpv6, formatMac, ipv4, ipv6, mac, parseIpv4, parseIpv6, parseMac } from "./addresses.ts";

test("an IPv4 address is the number that a little-endian machine reads from the wire", () => {
  assert.equal(ipv4("203.0.113.0"), 0x007100cb);
  assert.equal(ipv4("255.255.255.255"), 0xffffffff);
  assert.equal(formatIpv4(0x0100007f), "127.0.0.1");
});

test("IPv4 text is four decimal numbers, nothing else", () => {
  for (const text of ["", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.4 ", "0x1.2.3.4", "1..3.4"]) {
    assert.equal(parseIpv4(text), null, text);
    assert.throws(() => ipv4(text), RangeError);
  }
});

test("IPv6 text is written as RFC 5952 recommends", () => {
  for (const [text, canonical] of [
    ["2001:0DB8:0:0:0:0:0:1", "2001:db8::1"],
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["::", "::"],
    ["1::", "1::"],
    ["::1", "::1"],
    ["0:0:1:0:0:0:1:0", "0:0:1::1:0"],
    ["1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"],
    ["::ffff:c000:0201", "::ffff:192.0.2.1"],
    ["64:ff9b::192.0.2.33", "64:ff9b::c000:221"],
  ] as const) {
    assert.equal(formatIpv6(ipv6(text)), canonical);
  }
});

test("all addresses come back from their text", () => {
  const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
  fc.assert(fc.property(fc.nat(0xffffffff), (address) => ipv4(formatIpv4(address)) === address));
  fc.assert(fc.property(bytes(6), (address) => assert.deepEqual(mac(formatMac(address)), address)));
  // Few distinct bytes, so that runs of zeros occur.
  const sparse = fc
    .array(fc.constantFrom(0, 0, 0, 1, 255), { minLength: 16, maxLength: 16 })
    .map((list) => Uint8Array.from(list));
  fc.assert(fc.property(sparse, (address) => assert.deepEqual(ipv6(formatIpv6(address)), address)));
});

test("Node takes the same texts for addresses", () => {
  const text = fc.string({
    unit: fc.constantFrom("0", "1", "a", "F", ":", ":", "::", ".", "255", "1.2.3.4", "g", "%"),
    maxLength: 12,
  });
  fc.assert(
    fc.property(text, (candidate) => {
      assert.equal(parseIpv4(candidate) !== null, isIPv4(candidate));
      // Node also takes a zone, which belongs to a host, not to an address.
      assert.equal(parseIpv6(candidate) !== null, isIPv6(candidate) && !candidate.includes("%"));
    }),
    { numRuns: 3000 },
  );
});

test("hardware addresses take one kind of separator", () => {
  assert.equal(formatMac(mac("AA-bb-CC-00-01-02")), "aa:bb:cc:00:01:02");
  for (const text of ["aa:bb-cc:00:01:02", "aa:bb:cc:00:01", "aabbcc000102", "aa:bb:cc:00:01:0g"])
    assert.equal(parseMac(text), null, text);
});
