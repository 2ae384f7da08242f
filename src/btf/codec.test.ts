import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { BtfBuilder } from "./builder.ts";
import { makeCodec } from "./codec.ts";
import { BtfError, ValueError } from "./errors.ts";
import { withTypes } from "./testing.ts";

type Define = (builder: BtfBuilder) => number;

/** The codec of one type, with its bytes as hexadecimal text. */
function codecOf(define: Define, options: { littleEndian?: boolean; name?: string } = {}) {
  const { btf, id } = withTypes(define, { littleEndian: options.littleEndian ?? true });
  const codec = makeCodec(btf, id, options);
  return {
    size: codec.size,
    encode(value: unknown): string {
      // Not zero before, so that unwritten padding shows.
      const bytes = new Uint8Array(codec.size).fill(0xee);
      codec.encode(value, bytes, 0);
      return Buffer.from(bytes).toString("hex");
    },
    decode: (hex: string): unknown => codec.decode(Uint8Array.from(Buffer.from(hex, "hex")), 0),
  };
}

const u8: Define = (b) => b.int("unsigned char", 1);
const u16: Define = (b) => b.int("unsigned short", 2);
const u32: Define = (b) => b.int("unsigned int", 4);
const i32: Define = (b) => b.int("int", 4, { signed: true });
const u64: Define = (b) => b.int("unsigned long long", 8);
const i64: Define = (b) => b.int("long long", 8, { signed: true });
const bool: Define = (b) => b.int("_Bool", 1, { bool: true });
const array =
  (element: Define, length: number): Define =>
  (b) =>
    b.array(element(b), length);
const text = (length: number): Define => array((b) => b.int("char", 1), length);

interface Place {
  readonly type: Define;
  /** Bits. */
  readonly at: number;
  readonly bits?: number;
}

const struct =
  (size: number, members: Readonly<Record<string, Place>>, kind: "struct" | "union" = "struct", name = "pair"): Define =>
  (b) => {
    const list = Object.entries(members).map(([name, { type, at, bits = 0 }]) => ({
      name: name.startsWith("anonymous") ? "" : name,
      type: type(b),
      bitOffset: at,
      bitSize: bits,
    }));
    return b[kind](name, size, list);
  };

test("a map's key, as people give it", () => {
  const prefix = codecOf(struct(8, { prefixLength: { type: u32, at: 0 }, address: { type: u32, at: 32 } }));
  assert.equal(prefix.encode({ prefixLength: 24, address: "203.0.113.0" }), "18000000cb007100");
  assert.deepEqual(prefix.decode("18000000cb007100"), { prefixLength: 24, address: 0x007100cb });
});

test("values to bytes and back", () => {
  const cases: [string, Define, unknown, string, unknown?][] = [
    // what, type, value, bytes; what is read back when that differs from the value
    ["u8", u8, 200, "c8"],
    ["u16", u16, 0x1234, "3412"],
    ["u32 from bigint", u32, 0xfffffffen, "feffffff", 0xfffffffe],
    ["i32", i32, -2, "feffffff"],
    ["u64", u64, 0x0102030405060708n, "0807060504030201"],
    ["u64 from number", u64, 2 ** 53 - 1, "ffffffffffff1f00", 2n ** 53n - 1n],
    ["i64", i64, -1n, "ffffffffffffffff"],
    ["i64 from number", i64, -(2 ** 33) - 5, "fbfffffffdffffff", -(2n ** 33n) - 5n],
    ["i128", (b) => b.int("__int128", 16, { signed: true }), -2n, `fe${"ff".repeat(15)}`],
    ["pointer", (b) => b.pointer(0), 0xffff888000000000n, "00000000" + "8088ffff"],
    ["bool", bool, true, "01"],
    ["bool from 0", bool, 0, "00", false],
    ["float", (b) => b.float("float", 4), -1.5, "0000c0bf"],
    ["double", (b) => b.float("double", 8), 0.1, "9a9999999999b93f"],
    ["long double", (b) => b.float("long double", 16), new Uint8Array(16).fill(7), "07".repeat(16)],
    ["text", text(8), "héllo", "68c3a96c6c6f0000"],
    ["text without room for a NUL", text(2), "ab", "6162"],
    ["text from bytes", text(2), Uint8Array.of(65, 0), "4100", "A"],
    ["no text", text(4), Uint8Array.of(0xff, 0, 1, 2), "ff000102"],
    ["bytes", array(u8, 3), Uint8Array.of(1, 2, 3), "010203"],
    ["bytes from numbers", array(u8, 3), [1, 2, 3], "010203", Uint8Array.of(1, 2, 3)],
    ["array", array(u16, 2), [1, 2], "01000200"],
    ["array from typed array", array(u16, 2), Uint16Array.of(1, 2), "01000200", [1, 2]],
    [
      "array of arrays",
      array(array(u16, 2), 2),
      [
        [1, 2],
        [3, 4],
      ],
      "0100020003000400",
    ],
    ["array of text", array(text(2), 2), ["a", "b"], "61006200"],
    ["through names", (b) => b.typedef("port_t", b.const(b.volatile(u16(b)))), 1, "0100"],
    ["__be16", (b) => b.typedef("__be16", u16(b)), 80, "0050"],
    ["__be32", (b) => b.const(b.typedef("__be32", u32(b))), 1, "00000001"],
    ["__be64", (b) => b.typedef("__be64", u64(b)), 1n, "0000000000000001"],
    ["array of __be16", array((b) => b.typedef("__be16", u16(b)), 2), [80, 443], "005001bb"],
    ["Ipv4Address", (b) => b.typedef("Ipv4Address", u32(b)), "192.0.2.1", "c0000201"],
    ["Ipv4Address from number", (b) => b.typedef("Ipv4Address", u32(b)), 0x010200c0, "c0000201", "192.0.2.1"],
    ["Ipv6Address", (b) => b.typedef("Ipv6Address", array(u8, 16)(b)), "2001:db8::1", "20010db8000000000000000000000001"],
    ["MacAddress", (b) => b.typedef("MacAddress", array(u8, 6)(b)), "02:00:5e:10:00:01", "02005e100001"],
    [
      "MacAddress from bytes",
      (b) => b.typedef("MacAddress", array(u8, 6)(b)),
      new Uint8Array(6),
      "000000000000",
      "00:00:00:00:00:00",
    ],
    ["another type of that name", (b) => b.typedef("MacAddress", u16(b)), 1, "0100"],
  ];
  for (const [what, define, value, bytes, back = value] of cases) {
    const codec = codecOf(define);
    assert.equal(codec.encode(value), bytes, what);
    assert.deepEqual(codec.decode(bytes), back, what);
  }
});

test("enums read as numbers and are given by number or name", () => {
  const color = codecOf((b) =>
    b.enum("color", 4, [
      { name: "RED", value: -1 },
      { name: "GREEN", value: 7 },
    ]),
  );
  assert.equal(color.encode("RED"), "ffffffff");
  assert.equal(color.encode(9), "09000000");
  assert.equal(color.decode("ffffffff"), -1);
  assert.throws(() => color.encode("GREAN"), {
    message: 'expected a number or one of RED, GREEN, found "GREAN" (did you mean "GREEN"?)',
  });
  const wide = codecOf((b) => b.enum64("wide", 8, [{ name: "TOP", value: 1n << 63n }]));
  assert.equal(wide.encode("TOP"), "0000000000000080");
  assert.equal(wide.decode("0000000000000080"), 1n << 63n);
});

test("struct padding is written as zero", () => {
  const padded = codecOf(struct(16, { small: { type: u8, at: 0 }, big: { type: u64, at: 64 } }));
  assert.equal(padded.encode({ small: 1, big: 2n }), "01000000000000000200000000000000");
  const packed = codecOf(struct(9, { small: { type: u8, at: 0 }, big: { type: u64, at: 8 } }));
  assert.equal(packed.encode({ small: 1, big: 2n }), "010200000000000000");
});

test("members of anonymous structs and unions are members of the struct around them", () => {
  const ports = struct(4, { source: { type: u16, at: 0 }, target: { type: u16, at: 16 } }, "struct", "");
  const either = struct(4, { raw: { type: u32, at: 0 }, anonymous: { type: ports, at: 0 } }, "union", "");
  const flow = codecOf(struct(8, { mark: { type: u32, at: 0 }, anonymous: { type: either, at: 32 } }));
  const decoded = { mark: 1, raw: 0x00020001, source: 1, target: 2 };
  assert.deepEqual(flow.decode("0100000001000200"), decoded);
  assert.equal(flow.encode({ mark: 1, source: 1, target: 2 }), "0100000001000200");
  assert.equal(flow.encode({ mark: 1, raw: 0x00020001 }), "0100000001000200");
  assert.equal(flow.encode(decoded), "0100000001000200");
  assert.throws(() => flow.encode({ mark: 1 }), { message: "expected one of raw, source, target, found none of them" });
  assert.throws(() => flow.encode({ mark: 1, source: 1 }), { path: "target" });
  assert.throws(() => flow.encode({ ...decoded, target: 3 }), {
    name: "ValueError",
    message: /one of the union's fields raw, source, target, found raw, source, target that differ/,
  });
});

test("a union takes one field, or several that agree where they overlap", () => {
  const union = codecOf(struct(8, { byte: { type: u8, at: 0 }, word: { type: u64, at: 0 } }, "union"));
  assert.equal(union.encode({ byte: 5 }), "0500000000000000");
  assert.equal(union.encode({ byte: 5, word: 0x105n }), "0501000000000000");
  assert.throws(() => union.encode({ byte: 6, word: 0x105n }), ValueError);
  assert.deepEqual(union.decode("0501000000000000"), { byte: 5, word: 0x105n });
});

test("bit-fields of every place and width, in either byte order", () => {
  const field = fc.record({
    before: fc.nat(37),
    width: fc.integer({ min: 1, max: 64 }),
    signed: fc.boolean(),
    littleEndian: fc.boolean(),
  });
  fc.assert(
    fc.property(field, fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }), ({ before, width, signed, littleEndian }, random) => {
      const codec = codecOf(
        (b) => {
          const long = b.int("long", 8, { signed });
          return b.struct("bits", 16, [
            { name: "before", type: long, bitOffset: 0, bitSize: before + 1 },
            { name: "field", type: long, bitOffset: before + 1, bitSize: width },
            { name: "after", type: long, bitOffset: before + 1 + width, bitSize: 7 },
          ]);
        },
        { littleEndian },
      );
      const value = signed ? BigInt.asIntN(width, random) : BigInt.asUintN(width, random);
      const [ones, few] = signed ? [-1n, -2n] : [(1n << BigInt(before + 1)) - 1n, 0x55n];
      const all = { before: ones, field: value, after: few };
      const bytes = codec.encode(all);
      assert.deepEqual(codec.decode(bytes), all);
      // The same bits, counted by hand.
      const number = BigInt(`0x${littleEndian ? Buffer.from(bytes, "hex").reverse().toString("hex") : bytes}`);
      const shift = littleEndian ? before + 1 : 128 - before - 1 - width;
      assert.equal(BigInt.asUintN(width, number >> BigInt(shift)), BigInt.asUintN(width, value));
    }),
  );
});

test("bit-fields read as their declared type does, and keep their range", () => {
  const kinds = codecOf(
    struct(4, {
      flag: { type: bool, at: 0, bits: 1 },
      signed: { type: i32, at: 1, bits: 3 },
      rest: { type: u32, at: 4, bits: 28 },
    }),
  );
  const value = { flag: true, signed: -4, rest: 0xfffffff };
  assert.equal(kinds.encode(value), "f9ffffff");
  assert.deepEqual(kinds.decode("f9ffffff"), value);
  assert.throws(() => kinds.encode({ ...value, signed: 4 }), { message: "signed: expected an integer from -4 to 3, found 4" });
});

test("a flexible array has the elements that lie before the end given", () => {
  const { btf, id } = withTypes(struct(4, { length: { type: u32, at: 0 }, values: { type: array(u16, 0), at: 32 } }));
  const codec = makeCodec(btf, id);
  const bytes = Uint8Array.of(2, 0, 0, 0, 1, 0, 2, 0, 9, 9);
  assert.equal(codec.size, 4);
  assert.deepEqual(codec.decode(bytes, 0), { length: 2, values: [] });
  assert.deepEqual(codec.decode(bytes, 0, 8), { length: 2, values: [1, 2] });
  const out = new Uint8Array(10).fill(0xee);
  codec.encode({ length: 1, values: [7] }, out, 0, 8);
  assert.equal(Buffer.from(out).toString("hex"), "01000000" + "07000000" + "eeee");
  assert.throws(() => codec.encode({ length: 1, values: [1, 2, 3] }, out, 0, 8), {
    message: "values: expected at most 2 elements, found 3 elements",
  });
});

test("a section of globals reads as an object of variables", () => {
  const section = codecOf((b) => {
    const threshold = b.variable("threshold", u32(b), "global");
    const total = b.variable("total", u64(b), "static");
    return b.section(".data", 16, [
      { type: threshold, offset: 0, size: 4 },
      { type: total, offset: 8, size: 8 },
    ]);
  });
  assert.deepEqual(section.decode("01000000000000000200000000000000"), { threshold: 1, total: 2n });
});

test("a value that does not fit is refused with its path, what was expected and what was found", () => {
  const inner = struct(8, { address: { type: u32, at: 0 }, ports: { type: array(u16, 2), at: 32 } }, "struct", "Endpoint");
  const outer = struct(
    24,
    { key: { type: inner, at: 0 }, name: { type: text(4), at: 64 }, total: { type: u64, at: 128 } },
    "struct",
    "Entry",
  );
  const good = { key: { address: 1, ports: [1, 2] }, name: "abc", total: 1n };
  const cases: [unknown, string][] = [
    [
      { ...good, key: { address: 2 ** 32, ports: [1, 2] } },
      "blocked.key.address: expected an integer from 0 to 4294967295, found 4294967296",
    ],
    [
      { ...good, key: { address: "10.0.0", ports: [1, 2] } },
      'blocked.key.address: expected an integer from 0 to 4294967295 or an IPv4 address like "192.0.2.1", found "10.0.0"',
    ],
    [
      { ...good, key: { address: 1.5, ports: [1, 2] } },
      "blocked.key.address: expected an integer from 0 to 4294967295, found 1.5",
    ],
    [{ ...good, key: { address: 1, ports: [1, -1] } }, "blocked.key.ports[1]: expected an integer from 0 to 65535, found -1"],
    [{ ...good, key: { address: 1, ports: [1] } }, "blocked.key.ports: expected 2 elements, found 1 element"],
    [{ ...good, key: { address: 1 } }, "blocked.key.ports: expected a value: struct Endpoint has address, ports, found nothing"],
    [
      { ...good, key: { adress: 1, ports: [1, 2] } },
      'blocked.key: expected the fields of struct Endpoint, address, ports, found "adress" (did you mean "address"?)',
    ],
    [{ ...good, name: "abcde" }, 'blocked.name: expected text of at most 4 bytes, found "abcde" of 5 bytes'],
    [{ ...good, name: "a\0" }, 'blocked.name: expected text without NUL, found "a\\u0000"'],
    [{ ...good, name: "\ud800" }, 'blocked.name: expected well-formed text, found "\\ud800"'],
    [
      { ...good, total: 2 ** 53 },
      "blocked.total: expected a bigint, because numbers beyond 2^53 are not exact, from 0 to 18446744073709551615, found 9007199254740992",
    ],
    [{ ...good, total: -1n }, "blocked.total: expected an integer from 0 to 18446744073709551615, found -1n"],
    [{ ...good, total: null }, "blocked.total: expected an integer from 0 to 18446744073709551615, found null"],
    [7, "blocked: expected an object like struct Entry, found 7"],
  ];
  const codec = codecOf(outer, { name: "blocked" });
  assert.doesNotThrow(() => codec.encode(good));
  for (const [value, message] of cases) assert.throws(() => codec.encode(value), { name: "ValueError", message });
});

test("integers take their whole range and not one more", () => {
  for (const littleEndian of [true, false]) {
    for (const size of [1, 2, 4, 8, 16]) {
      for (const signed of [true, false]) {
        const codec = codecOf((b) => b.int("i", size, { signed }), { littleEndian });
        const bits = BigInt(size * 8);
        const [min, max] = signed ? [-(1n << (bits - 1n)), (1n << (bits - 1n)) - 1n] : [0n, (1n << bits) - 1n];
        for (const value of [min, max, 0n, 1n]) assert.equal(BigInt(codec.decode(codec.encode(value)) as number), value);
        for (const value of [min - 1n, max + 1n]) assert.throws(() => codec.encode(value), ValueError);
      }
    }
  }
});

test("types without values, and types that cannot be, are refused", () => {
  const selfContaining: Define = (b) => {
    const id = b.reserve();
    return b.struct("self", 8, [{ name: "self", type: id, bitOffset: 0 }], id);
  };
  const cases: [Define, RegExp][] = [
    [() => 0, /a type that has values, found void/],
    [(b) => b.function("f", b.prototype(0, []), "global"), /found function/],
    [(b) => b.forward("later", "struct"), /found forward \(type 1 "later"\)/],
    [selfContaining, /a type of finite size, found one that contains itself/],
    [struct(4, { late: { type: u32, at: 8 } }), /late within 4 bytes, found its end at 5/],
    [array(struct(0, {}), 2 ** 31), /elements of at least one byte/],
  ];
  for (const [define, message] of cases) {
    const { btf, id } = withTypes(define);
    assert.throws(
      () => makeCodec(btf, id),
      (error) => error instanceof BtfError && message.test(error.message),
      String(message),
    );
  }
});

test("a small file cannot ask for a huge value", () => {
  // Each union holds the one before twice: 2^40 fields in all.
  const doubling = (anonymous: boolean) =>
    withTypes((b) => {
      let type = b.int("int", 4);
      for (let level = 0; level < 40; level++) {
        const names = anonymous ? ["", ""] : ["a", "b"];
        type = b.union(
          "",
          4,
          names.map((name) => ({ name, type, bitOffset: 0 })),
        );
      }
      return type;
    });
  for (const { btf, id } of [doubling(true), doubling(false)]) assert.throws(() => makeCodec(btf, id), BtfError);
});

test("events by the million are read into one object", () => {
  const inner = struct(4, { port: { type: u16, at: 0 } }, "struct", "Inner");
  const { btf, id } = withTypes(
    struct(24, {
      key: { type: inner, at: 0 },
      name: { type: text(4), at: 32 },
      hash: { type: array(u8, 4), at: 64 },
      ports: { type: array(u16, 2), at: 96 },
      total: { type: u64, at: 128 },
    }),
  );
  const codec = makeCodec(btf, id);
  const values = [
    { key: { port: 80 }, name: "ab", hash: Uint8Array.of(1, 2, 3, 4), ports: [1, 2], total: 5n },
    { key: { port: 443 }, name: "ab", hash: Uint8Array.of(5, 6, 7, 8), ports: [3, 4], total: 6n },
    { key: { port: 443 }, name: "abc", hash: Uint8Array.of(5, 6, 7, 8), ports: [3, 4], total: 6n },
  ];
  const bytes = new Uint8Array(24);
  let event: unknown;
  for (const value of values) {
    codec.encode(value, bytes, 0);
    const before = event as (typeof values)[0] | undefined;
    const parts = [before?.key, before?.hash, before?.ports];
    event = codec.decodeInto(event, bytes, 0);
    assert.deepEqual(event, value);
    if (before === undefined) continue;
    assert.equal(event, before);
    assert.deepEqual([before.key === parts[0], before.hash === parts[1], before.ports === parts[2]], [true, true, true]);
  }
});

test("the name __proto__ is a name like any other", () => {
  const codec = codecOf(struct(4, { ["__proto__"]: { type: u32, at: 0 } }));
  const decoded = codec.decode("01000000") as object;
  const nested = withTypes(struct(4, { ["__proto__"]: { type: struct(4, { polluted: { type: u32, at: 0 } }), at: 0 } }));
  makeCodec(nested.btf, nested.id).decodeInto({}, new Uint8Array(4), 0);
  assert.ok(!("polluted" in {}));
  assert.equal(Object.getPrototypeOf(decoded), Object.prototype);
  assert.equal(Object.getOwnPropertyDescriptor(decoded, "__proto__")?.value, 1);
});
