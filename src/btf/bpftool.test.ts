/** Every type of the running kernel, as bpftool reads it and as we do. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { openBtf } from "./btf.ts";
import type { BtfType } from "./types.ts";

const KERNEL = "/sys/kernel/btf/vmlinux";
const bpftool = ["bpftool", "/usr/sbin/bpftool"].find((path) => spawnSync(path, ["version"]).status === 0);
const skip = (!existsSync(KERNEL) && `no ${KERNEL}`) || (bpftool === undefined && "no bpftool");

test("the running kernel's types agree with bpftool", { skip }, () => {
  const { stdout } = spawnSync(bpftool!, ["-j", "btf", "dump", "file", KERNEL], { encoding: "utf8", maxBuffer: 1 << 28 });
  const { types } = JSON.parse(stdout) as { types: readonly { readonly id: number }[] };
  const btf = openBtf(readFileSync(KERNEL));
  assert.equal(types.length, btf.count - 1);
  for (const theirs of types) {
    const ours = asBpftool(btf.type(theirs.id));
    assert.equal(JSON.stringify({ ...theirs, ...ours }), JSON.stringify(theirs));
  }
});

/** bpftool 7.1 extends unsigned 32-bit enumerators by their sign. */
function widened(signed: boolean, value: number | bigint): number | bigint {
  return signed || typeof value === "bigint" ? value : BigInt.asUintN(64, BigInt(value | 0));
}

/** The same facts under bpftool's names; kinds that it does not tell apart in full are reduced to what it says. */
function asBpftool(type: BtfType): object {
  const name = type.name || "(anon)";
  switch (type.kind) {
    case "int": {
      const encoding = type.signed ? "SIGNED" : type.char ? "CHAR" : type.bool ? "BOOL" : "(none)";
      return { kind: "INT", name, size: type.size, bits_offset: type.bitOffset, nr_bits: type.bits, encoding };
    }
    case "array":
      return { kind: "ARRAY", name, type_id: type.element, index_type_id: type.index, nr_elems: type.length };
    case "struct":
    case "union": {
      const members = type.members.map((member) => ({
        name: member.name || "(anon)",
        type_id: member.type,
        bits_offset: member.bitOffset,
        ...(member.bitSize === 0 ? {} : { bitfield_size: member.bitSize }),
      }));
      return { kind: type.kind.toUpperCase(), name, size: type.size, vlen: members.length, members };
    }
    case "enum":
    case "enum64": {
      // 64-bit values lose digits in JSON.parse; the rounded ones must agree all the same.
      const values = type.values.map(({ name, value }) => ({ name, val: Number(widened(type.signed, value)) }));
      const encoding = type.signed ? "SIGNED" : "UNSIGNED";
      return { kind: type.kind.toUpperCase(), name, encoding, size: type.size, vlen: values.length, values };
    }
    case "forward":
      return { kind: "FWD", name, fwd_kind: type.of };
    case "function":
      return { kind: "FUNC", name, type_id: type.type, linkage: type.linkage };
    case "prototype": {
      const params = type.parameters.map((parameter) => ({ name: parameter.name || "(anon)", type_id: parameter.type }));
      if (type.variadic) params.push({ name: "(anon)", type_id: 0 });
      return { kind: "FUNC_PROTO", name, ret_type_id: type.result, vlen: params.length, params };
    }
    case "variable":
      return { kind: "VAR", name, type_id: type.type, linkage: type.linkage };
    case "section": {
      const vars = type.variables.map((variable) => ({ type_id: variable.type, offset: variable.offset, size: variable.size }));
      return { kind: "DATASEC", name, size: type.size, vlen: vars.length, vars };
    }
    case "float":
      return { kind: "FLOAT", name, size: type.size };
    case "declTag":
      return { kind: "DECL_TAG", name, type_id: type.type, component_idx: type.component };
    case "typeTag":
      return { kind: "TYPE_TAG", name, type_id: type.type };
    case "pointer":
      return { kind: "PTR", name, type_id: type.type };
    case "void":
      return {};
    default:
      return { kind: type.kind.toUpperCase(), name, type_id: type.type };
  }
}
